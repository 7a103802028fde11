import {dayOf, fromLocal, fromText, spent} from "@field_mission/app/core/clock";
import {DeviceDatabase, upgrade} from "@field_mission/app/core/db";
import {SyncEngine} from "@field_mission/app/core/engine";
import {findForgotten} from "@field_mission/app/core/forgotten";
import {decimal, readDecimal, typedDecimal} from "@field_mission/app/core/format";
import {askedChecks, doneBlockers, replay, replayShared} from "@field_mission/app/core/reducer";
import {addSharedOperation} from "@field_mission/app/core/registry";
import {FieldStore} from "@field_mission/app/core/store";
import {TransportError, readRpc, readUpload} from "@field_mission/app/core/transport";

import {reactive} from "@odoo/owl";

import {afterEach, beforeEach, describe, expect, test} from "@odoo/hoot";

describe.current.tags("field_app");

let number = 0;

function operation(kind, payload = {}, values = {}) {
    number += 1;
    return {
        uuid: `op-${number}`,
        kind,
        mission_id: 1,
        payload,
        at: "2026-11-30 08:00:00",
        base: null,
        after: null,
        state: "pending",
        ...values,
    };
}

function mission(values = {}) {
    return {
        id: 1,
        state: "planned",
        type: {requires_photo: false, requires_signature: false},
        conclusion: "",
        checks: [
            {id: 10, place: 1, kind: "yesno", name: "Valve", required: true, result: "todo"},
            {
                id: 11,
                place: 2,
                kind: "number",
                name: "Pressure",
                required: true,
                result: "todo",
                has_min: true,
                min: 1,
                has_max: true,
                max: 2,
                shown_if: {number: 1, when: "yes"},
            },
        ],
        times: [],
        materials: [],
        photos: [],
        signatures: [],
        incidents: [],
        ...values,
    };
}

function snapshotOf(values = {}) {
    return {missions: [mission(values)], products: [], shared: {}};
}

describe("store", () => {
    test("what a form holds is kept whole, lists of photos included", async () => {
        const kept = [];
        const store = new FieldStore();
        store.identity = {uid: 1, db: "field"};
        store.database = {
            // As IndexedDB does it.
            write: async (names, fill) =>
                fill({ops: {add: (one) => kept.push(structuredClone(one))}}),
            all: async () => kept,
            keys: async () => [],
            getMeta: async () => null,
        };
        const form = reactive({kind: "no_access", photos: ["a", "b"]});
        const {kind, photos} = form;
        await store.perform("incident", {id: 1}, {kind, photos});
        expect(kept[0].payload).toEqual({kind: "no_access", photos: ["a", "b"]});
    });
});

