/**
 * What other addons plug into the app, by adding files to `field_mission.assets_app`:
 *
 * - a panel of the mission page: `addPanel("evidence", { sequence, title, icon, component })`;
 *   `title` and `badge` are functions of the mission, `visible` tells whether it shows;
 * - an operation: `addOperation("evidence.note", (mission, operation, snapshot) => …)` changes the
 *   mission as the server will, and must not touch anything else; on the server, extend
 *   `field.operation._get_kinds()`.
 */

const panels = new Map();
const operations = new Map();
const startBlockers = new Map();

export function addPanel(name, panel) {
    panels.set(name, {name, sequence: 50, visible: () => true, badge: () => "", ...panel});
}

export function getPanels() {
    return [...panels.values()].sort((a, b) => a.sequence - b.sequence);
}

export function addOperation(kind, apply) {
    operations.set(kind, apply);
}

export function getOperation(kind) {
    return operations.get(kind);
}

/**
 * What has to be done on a panel before a mission can start.
 *
 * @param {string} panel name of the panel where it is done
 * @param {(mission: object) => string[]} find names of what is missing
 */
export function addStartBlocker(panel, find) {
    startBlockers.set(panel, find);
}

/** @returns {{panel: string, names: string[]}[]} */
export function getStartBlockers(mission) {
    return [...startBlockers]
        .map(([panel, find]) => ({panel, names: find(mission)}))
        .filter((blocker) => blocker.names.length);
}
