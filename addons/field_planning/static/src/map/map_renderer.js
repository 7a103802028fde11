import {
    Component,
    markup,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useRef,
    useState,
} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {gather, isOnePlace, leadingGroup, MOST_MARKERS} from "./cluster";
import {addBackground, HOME, loadLeaflet} from "./leaflet";
import {cssColor, shapeSvg} from "./shapes";

/** Rows of the list that are drawn at once. */
const PAGE = 100;

export class FieldMapRenderer extends Component {
    static template = "field_planning.FieldMapRenderer";
    static props = {
        model: Object,
        version: Number,
        openRecord: Function,
        place: {type: Object, optional: true},
        onMove: {type: Function, optional: true},
    };

    setup() {
        this.mapRef = useRef("map");
        this.legendRef = useRef("legend");
        this.state = useState({
            hidden: {},
            ready: false,
            shown: PAGE,
            selected: null,
            list: !this.env.isSmall,
        });
        onWillStart(async () => {
            this.L = await loadLeaflet();
        });
        onMounted(() => {
            if (this.L) {
                this.startMap();
            }
        });
        onPatched(() => {
            if (this.map && this.drawnVersion !== this.props.version) {
                this.state.shown = PAGE;
                this.draw(true);
            }
        });
        onWillUnmount(() => {
            this.resizes?.disconnect();
            this.map?.remove();
        });
    }

    // ------------------------------------------------------------------ data

    get data() {
        return this.props.model.data;
    }

    get entries() {
        const visible = (entry) => !this.state.hidden[entry.group];
        const {points, lines} = this.data;
        return (lines.length ? lines : points).filter(visible);
    }

    get left() {
        const {total, points, lines, missing} = this.data;
        const known = lines.length || points.length + missing.length;
        return Math.max(0, total - known);
    }

    groupOf(entry) {
        return (
            this.data.groups.find((group) => group.key === entry.group) || {
                color: "secondary",
                shape: "circle",
            }
        );
    }

    svg(group, size = 18) {
        return markup(shapeSvg(group, {size, text: group.number || ""}));
    }

    /** One tour a technician needs no figure beside each name. */
    get hasCounts() {
        const {lines, groups} = this.data;
        return lines.length !== groups.length;
    }

    count(group) {
        const {points, lines, missing} = this.data;
        return [...(lines.length ? lines : points), ...missing].filter(
            (entry) => entry.group === group.key
        ).length;
    }

    // ------------------------------------------------------------------ drawing

    startMap() {
        const {center, zoom} = this.props.place || HOME;
        this.map = this.L.map(this.mapRef.el, {
            center,
            zoom,
            maxZoom: 19,
            worldCopyJump: true,
            zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
        });
        addBackground(this.L, this.map);
        this.layer = this.L.layerGroup().addTo(this.map);
        this.map.on("zoomend moveend", () => {
            this.props.onMove?.({
                center: [this.map.getCenter().lat, this.map.getCenter().lng],
                zoom: this.map.getZoom(),
            });
            if (this.data.points.length > MOST_MARKERS) {
                this.draw(false);
            }
        });
        this.resizes = new ResizeObserver(() => this.map.invalidateSize());
        this.resizes.observe(this.mapRef.el);
        this.state.ready = true;
        this.draw(!this.props.place);
    }

    draw(fit) {
        this.drawnVersion = this.props.version;
        this.layer.clearLayers();
        this.markers = {};
        if (fit) {
            this.fit();
        }
        this.drawPoints();
        this.data.lines
            .filter((line) => !this.state.hidden[line.group])
            .forEach((line) => this.drawLine(line));
    }

    fit() {
        const {points, lines} = this.data;
        const places = [...points, ...lines.flatMap((line) => line.points)]
            .filter((point) => !this.state.hidden[point.group])
            .map((point) => [point.lat, point.lon]);
        if (places.length) {
            this.map.fitBounds(this.L.latLngBounds(places).pad(0.08), {
                maxZoom: 13,
                animate: false,
                paddingTopLeft: [this.legendWidth, 0],
            });
        } else {
            this.map.setView(HOME.center, HOME.zoom, {animate: false});
        }
    }

    /** Width that the open legend takes off the map: no stop is left under it. */
    get legendWidth() {
        const legend = this.legendRef.el;
        const width = legend?.open ? legend.offsetLeft + legend.offsetWidth : 0;
        return 3 * width < this.mapRef.el.offsetWidth ? width : 0;
    }

    drawPoints() {
        const all = this.data.points.filter((point) => !this.state.hidden[point.group]);
        const zoom = this.map.getZoom();
        const bounds = this.map.getBounds().pad(0.3);
        const many = all.length > MOST_MARKERS;
        const drawn = many ? all.filter((point) => bounds.contains([point.lat, point.lon])) : all;
        const gathered = gather(drawn, {
            most: many ? 0 : MOST_MARKERS,
            project: (point) => this.map.project([point.lat, point.lon], zoom),
        });
        for (const place of gathered) {
            this.drawPlace(place);
        }
    }