describe("forgotten stops", () => {
    const at = (text) => fromText(text).getTime();
    const line = (values) => ({mine: true, kind: "on_site", stop: false, ...values});
    const visit = (times, values = {}) => ({
        ...mission({tz: "Europe/Paris", planned_duration: 1, state: "in_progress"}),
        planned_start: "2026-11-30 08:00:00",
        planned_end: "2026-11-30 09:00:00",
        times,
        ...values,
    });

    test("what runs within its plan, or hardly longer, is not asked about", () => {
        const missions = [visit([line({start: "2026-11-30 08:05:00"})])];
        expect(findForgotten(missions, at("2026-11-30 10:55:00"))).toBe(null);
        expect(findForgotten([visit([])], at("2026-12-02 10:55:00"))).toBe(null);
    });

    test("long after the planned end it is asked about, with the planned end", () => {
        const missions = [visit([line({start: "2026-11-30 08:05:00"})])];
        const found = findForgotten(missions, at("2026-11-30 11:05:00"));
        expect(found.proposed).toBe("2026-11-30 09:00:00");
        expect(found.moved).toBe(false);
    });

    test("begun after the planned end: its duration is proposed", () => {
        const missions = [visit([line({start: "2026-11-30 14:00:00"})])];
        const found = findForgotten(missions, at("2026-12-01 07:00:00"));
        expect(found.proposed).toBe("2026-11-30 15:00:00");
    });

    test("brought forward by a day: the slot says nothing", () => {
        const missions = [visit([line({start: "2026-11-29 14:00:00"})])];
        const found = findForgotten(missions, at("2026-11-29 17:30:00"));
        expect(found.proposed).toBe("2026-11-29 15:00:00");
    });

    test("a night's work is none before its end", () => {
        const night = {planned_start: "2026-11-30 21:00:00", planned_end: "2026-12-01 03:00:00"};
        const missions = [visit([line({start: "2026-11-30 21:00:00"})], night)];
        expect(findForgotten(missions, at("2026-12-01 02:00:00"))).toBe(null);
    });

    test("somebody else's time is theirs", () => {
        const missions = [visit([line({start: "2026-11-30 08:05:00", mine: false})])];
        expect(findForgotten(missions, at("2026-12-01 07:00:00"))).toBe(null);
    });

    test("a visit that only the next arrival ended is asked about once", () => {
        const start = "2026-11-30 08:00:00";
        const missions = [
            visit([line({start, stop: "2026-11-30 10:00:00"})]),
            {...visit([line({start: "2026-11-30 10:00:00"})]), id: 2},
        ];
        const now = at("2026-11-30 10:05:00");
        const found = findForgotten(missions, now);
        expect([found.moved, found.proposed]).toEqual([true, "2026-11-30 09:00:00"]);
        expect(findForgotten(missions, now, {[start]: now + 1})).toBe(null);
        missions[0].times[0].declared = true;
        expect(findForgotten(missions, now)).toBe(null);
    });

    test("the declared end is shown before it is sent", () => {
        const snapshot = {missions: [visit([line({start: "2026-11-30 08:05:00"})])]};
        const payload = {start: "2026-11-30 08:05:00", stop: "2026-11-30 09:00:00"};
        const [shown] = replay(snapshot, [operation("time.stop", payload)]);
        expect(shown.times[0].stop).toBe("2026-11-30 09:00:00");
        expect(shown.times[0].declared).toBe(true);
    });
});

