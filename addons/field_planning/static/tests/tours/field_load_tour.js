import {registry} from "@web/core/registry";

const cell = '.o_field_load_grid tr:contains("Tour load team") button.o_field_load_cell';

registry.category("web_tour.tours").add("field_load_drill", {
    steps: () => [
        {
            content: "Weeks first",
            trigger: ".o_field_load .btn-primary[data-scale=week]",
        },
        {
            content: "Then days",
            trigger: ".o_field_load [data-scale=day]",
            run: "click",
        },
        {
            trigger: ".o_field_load .btn-primary[data-scale=day]",
        },
        {
            content: "Three weeks of days: more columns than weeks",
            trigger: ".o_field_load_grid:has(thead th:nth-child(20))",
        },
        {
            content: "Three hours of work are counted for the team",
            trigger: `${cell}:contains("3")`,
            run: "click",
        },
        {
            content: "The missions counted are listed, and no other",
            trigger:
                '.o_list_view:has(.o_pager_limit:contains(/^1$/)) .o_data_row:contains("Tour")',
        },
    ],
});
