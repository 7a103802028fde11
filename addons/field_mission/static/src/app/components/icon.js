import {Component, xml} from "@odoo/owl";

// Drawn on a 24 × 24 grid with a line of 2.
const SHAPES = {
    back: "M15 5l-7 7 7 7",
    next: "M9 5l7 7-7 7",
    pin: "M12 21s-7-6-7-11a7 7 0 0114 0c0 5-7 11-7 11zM12 12.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z",
    phone: "M6 3h3l2 5-2.5 1.5a12 12 0 006 6L16 13l5 2v3a3 3 0 01-3 3A15 15 0 013 6a3 3 0 013-3z",
    route: "M6 19a2 2 0 100-4 2 2 0 000 4zM18 9a2 2 0 100-4 2 2 0 000 4zM8 17h7a3 3 0 000-6H9a3 3 0 010-6h7",
    play: "M8 5l11 7-11 7z",
    pause: "M8 5v14M16 5v14",
    check: "M5 12.5l4.5 4.5L19 7.5",
    cross: "M6 6l12 12M18 6L6 18",
    camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7z",
    image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
    pen: "M4 20c3-6 5-1 7-4s3-8 5-8 0 6 4 6M4 20h16",
    box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
    clock: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3 2",
    warn: "M12 4L2.5 20h19zM12 10v4M12 17h.01",
    list: "M4 6l1.5 1.5L8 5M4 13l1.5 1.5L8 12M11 6.5h9M11 13.5h9M11 19h9M4 19h3",
    info: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 11v5M12 8h.01",
    note: "M6 3h9l4 4v14H6zM9 11h7M9 15h7",
    cloud: "M7 18a4 4 0 010-8 6 6 0 0111.5 1.5A3.5 3.5 0 0118 18z",
    sync: "M4 12a8 8 0 0114-5l2 2M20 4v5h-5M20 12a8 8 0 01-14 5l-2-2M4 20v-5h5",
    gear: "M12 15a3 3 0 100-6 3 3 0 000 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1",
    key: "M14 14a5 5 0 10-4-4l-7 7v4h4l1-1v-2h2v-2h2zM16 8h.01",
    scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10",
    flag: "M6 21V4M6 5h11l-2 4 2 4H6",
    file: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
    bulb: "M9 18h6M10 21h4M8.5 15a6 6 0 117 0c-.6.5-.9 1.2-1 2h-5c-.1-.8-.4-1.5-1-2z",
    door: "M5 21V3h11v18M3 21h18M12.5 12h.01",
    plus: "M12 5v14M5 12h14",
    trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
};

export class Icon extends Component {
    static props = {name: String, label: {type: String, optional: true}};
    static template = xml`
        <svg class="f-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round"
            t-att-aria-hidden="props.label ? undefined : 'true'" t-att-aria-label="props.label"
            t-att-role="props.label ? 'img' : undefined">
            <path t-att-d="shape"/>
        </svg>`;

    get shape() {
        return SHAPES[this.props.name];
    }
}