describe("reducer", () => {
    test("a visit notice ends the visit and stops its time", () => {
        const snapshot = {missions: [mission()]};
        const [shown] = replay(snapshot, [
            operation("mission.travel", {}, {at: "2026-11-30 07:30:00"}),
            operation("visit.notice", {kind: "customer_absent", description: "", photos: []}),
        ]);
        expect(shown.state).toBe("to_reschedule");
        expect(shown.times[0].stop).toBe("2026-11-30 08:00:00");
        expect(shown.incidents[0].kind).toBe("customer_absent");
        expect(shown.notices[0].pdf).toBe("");
        expect(snapshot.missions[0].notices).toBe(undefined);
    });

    test("a visit from the way there to its end, replayed", () => {
        const snapshot = snapshotOf();
        const [shown] = replay(snapshot, [
            operation("mission.travel", {}, {at: "2026-11-30 07:30:00"}),
            operation("mission.arrive", {}, {at: "2026-11-30 08:00:00"}),
            operation("check.set", {check_id: 10, yesno: "yes"}),
            operation("check.set", {check_id: 11, number: 2.5}),
            operation("mission.pause", {}, {at: "2026-11-30 09:00:00"}),
            operation("mission.resume", {}, {at: "2026-11-30 09:15:00"}),
            operation("mission.done", {}, {at: "2026-11-30 10:00:00"}),
        ]);
        expect(shown.state).toBe("done");
        expect(shown.checks.map((check) => check.result)).toEqual(["ok", "fail"]);
        expect(
            shown.times.map((line) => [line.kind, line.start.slice(11), line.stop.slice(11)])
        ).toEqual([
            ["travel", "07:30:00", "08:00:00"],
            ["on_site", "08:00:00", "09:00:00"],
            ["break", "09:00:00", "09:15:00"],
            ["on_site", "09:15:00", "10:00:00"],
        ]);
        expect(shown.unsent).toBe(7);
    });

    test("the snapshot is never written: replaying twice shows the same", () => {
        const snapshot = snapshotOf();
        const before = JSON.stringify(snapshot);
        const operations = [
            operation("mission.arrive"),
            operation("material.add", {quantity: 2, description: "Bolt"}),
        ];
        const first = replay(snapshot, operations);
        expect(replay(snapshot, operations)).toEqual(first);
        expect(JSON.stringify(snapshot)).toBe(before);
    });

    test("a pull between a tap and its sending keeps what was tapped, and takes what the office changed", () => {
        const operations = [operation("check.set", {check_id: 10, yesno: "no"})];
        const [shown] = replay(snapshotOf({conclusion: "Words of the office"}), operations);
        expect(shown.checks[0].result).toBe("fail");
        expect(shown.conclusion).toBe("Words of the office");
    });

    test("refused and clashing operations no longer count, nor those of missions that left", () => {
        const [shown] = replay(snapshotOf(), [
            operation("mission.arrive", {}, {state: "rejected"}),
            operation("mission.conclusion", {text: "Mine"}, {state: "conflict"}),
            operation("mission.arrive", {}, {mission_id: 99}),
            operation("unknown.kind"),
        ]);
        expect(shown.state).toBe("planned");
        expect(shown.conclusion).toBe("");
        expect(shown.unsent).toBe(undefined);
    });

    test("a stop before its start, by a clock set back, gives no negative time", () => {
        const [shown] = replay(snapshotOf(), [
            operation("mission.arrive", {}, {at: "2026-11-30 10:00:00"}),
            operation("mission.done", {}, {at: "2026-11-28 10:00:00"}),
        ]);
        expect(shown.times[0].stop).toBe("2026-11-30 10:00:00");
    });

    test("what is not asked does not keep from finishing", () => {
        const [asked] = replay(snapshotOf(), []);
        expect(askedChecks(asked).map((check) => check.id)).toEqual([10]);
        const [yes] = replay(snapshotOf(), [operation("check.set", {check_id: 10, yesno: "yes"})]);
        expect(doneBlockers(yes).map((blocker) => blocker.name)).toEqual(["Pressure"]);
        const [no] = replay(snapshotOf(), [operation("check.set", {check_id: 10, yesno: "no"})]);
        expect(doneBlockers(no)).toEqual([]);
    });

    test("what other addons share is replayed, too", () => {
        addSharedOperation("test.take", (shared, {payload}) => {
            shared.things = shared.things.filter((one) => one !== payload.thing);
        });
        const snapshot = {missions: [], shared: {things: ["a", "b"]}};
        expect(replayShared(snapshot, [operation("test.take", {thing: "a"})])).toEqual({
            things: ["b"],
        });
        expect(snapshot.shared.things).toEqual(["a", "b"]);
    });
});

describe("clock", () => {
    test("days are those of the time zone, hours are in words", () => {
        expect(dayOf(fromText("2026-11-30 23:30:00"), "Europe/Paris")).toBe("2026-12-01");
        expect(spent(65 * 60000)).toBe("1 h 05");
    });

    test("a clock on the wall, in winter, in summer and on the nights of the change", () => {
        const zone = "Europe/Paris";
        expect(fromLocal("2026-11-30", "08:30", zone)).toBe("2026-11-30 07:30:00");
        expect(fromLocal("2026-07-01", "08:30", zone)).toBe("2026-07-01 06:30:00");
        expect(fromLocal("2026-03-29", "01:30", zone)).toBe("2026-03-29 00:30:00");
        expect(fromLocal("2026-03-29", "03:30", zone)).toBe("2026-03-29 01:30:00");
        expect(fromLocal("2026-10-24", "00:30", zone, true)).toBe("2026-10-24 22:30:00");
        expect(fromLocal("2026-10-25", "04:00", zone)).toBe("2026-10-25 03:00:00");
    });
});

/** An answer as fetch gives it. */
function answer(body, {status = 200, redirected = false, type = "basic"} = {}) {
    return {
        ok: status >= 200 && status < 300,
        status,
        redirected,
        type,
        json: async () => JSON.parse(body),
    };
}

async function kindOf(promise) {
    try {
        await promise;
        return "fine";
    } catch (error) {
        if (!(error instanceof TransportError)) {
            throw error;
        }
        return error.kind;
    }
}

