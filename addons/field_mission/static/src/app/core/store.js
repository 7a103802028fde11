/** The app's state: what it knows, what it did, how the sending goes. */

import {markRaw, reactive} from "@odoo/owl";
import {addDays, dayOf, fromText, nowText} from "./clock";
import {DeviceDatabase} from "./db";
import {SyncEngine} from "./engine";
import {keepFiles} from "./files";
import {setTerms} from "./i18n";
import {
    databaseName,
    findLastUser,
    findParked,
    forgetLastUser,
    getLastUser,
    isStrangerHere,
    setLastUser,
    setStrangerHere,
} from "./people";
import {isLive, replay, replayShared, runningTime} from "./reducer";
import {getWatchers} from "./registry";
import {call, fetchTerms, TransportError} from "./transport";

const PULL_EVERY = 4 * 60 * 1000;
const RETRY_FIRST = 5000;
const RETRY_LONGEST = 5 * 60 * 1000;

export function newUuid() {
    return crypto.randomUUID();
}

export async function digest(bytes) {
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class FieldStore {
    constructor() {
        this.phase = "starting"; // starting, ready, login, insecure, broken
        this.status = "idle"; // idle, syncing, online, offline, expired, other-user, refused
        this.detail = "";
        this.snapshot = markRaw({missions: [], products: [], user: {}});
        this.operations = markRaw([]);
        this.blobCount = 0;
        this.held = []; // files that wait here for a reason of their own
        this.files = markRaw(new Set());
        this.missions = markRaw([]);
        this.shared = markRaw({});
        this.kept = markRaw({});
        this.drift = 0;
        this.lastSync = null;
        this.newVersion = false;
        this.stranger = false;
        this.parked = markRaw([]);
        this.persisted = null;
        this.toast = "";
        this.now = Date.now();
    }

    /**
     * Make the store and open what the device keeps.
     *
     * To be awaited before anything is drawn: templates are translated when they are compiled.
     */
    static async create() {
        // Methods must see the reactive object, or their changes would not be drawn.
        const store = reactive(new FieldStore());
        try {
            await store.start();
        } catch (error) {
            store.phase = "broken";
            store.detail = String(error);
        }
        return store;
    }

    get lang() {
        return (this.snapshot.user.lang || navigator.language || "en").replace("_", "-");
    }

    get today() {
        return dayOf(new Date(this.now), this.snapshot.user.tz || "Europe/Paris");
    }

    get pending() {
        return this.operations.filter((operation) => isLive(operation) && !operation.sent);
    }

    get refused() {
        return this.operations.filter((operation) => !isLive(operation));
    }

    get unsentCount() {
        return this.pending.length + this.blobCount;
    }

    get running() {
        return runningTime(this.missions);
    }

    get days() {
        const days = new Set(this.missions.map((mission) => mission.day).filter(Boolean));
        for (let shift = -3; shift <= 3; shift++) {
            days.add(addDays(this.today, shift));
        }
        return [...days].sort();
    }

    /** In the order of the tour; what is in none (cancelled…) comes after it, by hour. */
    missionsOf(day) {
        const place = (mission) => mission.order ?? 10 ** 6;
        return this.missions
            .filter((mission) => mission.day === day)
            .sort((a, b) => place(a) - place(b) || this._compareTimes(a, b));
    }

    _compareTimes(a, b) {
        const first = a.planned_start || a.promised_start || "9";
        const second = b.planned_start || b.promised_start || "9";
        return first.localeCompare(second) || a.id - b.id;
    }

    mission(id) {
        return this.missions.find((mission) => mission.id === id);
    }

    // ------------------------------------------------------------------ start

    async start() {
        if (!window.isSecureContext) {
            this.phase = "insecure";
            return;
        }
        setInterval(() => {
            this.now = Date.now();
        }, 30000);
        const known = getLastUser() || (await findLastUser());
        if (known) {
            this.stranger = isStrangerHere();
            await this._openFor(known);
            this.phase = "ready";
            this._watch();
            this.sync();
            return;
        }
        await this._firstStart();
    }

    async _firstStart() {
        try {
            const data = await call("/field/api/bootstrap", {});
            await this._openFor({uid: data.uid, db: data.db, name: data.user.name});
            setStrangerHere(false);
            await this.database.setMeta("snapshot", data);
            await this._takeSnapshot(data);
            this._onStatus("online");
            this.phase = "ready";
            this._watch();
        } catch (error) {
            if (!(error instanceof TransportError)) {
                throw error;
            }
            this.status = error.kind;
            this.phase = "login";
        }
    }

    async _openFor(identity) {
        this.identity = identity;
        setLastUser(identity);
        this.database = markRaw(await DeviceDatabase.open(databaseName(identity)));
        let device = await this.database.getMeta("device");
        if (!device) {
            device = newUuid();
            await this.database.setMeta("device", device);
        }
        const terms = await this.database.getMeta("terms");
        if (terms) {
            setTerms(terms.modules);
        }
        const kept = await this.database.getMeta("snapshot");
        if (kept) {
            this.snapshot = markRaw(kept);
        }
        this.kept = markRaw((await this.database.getMeta("kept")) || {});
        this.files = markRaw(new Set(await this.database.keys("files")));
        this.lastSync = (await this.database.getMeta("last_sync")) || null;
        const engine = new SyncEngine({
            db: this.database,
            identity: {...identity, device, appVersion: document.body.dataset.version},
            on: {
                status: (kind, detail) => this._onStatus(kind, detail),
                changed: () => this._reload(),
                snapshot: (data) => this._takeSnapshot(data),
                drift: (text) => {
                    this.drift = Math.round((Date.now() - fromText(text)) / 1000);
                },
            },
        });
        this.engine = markRaw(engine);
        await this._reload();
        findParked(identity).then((parked) => {
            this.parked = markRaw(parked);
        });
        if (navigator.storage?.persist) {
            this.persisted = await navigator.storage.persist();
        }
    }

    _watch() {
        window.addEventListener("online", () => this.sync());
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") {
                if (this.wordsChanged) {
                    location.reload();
                    return;
                }
                this.now = Date.now();
                this.sync();
                navigator.serviceWorker?.getRegistration("/field").then((found) => found?.update());
            }
        });
        setInterval(() => this.sync(), PULL_EVERY);
        this._watchWorker();
    }

    async _watchWorker() {
        if (!navigator.serviceWorker) {
            return;
        }
        const registration = await navigator.serviceWorker.register("/field/sw.js", {
            scope: "/field",
            updateViaCache: "none",
        });
        const offer = (worker) => {
            if (worker && navigator.serviceWorker.controller) {
                this.waitingWorker = worker;
                this.newVersion = true;
            }
        };
        offer(registration.waiting);
        registration.addEventListener("updatefound", () => {
            const worker = registration.installing;
            worker.addEventListener("statechange", () => {
                if (worker.state === "installed") {
                    offer(worker);
                }
            });
        });
        let reloaded = false;
        navigator.serviceWorker.addEventListener("controllerchange", () => {
            if (this.newVersion && !reloaded) {
                reloaded = true;
                location.reload();
            }
        });
    }

    takeNewVersion() {
        this.waitingWorker?.postMessage("take-over");
    }

    // ------------------------------------------------------------------ sending

    sync() {
        return this.engine?.sync();
    }

    _onStatus(kind, detail = "") {
        this.status = kind;
        this.detail = detail;
        if (kind === "online" || kind === "other-user") {
            // Not lifted by a mere try: what is one person's is not shown to another.
            this.stranger = kind === "other-user";
            setStrangerHere(this.stranger);
        }
        if (kind === "online") {
            this.lastSync = nowText();
            this.database.setMeta("last_sync", this.lastSync);
            this.retry = RETRY_FIRST;
        } else if (kind === "offline") {
            clearTimeout(this.timer);
            this.retry = Math.min((this.retry || RETRY_FIRST) * 2, RETRY_LONGEST);
            this.timer = setTimeout(() => this.sync(), this.retry);
        }
    }

    async _takeSnapshot(data) {
        this.snapshot = markRaw(data);
        await this._reload();
        this._keepFiles();
        const kept = await this.database.getMeta("terms");
        const wanted = `${data.user.lang} ${data.app_version}`;
        if (kept?.key !== wanted) {
            const modules = await fetchTerms(data.modules, data.user.lang).catch(() => null);
            if (modules) {
                setTerms(modules);
                await this.database.setMeta("terms", {key: wanted, modules});
                // What is already drawn keeps its words until the app is next looked at.
                this.wordsChanged = this.phase === "ready";
            }
        }
    }

    async _reload() {
        this.operations = markRaw(await this.database.all("ops"));
        const blobs = new Set(await this.database.keys("blobs"));
        this.blobCount = blobs.size;
        const held = Object.entries((await this.database.getMeta("held")) || {});
        this.held = held.flatMap(([uuid, one]) => (blobs.has(uuid) ? [{uuid, ...one}] : []));
        this._draw();
    }

    /** Fetch the documents' bytes beside everything else: nothing waits for them. */
    async _keepFiles() {
        if (this.fetching) {
            return;
        }
        this.fetching = true;
        try {
            this.files = markRaw(await keepFiles(this.database, this.snapshot));
        } finally {
            this.fetching = false;
        }
    }

    /** @returns {Promise<object|null>} { bytes, mimetype } of a document's version */
    async file(version) {
        const kept = await this.database.get("files", version);
        if (!kept) {
            await this._keepFiles();
        }
        return kept || (await this.database.get("files", version)) || null;
    }

    // Plain objects, replaced as a whole: a proxy can be neither cloned nor stored.
    _draw() {
        this.missions = markRaw(replay(this.snapshot, this.operations));
        this.shared = markRaw(replayShared(this.snapshot, this.operations));
        for (const watch of getWatchers()) {
            watch(this);
        }
    }

    /**
     * Remember something of an addon's on this device; read it in `kept`.
     *
     * @param {string} name
     * @param {any} value what IndexedDB can store
     */
    keep(name, value) {
        this.kept = markRaw({...this.kept, [name]: value});
        return this.database.setMeta("kept", this.kept);
    }

    // ------------------------------------------------------------------ doing

    /**
     * Do something on a mission: on the screen at once, on the disk before it counts as saved,
     * on the server as soon as there is a network.
     *
     * @param {string} kind
     * @param {object} mission or { id } of one that is not (yet) the user's
     * @param {object} [payload]
     * @param {object} [options]
     * @param {object} [options.blob] { uuid, bytes, mimetype }
     * @param {object} [options.base] what the screen showed, where the office may change it too
     */
    async perform(kind, mission, payload = {}, {blob, base} = {}) {
        const [uuid] = await this.performAll(mission, [{kind, payload, blob, base}]);
        return uuid;
    }

    /**
     * Do things that count together only, as a drawing and its signature: all are kept, or none.
     *
     * @param {object} mission
     * @param {object[]} doings { kind, payload, blob, base } as of `perform`
     * @returns {Promise<string[]>} uuids of the operations
     */
    async performAll(mission, doings) {
        const made = doings.map(({kind, payload, base}) => ({
            uuid: newUuid(),
            kind,
            mission_id: mission.id,
            // What a form holds is a proxy, which IndexedDB can't store; it travels as JSON anyway.
            payload: JSON.parse(JSON.stringify(payload)),
            at: nowText(),
            base: base || null,
            after: null,
            state: "pending",
            uid: this.identity.uid,
            db: this.identity.db,
            schema: 1,
        }));
        // Drawn before it is saved: a tick must not wait for the disk.
        const before = this.operations;
        this.operations = markRaw([...before, ...made]);
        this._draw();
        try {
            await this.database.write(["ops", "blobs"], ({ops, blobs}) => {
                made.forEach((operation) => ops.add(operation));
                doings.forEach(({blob}) => blob && blobs.put(blob));
            });
        } catch (error) {
            this.operations = before;
            this._draw();
            this.say(error?.name === "QuotaExceededError" ? "full" : "unsaved");
            throw error;
        }
        await this._reload();
        this.sync();
        return made.map((operation) => operation.uuid);
    }

    /** Give up a refused operation, with its bytes. */
    async discard(operation) {
        const blob = operation.kind === "photo" ? operation.payload.uuid : null;
        await this.database.write(["ops", "blobs"], ({ops, blobs}) => {
            ops.delete(operation.seq);
            if (blob) {
                blobs.delete(blob);
            }
        });
        await this._reload();
    }

    /** Give up the bytes of a file that the server refuses; what was said of it is sent. */
    async discardFile(uuid) {
        await this.database.write(["blobs"], ({blobs}) => blobs.delete(uuid));
        await this._reload();
    }

    /** Try a refused operation again under its uuid: the office may have taken it meanwhile. */
    async again(operation) {
        const blob =
            operation.kind === "photo" &&
            (await this.database.get("blobs", operation.payload.uuid));
        // As it is on the disk: what the screen holds can't be stored.
        const kept = await this.database.get("ops", operation.seq);
        await this.database.write(["ops", "blobs"], ({ops, blobs}) => {
            ops.put({...kept, state: "pending", sent: false, again: true});
            if (blob) {
                blobs.put({...blob, refused: false});
            }
        });
        await this._reload();
        this.sync();
    }

    say(key) {
        this.toast = key;
        clearTimeout(this.toastTimer);
        this.toastTimer = setTimeout(() => {
            this.toast = "";
        }, 4000);
    }

    /** Open the app for who is logged in; what the former user did stays in a database of theirs. */
    async changeUser() {
        try {
            const data = await call("/field/api/bootstrap", {});
            setLastUser({uid: data.uid, db: data.db, name: data.user.name});
            setStrangerHere(false);
            location.reload();
        } catch (error) {
            if (!(error instanceof TransportError)) {
                throw error;
            }
            this.say("network");
        }
    }

    /** Forget the user of this device; refused while anything of theirs is unsent. */
    async leave() {
        if (this.unsentCount) {
            return false;
        }
        forgetLastUser();
        await this.database.write(["meta", "files"], ({meta, files}) => {
            meta.delete("snapshot");
            // Small pictures that addons keep of what was sent.
            meta.delete(IDBKeyRange.bound("thumb:", "thumb:\uffff"));
            files.clear();
        });
        this.database.close();
        location.href = "/web/session/logout?redirect=/web/login?redirect=/field";
        return true;
    }
}
