import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("field_calendar_month", {
    steps: () => [
        {
            trigger: ".o_switch_view.o_calendar",
            run: "click",
        },
        {
            content: "The month",
            trigger: ".o_calendar_view .scale_button_selection",
            run: "click",
        },
        {
            trigger: ".o_scale_button_month",
            run: "click",
        },
        {
            content: "Its cells say hours planned and available, and how many visits",
            trigger: ".fc-day-today .o_field_day_load:contains(/^3 \\/ [0-9:]+ h· 1$/)",
        },
        {
            content: "Colours by team, kept for this planner",
            trigger: ".o_field_calendar_color select",
            run: "select team_id",
        },
        {
            trigger: '.fc-day-today .o_field_day_load:contains("· 1")',
        },
        {
            content: "A click on a day opens it",
            trigger: ".fc-day-today .fc-daygrid-day-events",
            run: "click",
        },
        {
            trigger: '.fc-timeGridDay-view .fc-event:contains("Tour calendar")',
        },
    ],
});