describe("numbers", () => {
    test("are read and written as the user's language does", () => {
        expect(decimal(1.4, "fr-FR")).toBe("1,4");
        expect(decimal(1.4, "en-US")).toBe("1.4");
        expect(decimal(0.1 + 0.2, "en-US")).toBe("0.3");
        expect(decimal(0.0005, "en-US")).toBe("0.0005");
        expect(decimal(1400.5, "en-US")).toBe("1,400.5");
        expect(typedDecimal(1400.5, "en-US")).toBe("1400.5");
        expect(typedDecimal(1400.5, "fr-FR")).toBe("1400,5");
    });

    test("whoever types a comma or a point is understood", () => {
        for (const locale of ["fr-FR", "en-US"]) {
            expect(readDecimal("1,4", locale)).toBe(1.4);
            expect(readDecimal(" 1.4 ", locale)).toBe(1.4);
            expect(readDecimal("1 400", locale)).toBe(1400);
            expect(readDecimal("-12,5", locale)).toBe(-12.5);
            expect(readDecimal("", locale)).toBe(NaN);
            expect(readDecimal("12 bar", locale)).toBe(NaN);
        }
        expect(readDecimal("1,400", "en-US")).toBe(1400);
        expect(readDecimal("1,400.5", "en-US")).toBe(1400.5);
        expect(readDecimal("1,400", "fr-FR")).toBe(1.4);
        expect(readDecimal("0,400", "fr-FR")).toBe(0.4);
    });
});

describe("transport", () => {
    const rpc = (values) => JSON.stringify({jsonrpc: "2.0", id: 1, ...values});
    const failure = (name, code = 200) =>
        rpc({error: {code, message: "m", data: {name, message: "Words"}}});
    const cases = [
        ["an answer of ours", answer(rpc({result: {a: 1}})), "fine"],
        ["a captive portal's page", answer("<html>Welcome</html>"), "offline"],
        ["a captive portal's JSON", answer('{"login": true}'), "offline"],
        ["JSON null", answer("null"), "offline"],
        ["a proxy's 502", answer("Bad gateway", {status: 502}), "offline"],
        ["a redirect to the login", answer("", {type: "opaqueredirect", status: 0}), "expired"],
        ["a redirect that was followed", answer("<html/>", {redirected: true}), "expired"],
        [
            "a session that is over",
            answer(failure("odoo.http.SessionExpiredException", 100)),
            "expired",
        ],
        ["a refusal in words", answer(failure("odoo.exceptions.UserError")), "refused"],
        ["a mistake of the server", answer(failure("builtins.KeyError")), "offline"],
    ];
    for (const [title, response, kind] of cases) {
        test(`${title} is "${kind}"`, async () => {
            expect(await kindOf(readRpc(response))).toBe(kind);
        });
    }

    const files = [
        ["received", answer('{"uuid": "a", "state": "received"}'), "fine"],
        ["refused", answer('{"error": "unknown"}', {status: 400}), "refused"],
        ["somebody else's", answer('{"error": "no"}', {status: 403}), "refused"],
        ["a stale token", answer("<html>400</html>", {status: 400}), "expired"],
        ["a captive portal", answer("<html/>"), "offline"],
        ["a login page", answer("", {type: "opaqueredirect", status: 0}), "expired"],
    ];
    for (const [title, response, kind] of files) {
        test(`a file, ${title}: "${kind}"`, async () => {
            expect(await kindOf(readUpload(response))).toBe(kind);
        });
    }
});

/** A server that applies each uuid once, over a line that may lose its answers. */
class Server {
    constructor() {
        this.applied = [];
        this.files = [];
        this.faults = [];
        this.refuses = new Map();
        this.stranger = false;
        this.pulls = 0;
        this.seen = new Map();
        this.sizes = [];
    }

    _fault(lane) {
        const fault = this.faults[0];
        return fault?.lane === lane ? this.faults.shift() : null;
    }

