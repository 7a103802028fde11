import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("field_urgent_choose", {
    steps: () => [
        {
            content: "Where",
            trigger: ".o_field_widget[name=site_id] input",
            run: "edit Tour emergency",
        },
        {
            trigger: '.o-autocomplete--dropdown-item:contains("Tour emergency")',
            run: "click",
        },
        {
            content: "What",
            trigger: ".o_field_widget[name=service_type_id] input",
            run: "edit Tour repair",
        },
        {
            trigger: '.o-autocomplete--dropdown-item:contains("Tour repair")',
            run: "click",
        },
        {
            content: "The options come while typing: who is there, when, at what cost",
            trigger: '.o_urgent_option:contains("Tech") .btn-primary',
        },
        {
            content: "Choose the best one",
            trigger: ".o_urgent_option .btn-primary",
            run: "click",
        },
        {
            content: "It is inserted",
            trigger: ".o_form_view button[name=action_undo]",
        },
    ],
});

registry.category("web_tour.tours").add("field_urgent_take_back", {
    steps: () => [
        {
            trigger: ".o_form_view button[name=action_undo]",
            run: "click",
        },
        {
            content: "It is asked before all is moved back",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Nothing is left to take back",
            trigger: ".o_form_view:not(:has(button[name=action_undo]))",
        },
    ],
});
