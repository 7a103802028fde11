import {registry} from "@web/core/registry";

const SLOT = ".o_field_slot_picker button";

registry.category("web_tour.tours").add("field_intake_slots", {
    steps: () => [
        {
            content: "Nothing is offered before we know where and what",
            trigger: '.o_field_slot_picker:contains("the nearest slots appear here")',
        },
        {
            trigger: ".o_field_widget[name=site_id] input",
            run: "edit Tour intake",
        },
        {
            trigger: '.o-autocomplete--dropdown-item:contains("Tour intake")',
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=service_type_id] input",
            run: "edit Tour repair",
        },
        {
            trigger: '.o-autocomplete--dropdown-item:contains("Tour repair")',
            run: "click",
        },
        {
            content: "The slots come while typing; none is chosen for the customer",
            trigger: ".o_field_slot_picker:not(:has(button[aria-pressed=true])) button:eq(1)",
        },
        {
            content: "A promise can be typed as long as no slot is chosen",
            trigger: ".o_field_widget[name=promised_kind]:visible",
        },
        {
            trigger: `${SLOT}:eq(0)`,
            run: "click",
        },
        {
            content: "What the customer is told of it can be chosen now",
            trigger: ".o_field_widget[name=promise]:visible",
        },
        {
            content: "A second click takes it back",
            trigger: `${SLOT}[aria-pressed=true]`,
            run: "click",
        },
        {
            trigger: ".o_field_slot_picker:not(:has(button[aria-pressed=true])) button:eq(1)",
            run: "click",
        },
        {
            content: "One at a time",
            trigger: `${SLOT}:eq(1)[aria-pressed=true]`,
            run() {
                const chosen = document.querySelectorAll(`${SLOT}[aria-pressed=true]`);
                if (chosen.length !== 1) {
                    throw new Error(`${chosen.length} slots are chosen`);
                }
            },
        },
        {
            trigger: "button[name=action_create]",
            run: "click",
        },
        {
            content: "The mission is open",
            trigger: ".o_form_view .o_field_widget[name=name]:contains('/')",
        },
    ],
});