    call = async (route, params) => {
        const lane = route.endsWith("sync") ? "sync" : "pull";
        const fault = this._fault(lane);
        if (fault?.before) {
            throw new TransportError(fault.before);
        }
        if (this.stranger) {
            return {stranger: true};
        }
        const result = lane === "sync" ? this._sync(params) : this._pull();
        if (fault?.after) {
            throw new TransportError(fault.after);
        }
        return result;
    };

    _sync({operations}) {
        this.sizes.push(operations.length);
        const results = operations.map(({uuid, kind}) => {
            const replayed = this.seen.has(uuid);
            if (!replayed) {
                this.seen.set(uuid, this.refuses.get(kind) || "applied");
                if (this.seen.get(uuid) === "applied") {
                    this.applied.push(uuid);
                }
            }
            return {uuid, state: this.seen.get(uuid), message: "Why", replay: replayed, result: {}};
        });
        return {results, csrf: "token", server_time: "2026-11-30 08:00:00"};
    }

    _pull() {
        this.pulls += 1;
        return {missions: [mission()], shared: {}, pull: this.pulls};
    }

    upload = async (uuid, bytes, _mimetype, csrf) => {
        const fault = this._fault("file");
        if (fault?.before) {
            throw new TransportError(fault.before, "Words");
        }
        expect(csrf).toBe("token");
        if (!this.files.includes(uuid)) {
            this.files.push(uuid);
        }
        if (fault?.after) {
            throw new TransportError(fault.after);
        }
        return {uuid, state: fault?.state || "received"};
    };
}

