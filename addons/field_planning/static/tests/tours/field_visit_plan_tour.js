import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("field_visit_plan_preview", {
    steps: () => [
        {
            content: "A rule of one visit each week: the preview has a mark a week",
            trigger:
                ".o_field_visit_preview:is([data-due^='4'],[data-due^='5']) .o_field_strip_due",
        },
        {
            content: "Every second week instead",
            trigger: ".o_field_widget[name=rule_interval] input",
            run: "edit 2",
        },
        {
            content: "Leave the box: the preview follows before anything is saved",
            trigger: ".o_field_widget[name=duration] input",
            run: "click",
        },
        {
            trigger: '.o_field_visit_preview[data-due^="2"]',
        },
        {
            content: "Confirm: the visits become due",
            trigger: ".o_form_view button[name=action_confirm]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current[data-value=active]",
        },
    ],
});
