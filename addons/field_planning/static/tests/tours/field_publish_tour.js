import {registry} from "@web/core/registry";

const row = '.o_field_widget[name=line_ids] .o_data_row:contains("Tour publish")';

registry.category("web_tour.tours").add("field_publish_preview", {
    steps: () => [
        {
            content: "The preview says what is new",
            trigger: row,
        },
        {
            content: "and counts it",
            trigger: '.o_field_widget[name=headline]:contains("1 change")',
        },
        {
            content: "Publish",
            trigger: ".o_form_view button[name=action_publish]",
            run: "click",
        },
        {
            content: "It is said what was done",
            trigger: ".o_notification",
        },
        {
            content: "Nothing is left to publish",
            trigger: `.o_form_view:not(:has(${row}))`,
        },
    ],
});
