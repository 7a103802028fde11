/**
 * Sending what the device did, and fetching what the office did.
 *
 * Operations go first and in order, bytes of photos in a second lane after them, so that a large
 * photo never delays a tick. Locks only save work: the server applies each uuid once whatever
 * happens here.
 */

import {Mutex} from "@web/core/utils/concurrency";
import {isLive} from "./reducer";
import {call, TransportError, upload} from "./transport";

const LOCK = "field-sync";
const BATCH = 20;
/** What the server says of one file only: the others and the pull go on. */
const OF_ONE_FILE = {corrupt: "corrupt", "HTTP 413": "large"};
/** What the server reads of one file; a larger one would only be answered by its web server. */
const LARGEST_FILE = 25 * 1024 * 1024;

/** Somebody else is logged in: this person's work stays here until they are back. */
function refuseStranger(answer) {
    if (answer.stranger) {
        throw new TransportError("other-user");
    }
}

export class SyncEngine {
    /**
     * @param {object} options
     * @param {import("./db").DeviceDatabase} options.db
     * @param {object} options.identity { uid, db, device, appVersion }
     * @param {object} options.on callbacks: status(kind, detail), changed(), snapshot(data)
     * @param {object} [options.net] { call, upload } (tests)
     */
    constructor({db, identity, on, net = {call, upload}}) {
        Object.assign(this, {db, identity, on, net});
        this.mutex = new Mutex();
        this.delay = 0;
    }

    /** Send everything, then pull; calls that arrive meanwhile are merged into one more run. */
    sync() {
        if (this.queued) {
            return this.queued;
        }
        this.queued = this.mutex.exec(async () => {
            this.queued = null;
            await this._locked(() => this._run());
        });
        return this.queued;
    }

    async _locked(work) {
        if (!navigator.locks) {
            return work();
        }
        return navigator.locks.request(LOCK, work);
    }

    async _run() {
        this.on.status("syncing");
        try {
            const csrf = await this._sendOperations();
            const trouble = await this._sendBlobs(csrf);
            await this._pull();
            if (trouble) {
                throw trouble;
            }
            this.delay = 0;
            this.on.status("online");
        } catch (error) {
            if (!(error instanceof TransportError)) {
                this.on.status("offline", String(error));
                throw error;
            }
            this.on.status(error.kind, error.message);
        }
    }

    async _sendOperations() {
        const asked = new Set();
        for (;;) {
            const known = await this.db.all("ops");
            const pending = known.filter((op) => isLive(op) && !op.sent);
            // The office may have taken meanwhile what was refused: it is asked each time.
            const waiting = known.filter((op) => !isLive(op) && !asked.has(op.uuid));
            const refused = waiting.slice(0, BATCH);
            refused.forEach((op) => asked.add(op.uuid));
            const batch = [...pending.slice(0, BATCH), ...refused];
            const answer = await this.net.call("/field/api/sync", {
                uid: this.identity.uid,
                db: this.identity.db,
                device: this.identity.device,
                app_version: this.identity.appVersion,
                pending: pending.length,
                operations: batch.map(
                    ({uuid, kind, mission_id, payload, at, base, after, again}) => ({
                        uuid,
                        kind,
                        mission_id,
                        payload,
                        at,
                        base,
                        after,
                        again,
                    })
                ),
            });
            refuseStranger(answer);
            const settled = await this._settle(batch, answer.results);
            if (settled < batch.length) {
                // Sending the same batch for ever would drain the phone.
                throw new TransportError("offline", "answers are missing");
            }
            this.on.drift(answer.server_time);
            if (pending.length <= BATCH && waiting.length <= BATCH) {
                return answer.csrf;
            }
        }
    }

    /**
     * Applied operations leave with the next pull; the others stay, with the reason.
     *
     * @returns {Promise<number>} how many were answered
     */
    async _settle(batch, results) {
        const byUuid = new Map(results.map((result) => [result.uuid, result]));
        await this.db.write(["ops", "blobs"], (stores) => {
            for (const operation of batch) {
                const result = byUuid.get(operation.uuid);
                stores.ops.get(operation.seq).onsuccess = ({target: {result: kept}}) => {
                    // Meanwhile the person may have removed it, or asked to try it again.
                    if (result && kept && isLive(kept) === isLive(operation)) {
                        this._settleOne(stores, kept, result);
                    }
                };
            }
        });
        this.on.changed();
        return batch.filter((operation) => byUuid.has(operation.uuid)).length;
    }

    _settleOne({ops, blobs}, operation, {state, message}) {
        if (state !== "applied") {
            ops.put({...operation, state, message, again: false});
            return;
        }
        // Kept until the pull shows its effect, or the screen would jump back.
        ops.put({...operation, state: "pending", sent: true});
        if (operation.kind === "photo") {
            // Announced at last: bytes that were refused before may go now.
            blobs.get(operation.payload.uuid).onsuccess = ({target: {result: blob}}) => {
                if (blob?.refused) {
                    blobs.put({...blob, refused: false});
                }
            };
        }
    }

    /** @returns {Promise<TransportError|null>} why a file did not arrive, though others may have */
    async _sendBlobs(csrf) {
        let trouble = null;
        const held = {};
        for (const uuid of await this.db.keys("blobs")) {
            const blob = await this.db.get("blobs", uuid);
            if (!blob || blob.sent) {
                continue;
            }
            const size = blob.bytes.byteLength;
            if (blob.refused) {
                held[uuid] = {why: "refused", message: blob.refused, size};
                continue;
            }
            try {
                await this._sendBlob(uuid, blob, csrf);
            } catch (error) {
                const why = OF_ONE_FILE[error.message];
                if (why) {
                    held[uuid] = {why, size};
                    trouble = error;
                    continue;
                }
                if (error.kind !== "refused") {
                    throw error;
                }
                held[uuid] = {why: "refused", message: error.message, size};
                // The description was refused with its operation: the bytes wait beside it.
                await this.db.write(["blobs"], ({blobs}) =>
                    blobs.put({...blob, refused: error.message})
                );
            }
            this.on.changed();
        }
        await this._keepHeld(held);
        return trouble;
    }

    async _sendBlob(uuid, {bytes, mimetype}, csrf) {
        if (bytes.byteLength > LARGEST_FILE) {
            throw new TransportError("offline", "HTTP 413");
        }
        const answer = await this.net.upload(uuid, bytes, mimetype, csrf);
        if (answer.state !== "received") {
            throw new TransportError("offline", "corrupt");
        }
        await this.db.write(["blobs"], ({blobs}) => blobs.delete(uuid));
    }

    /** Keep why files stay here beside them: the screen says it without reading their bytes. */
    async _keepHeld(held) {
        const before = await this.db.getMeta("held");
        if (JSON.stringify(before || {}) !== JSON.stringify(held)) {
            await this.db.setMeta("held", held);
            this.on.changed();
        }
    }

    async _pull() {
        const {uid, db} = this.identity;
        const data = await this.net.call("/field/api/bootstrap", {uid, db});
        refuseStranger(data);
        const sent = (await this.db.all("ops")).filter((operation) => operation.sent);
        await this.db.write(["meta", "ops"], ({meta, ops}) => {
            meta.put(data, "snapshot");
            for (const operation of sent) {
                ops.delete(operation.seq);
            }
        });
        this.on.snapshot(data);
    }
}
