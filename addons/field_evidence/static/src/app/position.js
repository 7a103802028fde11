/**
 * Whether the person was on the site, at arrival and at completion; only where the company asks.
 *
 * The distance is worked out here: unless the company needs coordinates, they never leave the
 * phone. No position, a refusal, a slow satellite: nothing is sent and nothing waits.
 */

import {FieldComponent} from "@field_mission/app/components/base";
import {Icon} from "@field_mission/app/components/icon";
import {_t} from "@field_mission/app/core/i18n";
import {
    addOperation,
    addOperationLabel,
    addPanel,
    addWatcher,
} from "@field_mission/app/core/registry";
import {distance} from "./distance";

const MOMENTS = {"mission.arrive": "arrive", "mission.done": "done"};
const OPTIONS = {enableHighAccuracy: true, timeout: 20000, maximumAge: 30000};
/** What was done before the app was opened is past: the phone is elsewhere now. */
const FRESH = 60000;

/**
 * What is sent of a position, by what the company needs.
 *
 * @param {object} mission
 * @param {string} moment "arrive" or "done"
 * @param {object} coords of the device
 * @returns {object|null} null where the site has no coordinates
 */
export function reduce(mission, moment, coords) {
    const {site} = mission;
    if (!site.latitude && !site.longitude) {
        return null;
    }
    const found = {moment, on_site: distance(coords, site) <= mission.position_radius};
    if (mission.position !== "coordinates") {
        return found;
    }
    const {latitude, longitude} = coords;
    return {...found, latitude, longitude};
}

function locate() {
    return new Promise((resolve) => {
        if (!navigator.geolocation) {
            resolve(null);
            return;
        }
        navigator.geolocation.getCurrentPosition(
            ({coords}) => resolve(coords),
            () => resolve(null),
            OPTIONS
        );
    });
}

const asked = new Set();

async function note(store, operation) {
    const mission = store.mission(operation.mission_id);
    const coords = mission && (await locate());
    const payload = coords && reduce(mission, MOMENTS[operation.kind], coords);
    if (payload) {
        await store.perform("evidence.position", mission, payload);
    }
}

addWatcher("evidence.position", (store) => {
    for (const operation of store.operations) {
        if (!(operation.kind in MOMENTS) || asked.has(operation.uuid)) {
            continue;
        }
        asked.add(operation.uuid);
        const mode = store.mission(operation.mission_id)?.position;
        const age = Date.now() - new Date(`${operation.at.replace(" ", "T")}Z`).getTime();
        if (mode && mode !== "off" && !store.kept.noPosition && age < FRESH) {
            note(store, operation);
        }
    }
});

addOperation("evidence.position", () => undefined);
addOperationLabel("evidence.position", () => _t("On the site: yes or no"));

export class PositionPanel extends FieldComponent {
    static template = "field_evidence.PositionPanel";
    static components = {Icon};

    get refused() {
        return Boolean(this.store.kept.noPosition);
    }

    toggle() {
        this.store.keep("noPosition", !this.refused);
    }
}

addPanel("position", {
    sequence: 90,
    icon: "pin",
    title: () => _t("My position"),
    component: PositionPanel,
    visible: (mission) => Boolean(mission.position) && mission.position !== "off",
});