    drawPlace({lat, lon, points}) {
        const several = points.length > 1;
        const group = leadingGroup(points, this.data.groups);
        const size = several ? 32 : 26;
        const html = shapeSvg(group, {
            size,
            text: several ? String(points.length) : group.number || "",
            doubtful: !several && points[0].doubtful,
        });
        const title = several
            ? _t("%s records here", points.length)
            : `${points[0].title} · ${group.label || ""}`;
        const marker = this.L.marker([lat, lon], {
            icon: this.L.divIcon({
                className: "o_field_map_marker",
                html,
                iconSize: [size, size],
                popupAnchor: [0, -size / 2],
            }),
            title,
            alt: title,
            riseOnHover: true,
        });
        marker.on("click keypress", (ev) => {
            if (ev.type === "keypress" && ev.originalEvent.key !== "Enter") {
                return;
            }
            if (several && !isOnePlace(points) && this.map.getZoom() < 18) {
                this.map.fitBounds(
                    this.L.latLngBounds(points.map((point) => [point.lat, point.lon])).pad(0.1)
                );
            } else {
                this.popup([lat, lon], points);
            }
        });
        marker.addTo(this.layer);
    }

    drawLine(line) {
        const group = this.groupOf(line);
        const color = cssColor(group.color);
        const selected = this.state.selected === line.id;
        if (line.points.length > 1) {
            const path = this.L.polyline(
                line.points.map((point) => [point.lat, point.lon]),
                {
                    color,
                    weight: selected ? 8 : 4,
                    opacity: selected ? 1 : 0.8,
                    dashArray: line.draft ? "8 7" : null,
                }
            );
            path.bindTooltip(this.element("span", "", `${line.title} · ${line.text}`), {
                sticky: true,
            });
            path.on("click", (ev) => this.popup(ev.latlng, [line]));
            path.addTo(this.layer);
        }
        for (const place of gather(line.points)) {
            const [point] = place.points;
            const title = `${point.number}. ${point.title} · ${line.title}`;
            this.L.marker([place.lat, place.lon], {
                icon: this.L.divIcon({
                    className: "o_field_map_marker",
                    html: shapeSvg(
                        {shape: "circle", color: group.color},
                        {size: 26, text: String(point.number)}
                    ),
                    iconSize: [26, 26],
                }),
                title,
                alt: title,
                riseOnHover: true,
            })
                .on("click", () => this.popup([place.lat, place.lon], place.points, line))
                .addTo(this.layer);
        }
    }

    // ------------------------------------------------------------------ popup

    element(tag, className, text) {
        const element = document.createElement(tag);
        element.className = className;
        element.textContent = text || "";
        return element;
    }

    popup(position, entries, line) {
        const box = this.element("div", "o_field_map_popup");
        for (const entry of [...entries.slice(0, 20), ...(line ? [line] : [])]) {
            const row = this.element("div", "o_field_map_popup_row");
            row.append(this.element("div", "fw-bold", entry.title));
            if (entry.text) {
                row.append(this.element("div", "text-muted small", entry.text));
            }
            if (entry.group !== undefined && !entry.points) {
                row.append(this.element("div", "small", this.groupOf(entry).label));
            }
            if (entry.doubtful) {
                row.append(this.element("div", "small text-warning", _t("Place to verify")));
            }
            const button = this.element("button", "btn btn-link p-0", _t("Open"));
            button.type = "button";
            button.setAttribute("aria-label", `${_t("Open")} ${entry.title}`);
            button.addEventListener("click", () => this.props.openRecord(entry));
            row.append(button);
            box.append(row);
        }
        if (entries.length > 20) {
            box.append(this.element("div", "text-muted", _t("and %s more", entries.length - 20)));
        }
        this.L.popup({maxHeight: 260, minWidth: 180})
            .setLatLng(position)
            .setContent(box)
            .openOn(this.map);
    }

    // ------------------------------------------------------------------ events

    toggleGroup(group) {
        this.state.hidden[group.key] = !this.state.hidden[group.key];
        this.draw(false);
    }

    select(entry) {
        if (!this.map) {
            this.props.openRecord(entry);
            return;
        }
        this.map.closePopup();
        if (entry.points) {
            this.state.selected = this.state.selected === entry.id ? null : entry.id;
            if (entry.points.length) {
                const places = entry.points.map((point) => [point.lat, point.lon]);
                this.map.fitBounds(this.L.latLngBounds(places).pad(0.2), {maxZoom: 14});
            }
            this.draw(false);
        } else {
            this.state.selected = entry.id;
            this.map.setView([entry.lat, entry.lon], Math.max(this.map.getZoom(), 14));
            this.popup([entry.lat, entry.lon], [entry]);
        }
        if (this.env.isSmall) {
            this.mapRef.el.scrollIntoView({block: "nearest"});
        }
    }

    more() {
        this.state.shown += PAGE;
    }
}