describe("sending", () => {
    let db, server, engine, statuses, drifts, name;

    beforeEach(async () => {
        name = `test-field-${Math.random()}`;
        db = await DeviceDatabase.open(name);
        server = new Server();
        statuses = [];
        drifts = [];
        engine = new SyncEngine({
            db,
            identity: {uid: 2, db: "base", device: "device", appVersion: "v"},
            on: {
                status: (kind) => statuses.push(kind),
                changed: () => {},
                snapshot: () => {},
                drift: (text) => drifts.push(text),
            },
            net: {call: server.call, upload: server.upload},
        });
    });

    afterEach(() => {
        db.close();
        indexedDB.deleteDatabase(name);
    });

    async function add(...operations) {
        await db.write(["ops"], ({ops}) => operations.forEach((one) => ops.add(one)));
    }

    const kept = async () =>
        (await db.all("ops")).map((one) => [one.uuid, one.state, Boolean(one.sent)]);

    test("operations go in order, twenty at a time, and leave with the pull", async () => {
        const all = Array.from({length: 45}, () => operation("check.set"));
        await add(...all);
        await engine.sync();
        expect(server.applied).toEqual(all.map((one) => one.uuid));
        expect(server.sizes).toEqual([20, 20, 5]);
        expect(await kept()).toEqual([]);
        expect((await db.getMeta("snapshot")).pull).toBe(1);
        expect(statuses).toEqual(["syncing", "online"]);
    });

    test("an answer lost after the server applied: sent again, one effect", async () => {
        const one = operation("material.add");
        await add(one);
        server.faults = [{lane: "sync", after: "offline"}];
        await engine.sync();
        expect(statuses).toEqual(["syncing", "offline"]);
        expect(await kept()).toEqual([[one.uuid, "pending", false]]);
        await engine.sync();
        expect(server.applied).toEqual([one.uuid]);
        expect(await kept()).toEqual([]);
    });

    test("a pull that is lost keeps what was sent on the screen, and does not send it again", async () => {
        const one = operation("check.set");
        await add(one);
        server.faults = [{lane: "pull", before: "offline"}];
        await engine.sync();
        expect(await kept()).toEqual([[one.uuid, "pending", true]]);
        await engine.sync();
        expect(server.sizes).toEqual([1, 0]);
        expect(await kept()).toEqual([]);
    });

    test("what is refused stays with its reason, its neighbours go through", async () => {
        server.refuses.set("poison", "rejected").set("clash", "conflict");
        const all = [
            operation("check.set"),
            operation("poison"),
            operation("clash"),
            operation("check.set"),
        ];
        await add(...all);
        await engine.sync();
        expect(await kept()).toEqual([
            [all[1].uuid, "rejected", false],
            [all[2].uuid, "conflict", false],
        ]);
        expect((await db.all("ops"))[0].message).toBe("Why");
        await engine.sync();
        // What was refused is asked about each time: the office may have taken it.
        expect(server.sizes).toEqual([4, 2]);
        expect(await kept()).toHaveLength(2);
        server.seen.set(all[1].uuid, "applied");
        await engine.sync();
        expect(await kept()).toEqual([[all[2].uuid, "conflict", false]]);
    });

    test("a photo that the office accepts at last sends its bytes", async () => {
        server.refuses.set("photo", "rejected");
        const one = operation("photo", {uuid: "f1"});
        await add(one);
        const bytes = new Uint8Array([1]).buffer;
        await db.write(["blobs"], ({blobs}) =>
            blobs.put({uuid: "f1", bytes, mimetype: "image/jpeg"})
        );
        server.faults = [{lane: "file", before: "refused"}];
        await engine.sync();
        expect(server.files).toEqual([]);
        server.seen.set(one.uuid, "applied");
        await engine.sync();
        expect(server.files).toEqual(["f1"]);
        expect(await db.keys("blobs")).toEqual([]);
        expect(await kept()).toEqual([]);
    });

    test("what is removed or tried again while an answer is on its way stays so", async () => {
        server.refuses.set("poison", "rejected");
        await add(operation("poison"), operation("poison"));
        await engine.sync();
        const [first, second] = await db.all("ops");
        const answer = server._sync.bind(server);
        server._sync = async (params) => {
            await db.write(["ops"], ({ops}) => {
                ops.delete(first.seq);
                ops.put({...second, state: "pending", again: true});
            });
            server._sync = answer;
            return answer(params);
        };
        await engine.sync();
        expect(await kept()).toEqual([[second.uuid, "pending", false]]);
    });

    test("a file too large for the way does not hold the others, nor the pull", async () => {
        const bytes = new Uint8Array([1]).buffer;
        await db.write(["blobs"], ({blobs}) => {
            blobs.put({uuid: "f1", bytes, mimetype: "image/jpeg"});
            blobs.put({uuid: "f2", bytes, mimetype: "image/jpeg"});
        });
        const {upload} = engine.net;
        engine.net.upload = (uuid, ...rest) => {
            if (uuid === "f1") {
                throw new TransportError("offline", "HTTP 413");
            }
            return upload(uuid, ...rest);
        };
        await engine.sync();
        expect(server.files).toEqual(["f2"]);
        expect(await db.keys("blobs")).toEqual(["f1"]);
        expect(server.pulls).toBe(1);
        expect(statuses.at(-1)).toBe("offline");
        expect(await db.getMeta("held")).toEqual({f1: {why: "large", size: 1}});
        engine.net.upload = upload;
        await engine.sync();
        expect(await db.keys("blobs")).toEqual([]);
        expect(await db.getMeta("held")).toEqual({});
    });

    test("a file larger than the server reads is not sent, a refused one keeps the reason", async () => {
        const bytes = new ArrayBuffer(25 * 1024 * 1024 + 1);
        await db.write(["blobs"], ({blobs}) => {
            blobs.put({uuid: "f1", bytes, mimetype: "image/jpeg"});
            blobs.put({uuid: "f2", bytes: bytes.slice(0, 2), mimetype: "text/html"});
        });
        const asked = [];
        engine.net.upload = (uuid) => {
            asked.push(uuid);
            throw new TransportError("refused", "Only pictures.");
        };
        await engine.sync();
        await engine.sync();
        expect(asked).toEqual(["f2"]);
        expect(await db.getMeta("held")).toEqual({
            f1: {why: "large", size: bytes.byteLength},
            f2: {why: "refused", message: "Only pictures.", size: 2},
        });
    });

    test("somebody else is logged in: nothing is sent, all is parked until its owner is back", async () => {
        const one = operation("check.set");
        await add(one);
        server.stranger = true;
        await engine.sync();
        expect(statuses.at(-1)).toBe("other-user");
        expect(await kept()).toEqual([[one.uuid, "pending", false]]);
        server.stranger = false;
        await engine.sync();
        expect(server.applied).toEqual([one.uuid]);
    });

    test("a session that is over loses nothing", async () => {
        await add(operation("check.set"));
        server.faults = [{lane: "sync", before: "expired"}];
        await engine.sync();
        expect(statuses.at(-1)).toBe("expired");
        expect(await kept()).toHaveLength(1);
    });

    test("photos follow the operations; a lost answer or a damaged file is sent again", async () => {
        await add(operation("photo", {uuid: "f1"}));
        const bytes = new Uint8Array([1, 2, 3]).buffer;
        await db.write(["blobs"], ({blobs}) =>
            blobs.put({uuid: "f1", bytes, mimetype: "image/jpeg"})
        );
        server.faults = [{lane: "file", after: "offline"}];
        await engine.sync();
        expect(await db.keys("blobs")).toEqual(["f1"]);
        server.faults = [{lane: "file", state: "corrupt"}];
        await engine.sync();
        expect(await db.keys("blobs")).toEqual(["f1"]);
        await engine.sync();
        expect(await db.keys("blobs")).toEqual([]);
        expect(server.files).toEqual(["f1"]);
        expect(server.applied).toHaveLength(1);
    });

    test("a file that the server refuses waits beside its operation and blocks no other", async () => {
        const bytes = new Uint8Array([1]).buffer;
        await db.write(["blobs"], ({blobs}) => {
            blobs.put({uuid: "f1", bytes, mimetype: "image/jpeg"});
            blobs.put({uuid: "f2", bytes, mimetype: "image/jpeg"});
        });
        server.faults = [{lane: "file", before: "refused"}];
        await engine.sync();
        expect(server.files).toEqual(["f2"]);
        expect((await db.get("blobs", "f1")).refused).toBe("Words");
        expect(statuses.at(-1)).toBe("online");
    });

    test("calls at once are one run more", async () => {
        await add(operation("check.set"));
        await Promise.all([engine.sync(), engine.sync(), engine.sync()]);
        expect(server.applied).toHaveLength(1);
        expect(server.pulls).toBe(1);
    });

    test("the server's time tells how far the phone's clock is off; nothing is corrected", async () => {
        await add(operation("check.set", {}, {at: "2026-12-02 08:00:00"}));
        await engine.sync();
        expect(drifts).toEqual(["2026-11-30 08:00:00"]);
        expect(server.applied).toHaveLength(1);
    });

    test("a server that answers for none of them is no server of ours", async () => {
        await add(operation("check.set"));
        server._sync = () => ({results: [], csrf: "token", server_time: "2026-11-30 08:00:00"});
        await engine.sync();
        expect(statuses.at(-1)).toBe("offline");
        expect(await kept()).toHaveLength(1);
    });
});

