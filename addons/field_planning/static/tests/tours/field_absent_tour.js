import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("field_absent_today", {
    steps: () => [
        {
            content: "Who does not come",
            trigger: ".modal .o_field_widget[name=employee_id] input",
            run: "edit Ana Tech",
        },
        {
            trigger: '.o-autocomplete--dropdown-item:contains("Ana Tech")',
            run: "click",
        },
        {
            content: "The visits that need somebody else are listed",
            trigger: '.modal .o_field_widget[name=to_move_ids] .o_data_row:contains("Tour absent")',
        },
        {
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Van broken down",
        },
        {
            trigger: ".modal-footer button[name=action_apply]",
            run: "click",
        },
        {
            content: "A run opens that looks for who takes them over",
            trigger: ".o_form_view .o_field_widget[name=technician_ids]",
        },
    ],
});
