/**
 * What other addons plug into the app, by adding files to `field_mission.assets_app`:
 *
 * - a panel of the mission page: `addPanel("evidence", { sequence, title, icon, component })`;
 *   `title` and `badge` are functions of the mission, `visible` tells whether it shows;
 * - a block of the day page, above or below the missions: `addDayBlock`;
 * - a line before each mission of the day: `addCardNote`;
 * - an operation on a mission: `addOperation("evidence.note", (mission, operation, all) => …)`
 *   changes the mission as the server will, and must not touch anything else; on the server,
 *   extend `field.operation._get_kinds()`;
 * - an operation on what is shared (`snapshot.shared`): `addSharedOperation`; on the server,
 *   extend `field.mission._get_app_shared()` and `field.operation._get_person_kinds()`;
 * - what the file of a photo says before it is re-encoded: `addPhotoFacts`;
 * - a watcher, told of each new screen: `addWatcher`; what it has to remember on the device goes
 *   through `store.keep(name, value)` and is read in `store.kept[name]`.
 */

const panels = new Map();
const dayBlocks = new Map();
const cardNotes = new Map();
const operations = new Map();
const sharedOperations = new Map();
const labels = new Map();
const startBlockers = new Map();
const photoFacts = new Map();
const watchers = new Map();

function sorted(map) {
    return [...map.values()].sort((a, b) => a.sequence - b.sequence);
}

export function addPanel(name, panel) {
    panels.set(name, {name, sequence: 50, visible: () => true, badge: () => "", ...panel});
}

export function getPanels() {
    return sorted(panels);
}

/**
 * A block of the day page. Its component gets the props `day` and `go`.
 *
 * @param {string} name
 * @param {object} block
 * @param {object} block.component
 * @param {string} [block.place] "top" (default) or "bottom", of the list of missions
 * @param {number} [block.sequence]
 * @param {Function} [block.visible] gets the store and the day shown ("YYYY-MM-DD")
 */
export function addDayBlock(name, block) {
    dayBlocks.set(name, {name, place: "top", sequence: 50, visible: () => true, ...block});
}

export function getDayBlocks(place) {
    return sorted(dayBlocks).filter((block) => block.place === place);
}

/**
 * A line before each mission of the day. Its component gets the props `missionId` and `day`.
 *
 * @param {string} name
 * @param {object} note
 * @param {object} note.component
 * @param {number} [note.sequence]
 */
export function addCardNote(name, note) {
    cardNotes.set(name, {name, sequence: 50, ...note});
}

export function getCardNotes() {
    return sorted(cardNotes);
}

export function addOperation(kind, apply) {
    operations.set(kind, apply);
}

export function getOperation(kind) {
    return operations.get(kind);
}

/**
 * An operation on what is none of the user's missions: it changes the shared part of the screen.
 *
 * @param {string} kind
 * @param {Function} apply gets the shared part (a copy of `snapshot.shared`) and the operation
 */
export function addSharedOperation(kind, apply) {
    sharedOperations.set(kind, apply);
}

export function getSharedOperation(kind) {
    return sharedOperations.get(kind);
}

/**
 * How the outbox names an operation.
 *
 * @param {string} kind
 * @param {() => string} label a function, since the language is known only later
 */
export function addOperationLabel(kind, label) {
    labels.set(kind, label);
}

export function getOperationLabel(kind) {
    return labels.get(kind)?.();
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

/**
 * What is told of a photo besides its bytes, read from its file before that is re-encoded.
 *
 * @param {string} name
 * @param {Function} read gets the file, the mission and the store; returns what is added to the
 *  announcement of the photo, or a promise of it
 */
export function addPhotoFacts(name, read) {
    photoFacts.set(name, read);
}

/** @returns {Promise<object>} a fact that can't be read is left out: no photo fails for it */
export async function readPhotoFacts(file, mission, store) {
    const found = {};
    for (const read of photoFacts.values()) {
        try {
            Object.assign(found, await read(file, mission, store));
        } catch {
            continue;
        }
    }
    return found;
}

/**
 * Somebody who is told whenever what the screen shows has changed.
 *
 * @param {string} name
 * @param {Function} watch gets the store
 */
export function addWatcher(name, watch) {
    watchers.set(name, watch);
}

export function getWatchers() {
    return [...watchers.values()];
}
