import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("field_map_missions", {
    steps: () => [
        {
            content: "The map is drawn",
            trigger: ".o_field_map .o_field_map_marker",
        },
        {
            content: "The legend takes its room: nothing is left under it",
            trigger: ".o_field_map_legend[open] .o_field_map_key",
            run() {
                const boxes = (selector) =>
                    [...document.querySelectorAll(selector)].map((one) =>
                        one.getBoundingClientRect()
                    );
                const [legend] = boxes(".o_field_map_legend");
                const markers = boxes(".o_field_map_marker");
                if (markers.length !== 2 || markers.some(({left}) => left < legend.right)) {
                    throw new Error("A marker is under the legend");
                }
            },
        },
        {
            content: "What has no coordinates is listed, not lost",
            trigger: '.o_field_map_missing .o_field_map_row:contains("Tour nowhere")',
        },
        {
            content: "A mission of the list is shown on the map",
            trigger: '.o_field_map_entry:contains("Tour place")',
            run: "click",
        },
        {
            trigger: '.o_field_map_entry.o_field_map_selected:contains("Tour place")',
        },
        {
            content: "and opened from there",
            trigger: ".leaflet-popup button",
            run: "click",
        },
        {
            trigger:
                '.o_form_view .o_field_widget[name=site_id]:contains("Tour place"), .o_form_view .o_field_widget[name=site_id] input',
        },
    ],
});

registry.category("web_tour.tours").add("field_map_pin", {
    steps: () => [
        {
            trigger: ".nav-link[name=location]",
            run: "click",
        },
        {
            content: "The pin is where the site is",
            trigger: ".o_field_geo_pin .leaflet-container .o_field_geo_marker",
        },
        {
            content: "Typed with a comma, as people do",
            trigger: ".o_field_geo_pin input[name=geo_latitude]",
            run: "edit 48,5",
        },
        {
            trigger: ".o_field_geo_pin input[name=geo_longitude]",
            run: "edit -4.25",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved, .o_form_status_indicator_buttons.invisible",
        },
    ],
});
