/**
 * The documents of the missions on the phone, fetched while there is a network.
 *
 * They come after everything else, one by one, and leave with the last mission that needs them.
 */

import {fetchDocument, TransportError} from "./transport";

/** Together; a phone keeps its room for photos. */
const LARGEST_STOCK = 200 * 1024 * 1024;

function wantedFiles(snapshot) {
    const found = new Map();
    for (const mission of snapshot.missions || []) {
        for (const one of mission.documents || []) {
            if (!found.has(one.version) || one.needed) {
                found.set(one.version, one);
            }
        }
    }
    // What has to be read before the start first, then the small ones.
    return [...found.values()].sort((a, b) => b.needed - a.needed || a.size - b.size);
}

/**
 * @param {import("./db").DeviceDatabase} db
 * @param {object} snapshot
 * @param {object} [net] { fetchDocument } (tests)
 * @returns {Promise<Set<number>>} versions whose bytes are on the phone
 */
export async function keepFiles(db, snapshot, net = {fetchDocument}) {
    const wanted = wantedFiles(snapshot);
    const known = new Set(wanted.map((one) => one.version));
    const kept = new Set(await db.keys("files"));
    const gone = [...kept].filter((version) => !known.has(version));
    await db.write(["files"], ({files}) => gone.forEach((version) => files.delete(version)));
    gone.forEach((version) => kept.delete(version));
    let stock = 0;
    for (const one of wanted) {
        stock += one.size;
        if (kept.has(one.version) || stock > LARGEST_STOCK) {
            continue;
        }
        try {
            const bytes = await net.fetchDocument(one);
            const {version, mimetype} = one;
            await db.write(["files"], ({files}) => files.put({version, mimetype, bytes}));
            kept.add(one.version);
        } catch (error) {
            if (error instanceof TransportError || error?.name === "QuotaExceededError") {
                // The next pull tries again; a full phone keeps what it has.
                break;
            }
            throw error;
        }
    }
    return kept;
}