describe("database", () => {
    test("an upgrade keeps the outbox", async () => {
        const name = `test-field-upgrade-${Math.random()}`;
        const old = await DeviceDatabase.open(name, {
            version: 1,
            onUpgrade: (db) => upgradeTo1(db),
        });
        await old.write(["ops"], ({ops}) => ops.add(operation("check.set")));
        old.close();
        const db = await DeviceDatabase.open(name);
        expect(await db.all("ops")).toHaveLength(1);
        expect(await db.keys("files")).toEqual([]);
        db.close();
        indexedDB.deleteDatabase(name);
    });

    function upgradeTo1(db) {
        // The first version, as phones have it.
        db.createObjectStore("meta");
        db.createObjectStore("ops", {keyPath: "seq", autoIncrement: true});
        db.createObjectStore("blobs", {keyPath: "uuid"});
    }

    test("a change that fails leaves nothing behind", async () => {
        const name = `test-field-abort-${Math.random()}`;
        const db = await DeviceDatabase.open(name, {onUpgrade: upgrade});
        let failed = false;
        try {
            await db.write(["ops", "blobs"], ({ops}) => {
                ops.add(operation("photo"));
                throw new Error("full");
            });
        } catch {
            failed = true;
        }
        expect(failed).toBe(true);
        expect(await db.all("ops")).toEqual([]);
        db.close();
        indexedDB.deleteDatabase(name);
    });
});
