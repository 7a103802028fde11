/**
 * What changed in somebody's tour since they last looked, without a database and without a screen.
 *
 * `seen` is what the device remembers: `{until, plans: {id: plan}, expected: [id]}`. Days after
 * `until` had not come to the phone yet: what appears there is no news.
 */

const NEAR_DAYS = 3;

function planOf(mission) {
    return {
        site: mission.site.name,
        tz: mission.tz,
        day: mission.day,
        start: mission.planned_start,
        duration: mission.planned_duration,
        people: [mission.technician, ...(mission.helpers || [])].join(", "),
    };
}

function addDays(day, count) {
    const date = new Date(`${day}T12:00:00Z`);
    date.setUTCDate(date.getUTCDate() + count);
    return date.toISOString().slice(0, 10);
}

/** Whether somebody still has to go there. */
function isAhead(mission, today) {
    return mission.state === "planned" && mission.day && mission.day >= today;
}

/**
 * @param {object[]} missions as the device shows them
 * @param {string} today "YYYY-MM-DD"
 * @returns {object} what has been seen once all of it was looked at
 */
export function seeAll(missions, today) {
    const plans = {};
    for (const mission of missions.filter((one) => isAhead(one, today))) {
        plans[mission.id] = planOf(mission);
    }
    return {until: addDays(today, NEAR_DAYS), plans, expected: []};
}

/**
 * Take note of what is no news: own doings, days that only now came to the phone, days gone by.
 *
 * @param {object|undefined} seen
 * @param {object[]} missions as the device shows them
 * @param {string} today
 * @returns {object} the same object where there is nothing to note
 */
export function takeSilently(seen, missions, today) {
    if (!seen) {
        return seeAll(missions, today);
    }
    const plans = {...seen.plans};
    let touched = false;
    const byId = new Map(missions.map((mission) => [mission.id, mission]));
    for (const [id, plan] of Object.entries(plans)) {
        const state = byId.get(Number(id))?.state;
        const own = ["in_progress", "done", "to_reschedule"].includes(state);
        if (own || plan.day < today) {
            delete plans[id];
            touched = true;
        }
    }
    const expected = seen.expected.filter((id) => byId.get(id)?.state !== "planned");
    for (const mission of missions.filter((one) => isAhead(one, today))) {
        const isNews = mission.day <= seen.until && !seen.expected.includes(mission.id);
        if (!(mission.id in plans) && !isNews) {
            plans[mission.id] = planOf(mission);
            touched = true;
        }
    }
    const until = addDays(today, NEAR_DAYS);
    touched = touched || until > seen.until || expected.length < seen.expected.length;
    return touched ? {until: until > seen.until ? until : seen.until, plans, expected} : seen;
}

/** What the user is about to be given by an answer of their own is no news when it comes. */
export function expect(seen, missionId) {
    return {...seen, expected: [...seen.expected, missionId]};
}

/**
 * @param {object} seen
 * @param {object[]} missions as the device shows them
 * @param {string} today
 * @returns {{kind: string, id: number, was: object|null, now: object|null}[]} by day and hour;
 *     `kind` is "added", "removed", "moved" or "changed" (length or colleagues)
 */
export function findChanges(seen, missions, today) {
    const changes = [];
    const byId = new Map(missions.map((mission) => [mission.id, mission]));
    for (const [key, was] of Object.entries(seen.plans)) {
        const mission = byId.get(Number(key));
        const now = mission?.state === "planned" ? planOf(mission) : null;
        let kind = null;
        if (!now) {
            kind = "removed";
        } else if (was.start !== now.start) {
            kind = "moved";
        } else if (was.duration !== now.duration || was.people !== now.people) {
            kind = "changed";
        }
        if (kind) {
            changes.push({kind, id: Number(key), was, now});
        }
    }
    for (const mission of missions.filter((one) => isAhead(one, today))) {
        if (!(mission.id in seen.plans)) {
            changes.push({kind: "added", id: mission.id, was: null, now: planOf(mission)});
        }
    }
    const when = ({was, now}) => (now || was).start || (now || was).day;
    return changes.sort((a, b) => when(a).localeCompare(when(b)) || a.id - b.id);
}
