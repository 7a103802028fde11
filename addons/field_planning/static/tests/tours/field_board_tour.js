import {registry} from "@web/core/registry";

const row = (name) => `.o_field_board_row:has(.o_field_board_name:contains("${name}"))`;

/** Drag to the middle of a row: at its edge the row above may be the nearest. */
const dropOn = (name) => (helpers) =>
    helpers.drag_and_drop(`${row(name)} .o_field_board_lane`, {
        position: {top: 20, left: 400},
        relative: true,
    });

registry.category("web_tour.tours").add("field_board_plan", {
    steps: () => [
        {
            content: "The mission to plan waits in the tray",
            trigger: '.o_field_board_card:contains("Tour site")',
            run: dropOn("Ana Tech"),
        },
        {
            content: "It is on the technician's row",
            trigger: `${row("Ana Tech")} .o_field_board_pill:contains("Tour site")`,
        },
        {
            content: "Undo",
            trigger: ".o_field_board_undo:enabled",
            run: "click",
        },
        {
            content: "It waits again",
            trigger: '.o_field_board_card:contains("Tour site")',
        },
        {
            content: "Redo",
            trigger: ".o_field_board_redo:enabled",
            run: "click",
        },
        {
            trigger: `${row("Ana Tech")} .o_field_board_pill:contains("Tour site")`,
            run: dropOn("Bo Tech"),
        },
        {
            content: "Bo Tech is absent: the planner is asked",
            trigger: '.modal:contains("Bo Tech") .o_field_board_anyway',
            run: "click",
        },
        {
            trigger: `${row("Bo Tech")} .o_field_board_pill:contains("Tour site")`,
            run: "click",
        },
        {
            content: "The card says where it is",
            trigger: '.o_field_board_popover:contains("Tour site")',
        },
    ],
});
