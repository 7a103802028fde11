/**
 * The screen is a pure replay: what the server said, then what this device did since.
 *
 * Nothing here writes the snapshot: a pull that lands between a tap and its saving must not bring
 * an old value back.
 */

import {addOperation, getOperation, getSharedOperation} from "./registry";

/** Operations that still count: refused ones and those to decide are the office's matter. */
export function isLive(operation) {
    return !operation.state || operation.state === "pending";
}

/**
 * @param {object} snapshot { missions: [...] } as the server sent it
 * @param {object[]} operations in the order in which they were done
 * @returns {object[]} missions as the device shows them, in the same order
 */
export function replay(snapshot, operations) {
    const missions = structuredClone(snapshot.missions || []);
    const byId = new Map(missions.map((mission) => [mission.id, mission]));
    for (const operation of operations) {
        const mission = byId.get(operation.mission_id);
        const apply = getOperation(operation.kind);
        if (mission && apply && isLive(operation)) {
            apply(mission, operation, {missions, snapshot});
            mission.unsent = (mission.unsent || 0) + 1;
        }
    }
    return missions;
}

/**
 * What is none of the missions' (offers…), as the device shows it.
 *
 * @param {object} snapshot { shared: {...} } as the server sent it
 * @param {object[]} operations in the order in which they were done
 */
export function replayShared(snapshot, operations) {
    const shared = structuredClone(snapshot.shared || {});
    for (const operation of operations) {
        const apply = getSharedOperation(operation.kind);
        if (apply && isLive(operation)) {
            apply(shared, operation);
        }
    }
    return shared;
}

function isMet(condition, asked) {
    if (condition.when === "yes" || condition.when === "no") {
        return asked.yesno === condition.when;
    }
    return condition.when === "choice"
        ? asked.choice === condition.choice
        : asked.result === condition.when;
}

/** The checks that are asked now: the same rule as `core/checks.py` on the server. */
export function askedChecks(mission) {
    const known = new Map();
    const gone = new Set();
    for (const check of mission.checks) {
        const condition = check.shown_if;
        const asked = condition && known.get(condition.number);
        if (condition && (!asked || gone.has(condition.number) || !isMet(condition, asked))) {
            gone.add(check.place);
        }
        known.set(check.place, check);
    }
    return mission.checks.filter((check) => !gone.has(check.place));
}

/** What the server will ask before the mission can be finished: keys and names. */
export function doneBlockers(mission) {
    const blockers = askedChecks(mission)
        .filter((check) => check.required && check.kind !== "section" && check.result === "todo")
        .map((check) => ({key: "check", name: check.name}));
    if (mission.type.requires_photo && !mission.photos.some((photo) => photo.kind === "photo")) {
        blockers.push({key: "photo"});
    }
    const signed = mission.signatures.some((sign) => sign.kind === "after_work");
    if (mission.type.requires_signature && !signed) {
        blockers.push({key: "signature"});
    }
    return blockers;
}

/** The user's running time segment on any of the missions. */
export function runningTime(missions) {
    for (const mission of missions) {
        const line = mission.times.find((time) => time.mine && !time.stop);
        if (line) {
            return {mission, line};
        }
    }
    return null;
}

function closeRunning(missions, at) {
    for (const mission of missions) {
        for (const line of mission.times) {
            if (line.mine && !line.stop) {
                line.stop = at > line.start ? at : line.start;
            }
        }
    }
}

function openTime(kind) {
    return (mission, operation, {missions}) => {
        closeRunning(missions, operation.at);
        mission.times.push({
            id: operation.uuid,
            kind,
            start: operation.at,
            stop: false,
            mine: true,
            who: "",
        });
    };
}

addOperation("mission.travel", openTime("travel"));

addOperation("mission.arrive", (mission, operation, all) => {
    if (mission.state === "planned") {
        mission.state = "in_progress";
        mission.actual_start = operation.at;
    }
    openTime("on_site")(mission, operation, all);
});

addOperation("mission.pause", (mission, operation, all) =>
    openTime(operation.payload.kind || "break")(mission, operation, all)
);

addOperation("mission.resume", openTime("on_site"));

