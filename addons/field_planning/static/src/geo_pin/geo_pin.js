import {Component, onMounted, onPatched, onWillStart, onWillUnmount, useRef} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {addBackground, HOME, loadLeaflet} from "../map/leaflet";
import {shapeSvg} from "../map/shapes";

/** The coordinates of a number typed by a person: a comma is a point, nothing else is. */
export function parseDegrees(text, limit) {
    const value = Number(String(text).trim().replace(",", "."));
    return String(text).trim() && Number.isFinite(value) && Math.abs(value) <= limit
        ? Math.round(value * 1e7) / 1e7
        : null;
}

export class FieldGeoPin extends Component {
    static template = "field_planning.FieldGeoPin";
    static props = {...standardWidgetProps};

    setup() {
        this.mapRef = useRef("map");
        // What is being typed: the other number may be taken up, and all drawn again, meanwhile.
        this.typed = {};
        onWillStart(async () => {
            this.L = await loadLeaflet();
        });
        onMounted(() => this.L && this.startMap());
        onPatched(() => this.map && this.follow());
        onWillUnmount(() => {
            this.resizes?.disconnect();
            this.map?.remove();
        });
    }

    get latitude() {
        return this.props.record.data.partner_latitude || 0;
    }

    get longitude() {
        return this.props.record.data.partner_longitude || 0;
    }

    get located() {
        return Boolean(this.latitude || this.longitude);
    }

    get readonly() {
        return this.props.readonly || !this.props.record.isInEdition;
    }

    startMap() {
        const place = [this.latitude, this.longitude];
        this.map = this.L.map(this.mapRef.el, {
            center: this.located ? place : HOME.center,
            zoom: this.located ? 15 : HOME.zoom,
            maxZoom: 19,
            scrollWheelZoom: false,
        });
        addBackground(this.L, this.map);
        this.marker = this.L.marker(place, {
            draggable: !this.readonly,
            autoPan: true,
            title: this.props.record.data.display_name || "",
            icon: this.L.divIcon({
                className: "o_field_geo_marker",
                html: shapeSvg({shape: "circle", color: "primary"}, {size: 34}),
                iconSize: [34, 34],
            }),
        });
        this.marker.on("dragend", () => this.moveTo(this.marker.getLatLng()));
        this.map.on("click", (ev) => this.moveTo(ev.latlng));
        this.resizes = new ResizeObserver(() => this.map.invalidateSize());
        this.resizes.observe(this.mapRef.el);
        this.follow();
    }

    /** Put the pin where the record says, in view. */
    follow() {
        if (!this.located) {
            this.marker.remove();
            return;
        }
        const place = this.L.latLng(this.latitude, this.longitude);
        this.marker.setLatLng(place).addTo(this.map);
        if (this.readonly) {
            this.marker.dragging?.disable();
        } else {
            this.marker.dragging?.enable();
        }
        if (!this.map.getBounds().pad(-0.1).contains(place)) {
            this.map.setView(place, Math.max(this.map.getZoom(), 13), {animate: false});
        }
    }

    async moveTo({lat, lng}) {
        if (this.readonly) {
            return;
        }
        const wrapped = ((((lng + 180) % 360) + 360) % 360) - 180;
        await this.props.record.update({
            partner_latitude: Math.round(lat * 1e7) / 1e7,
            partner_longitude: Math.round(wrapped * 1e7) / 1e7,
        });
    }

    /** The text of one number: as it is being typed, else as the record has it. */
    textOf(name) {
        return this.typed[name] ?? (this.located ? this.props.record.data[name] || 0 : "");
    }

    onType(name, limit, ev) {
        delete this.typed[name];
        const value = parseDegrees(ev.target.value, limit);
        if (value === null) {
            ev.target.value = this.props.record.data[name] || "";
            return null;
        }
        return this.props.record.update({[name]: value});
    }

    /** Move the pin a little with the arrows: a metre or so at the closest zoom. */
    onKeydown(ev) {
        const steps = {
            ArrowUp: [1, 0],
            ArrowDown: [-1, 0],
            ArrowRight: [0, 1],
            ArrowLeft: [0, -1],
        };
        const step = ev.altKey && steps[ev.key];
        if (!step || this.readonly || !this.located) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        const size = 4 / 2 ** (this.map ? this.map.getZoom() : 15);
        this.moveTo({
            lat: this.latitude + step[0] * size,
            lng: this.longitude + step[1] * size,
        });
    }
}

registry.category("view_widgets").add("field_geo_pin", {
    component: FieldGeoPin,
    fieldDependencies: [
        {name: "partner_latitude", type: "float"},
        {name: "partner_longitude", type: "float"},
        {name: "display_name", type: "char"},
    ],
});
