import {registry} from "@web/core/registry";

const line = '.o_field_day_line:contains("Ana Tech")';

registry.category("web_tour.tours").add("field_day_tell", {
    steps: () => [
        {
            content: "A technician is late for a promised visit",
            trigger: `${line}:contains("Tour late")`,
        },
        {
            content: "Only late lines",
            trigger: ".o_field_day_late[aria-pressed=false]",
            run: "click",
        },
        {
            trigger: ".o_field_day_late[aria-pressed=true]",
        },
        {
            trigger: line,
        },
        {
            content: "Tell the customers whose slot breaks",
            trigger: ".o_field_day_tell",
            run: "click",
        },
        {
            content: "Each with the new slot that is proposed",
            trigger: '.modal .o_data_row:contains("Tour late")',
        },
        {
            trigger: ".modal-footer button[name=action_send]",
            run: "click",
        },
        {
            content: "Nobody is left to tell",
            trigger: ".o_field_day:not(:has(.o_field_day_tell))",
        },
        {
            content: "All lines again, for the next time",
            trigger: ".o_field_day_late[aria-pressed=true]",
            run: "click",
        },
        {
            trigger: ".o_field_day_late[aria-pressed=false]",
        },
    ],
});
