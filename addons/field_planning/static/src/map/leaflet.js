import {loadCSS, loadJS} from "@web/core/assets";
import {session} from "@web/session";

const FOLDER = "/field_planning/static/lib/leaflet";

/** Where a map begins that has nothing to show: mainland France. */
export const HOME = {center: [46.6, 2.6], zoom: 5};

/**
 * Load the map library, once a page.
 *
 * @returns {Promise<object|null>} Leaflet, or null where it was not installed
 */
export async function loadLeaflet() {
    try {
        await Promise.all([loadCSS(`${FOLDER}/leaflet.css`), loadJS(`${FOLDER}/leaflet.js`)]);
    } catch {
        return null;
    }
    return window.L || null;
}

/**
 * What maps are drawn on: the tiles of the settings, else meridians and parallels.
 *
 * @param {object} L
 * @param {object} map
 */
export function addBackground(L, map) {
    const {tiles, attribution} = session.field_map || {};
    map.attributionControl.setPrefix(false);
    L.control.scale({imperial: false}).addTo(map);
    if (tiles) {
        const layer = L.tileLayer(tiles, {maxZoom: 19});
        layer.addTo(map);
        if (attribution) {
            // Only text: what an administrator types is shown to everyone.
            const safe = document.createElement("span");
            safe.textContent = attribution;
            map.attributionControl.addAttribution(safe.innerHTML);
        }
    } else {
        const group = L.layerGroup().addTo(map);
        const draw = () => drawGraticule(L, map, group);
        map.on("moveend", draw);
        map.whenReady(draw);
    }
}

function degrees(value, digits) {
    return `${(Number(value.toFixed(digits)) || 0).toFixed(digits)}°`;
}

const STEPS = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005];

function drawGraticule(L, map, group) {
    const bounds = map.getBounds();
    const width = bounds.getEast() - bounds.getWest();
    const step = STEPS.find((size) => width / size >= 4) || STEPS[STEPS.length - 1];
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    const style = {
        className: "o_field_map_graticule",
        color: "#adb5bd",
        weight: 1,
        interactive: false,
    };
    const label = (position, text, anchor) =>
        L.marker(position, {
            interactive: false,
            keyboard: false,
            icon: L.divIcon({
                className: "o_field_map_degree",
                html: text,
                iconSize: null,
                iconAnchor: anchor,
            }),
        }).addTo(group);
    group.clearLayers();
    const south = Math.max(bounds.getSouth(), -85);
    const north = Math.min(bounds.getNorth(), 85);
    for (
        let lon = Math.ceil(bounds.getWest() / step) * step, n = 0;
        lon <= bounds.getEast() && n < 60;
        lon += step, n++
    ) {
        L.polyline(
            [
                [south, lon],
                [north, lon],
            ],
            style
        ).addTo(group);
        label([north, lon], degrees(lon, digits), [-3, -2]);
    }
    for (
        let lat = Math.ceil(south / step) * step, n = 0;
        lat <= north && n < 60;
        lat += step, n++
    ) {
        L.polyline(
            [
                [lat, bounds.getWest()],
                [lat, bounds.getEast()],
            ],
            style
        ).addTo(group);
        label([lat, bounds.getEast()], degrees(lat, digits), [42, 14]);
    }
}