addOperation("mission.done", (mission, operation, {missions}) => {
    mission.state = "done";
    mission.actual_end = operation.at;
    closeRunning(missions, operation.at);
});

addOperation("mission.reschedule", (mission, operation, {missions}) => {
    mission.state = "to_reschedule";
    closeRunning(missions, operation.at);
});

addOperation("mission.conclusion", (mission, operation) => {
    mission.conclusion = operation.payload.text;
});

/** The same judgement as `core/checks.py` on the server. */
export function judge(check, values) {
    if (values.yesno === "na") {
        return "na";
    }
    if (check.kind === "yesno") {
        return values.yesno === "yes" ? "ok" : "fail";
    }
    if (check.kind === "number") {
        const low = check.has_min && values.number < check.min;
        const high = check.has_max && values.number > check.max;
        return low || high ? "fail" : "ok";
    }
    if (check.kind === "choice") {
        return check.fail_choices.includes(values.choice) ? "fail" : "ok";
    }
    return "ok";
}

addOperation("check.set", (mission, operation) => {
    const {payload} = operation;
    const check = mission.checks.find((one) => one.id === payload.check_id);
    if (!check) {
        return;
    }
    Object.assign(check, {
        yesno: payload.yesno || "",
        choice: payload.choice || "",
        number: payload.number ?? false,
        text: payload.text || "",
        note: payload.note || "",
        photos: payload.photos || [],
        result: judge(check, payload),
        answer_id: operation.uuid,
    });
});

addOperation("time.add", (mission, operation) => {
    mission.times.push({
        id: operation.uuid,
        kind: operation.payload.kind,
        start: operation.payload.start,
        stop: operation.payload.stop,
        mine: true,
        who: "",
    });
});

addOperation("time.stop", (mission, {payload}) => {
    const line = mission.times.find((one) => one.mine && one.start === payload.start);
    if (line) {
        Object.assign(line, {stop: payload.stop, declared: true});
    }
});

addOperation("material.add", (mission, operation, {snapshot}) => {
    const {payload} = operation;
    const known = [...(snapshot.products || []), ...(mission.favourites || [])];
    const product = known.find((one) => one.id === payload.product_id);
    mission.materials.push({
        id: operation.uuid,
        product_id: payload.product_id || false,
        name: product ? product.name : payload.description,
        description: payload.description || "",
        planned: 0,
        quantity: payload.quantity,
        uom: product ? product.uom : "",
        billing: payload.billing || "billable",
        lot: product?.lots.find((lot) => lot.id === payload.lot_id)?.name || "",
        is_return: Boolean(payload.is_return),
        shortage: product && !payload.is_return ? Math.max(0, payload.quantity - product.held) : 0,
    });
});

addOperation("photo", (mission, operation) => {
    const {payload} = operation;
    mission.photos.push({
        uuid: payload.uuid,
        kind: payload.kind || "photo",
        stage: payload.stage || "",
        caption: payload.caption || "",
        check_id: payload.check_id || false,
        state: "waiting",
        date: operation.at,
    });
});

addOperation("sign", (mission, operation) => {
    const {payload} = operation;
    mission.signatures.push({
        id: operation.uuid,
        kind: payload.kind || "after_work",
        name: payload.name || "",
        quality: payload.quality || "",
        refusal_reason: payload.refusal_reason || "",
        date: operation.at,
    });
});

addOperation("incident", (mission, operation) => {
    const {payload} = operation;
    mission.incidents.push({
        id: operation.uuid,
        kind: payload.kind,
        severity: payload.severity || "medium",
        description: payload.description || "",
        date: operation.at,
    });
});

/** Nobody there: an incident of the customer's, and a visit to plan again. */
addOperation("visit.notice", (mission, operation, all) => {
    const {payload} = operation;
    getOperation("incident")(mission, operation, all);
    getOperation("mission.reschedule")(mission, operation, all);
    // A snapshot from before an update of the app has none.
    mission.notices ||= [];
    mission.notices.push({
        id: operation.uuid,
        kind: payload.kind,
        date: operation.at,
        state: "waiting",
        slot: "",
        pdf: "",
    });
});
