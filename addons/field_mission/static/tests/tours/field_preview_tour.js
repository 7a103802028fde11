import {registry} from "@web/core/registry";

const SCREEN = ".modal .o_field_handset_screen";
const FOOT = ".modal .o_field_handset_foot";

registry.category("web_tour.tours").add("field_checklist_preview", {
    steps: () => [
        {
            trigger: 'button:contains("Preview as the technician sees it")',
            run: "click",
        },
        {
            content: "Sections, units and bounds as on the phone",
            trigger: `${SCREEN}:contains("Safety"):contains("bar"):contains("1 – 2 bar")`,
        },
        {
            content: "What is asked after an answer only is not asked yet",
            trigger: `${SCREEN}:not(:contains("Where?"))`,
        },
        {
            trigger: `${FOOT}:contains("2 to answer before finishing")`,
        },
        {
            trigger: `${SCREEN} .o_field_handset_check:contains("Leak?") button:contains("Yes")`,
            run: "click",
        },
        {
            content: "It is asked now",
            trigger: `${SCREEN} .o_field_handset_check:contains("Where?") textarea`,
            run: "edit Below the valve",
        },
        {
            trigger: `${SCREEN} .o_field_handset_check:contains("Pressure") input`,
            run: "edit 3,5",
        },
        {
            content: "Out of bounds: a defect, whose photo is asked",
            trigger: `${SCREEN} .o_field_handset_fail:contains("Photo of the defect")`,
        },
        {
            trigger: `${SCREEN} .o_field_handset_check:contains("Pressure") input`,
            run: "edit 1,5",
        },
        {
            trigger: `${SCREEN} .o_field_handset_ok:contains("Pressure")`,
        },
        {
            content: "All that is required is answered",
            trigger: `${FOOT}:contains("Everything required is answered")`,
        },
        {
            trigger: `${SCREEN} .o_field_handset_check:contains("Leak?") button:contains("No")`,
            run: "click",
        },
        {
            content: "The other answer takes the question away again",
            trigger: `${SCREEN}:not(:contains("Where?"))`,
        },
        {
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            trigger: ".o_form_view:not(:has(.modal))",
        },
    ],
});
