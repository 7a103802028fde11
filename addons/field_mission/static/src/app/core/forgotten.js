/** Stops that somebody forgot to tap: what still runs although the visit must be over. */

import {dayOf, fromText, toText} from "./clock";
import {runningTime} from "./reducer";

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
// Work often takes longer than planned; two hours more are worth a question.
const RUNNING_GRACE = 2 * HOUR;
// Whoever taps the next arrival without “On the way” has spent some of the time on the road.
const MOVED_GRACE = 15 * MINUTE;
const SHORT_BREAK = 30 * MINUTE;

function time(text) {
    return fromText(text)?.getTime() || 0;
}

/** When a segment should have ended, as far as the plan says. */
export function expectedStop(mission, line) {
    const start = time(line.start);
    if (line.kind === "travel") {
        const planned = time(mission.planned_start);
        return planned > start ? planned : start + SHORT_BREAK;
    }
    if (line.kind !== "on_site") {
        return start + SHORT_BREAK;
    }
    const planned = time(mission.planned_end);
    // Begun long before its slot, as when it was brought forward: the slot says nothing.
    const isInSlot = planned > start && time(mission.planned_start) - start < RUNNING_GRACE;
    return isInSlot ? planned : start + (mission.planned_duration || 1) * HOUR;
}

function isForgotten(mission, line, now) {
    const since = dayOf(new Date(time(line.start)), mission.tz);
    const today = dayOf(new Date(now), mission.tz);
    const late = now - expectedStop(mission, line);
    // A night's work runs over midnight and is no oversight yet.
    return since < today ? late > MOVED_GRACE : late > RUNNING_GRACE;
}

/** The user's time at a site that was only ended by the arrival at the next one. */
function findMoved(missions) {
    const arrivals = new Map();
    for (const mission of missions) {
        for (const line of mission.times) {
            if (line.mine && line.kind === "on_site") {
                arrivals.set(line.start, mission.id);
            }
        }
    }
    for (const mission of missions) {
        for (const line of mission.times) {
            const next = line.stop && arrivals.get(line.stop);
            const counts = line.mine && line.kind === "on_site" && !line.declared;
            const late = time(line.stop) - expectedStop(mission, line) > MOVED_GRACE;
            if (next && next !== mission.id && counts && late && !mission.validated) {
                return {mission, line};
            }
        }
    }
    return null;
}

/**
 * The stop to ask about, if any.
 *
 * @param {object[]} missions as the screen shows them
 * @param {number} now
 * @param {object} [answered] start of a segment → instant until which it is not asked about
 * @returns {{mission: object, line: object, moved: boolean, proposed: string}|null}
 */
export function findForgotten(missions, now, answered = {}) {
    const asked = (found) => found && !((answered[found.line.start] || 0) > now);
    const running = runningTime(missions);
    const isOpen = running && isForgotten(running.mission, running.line, now) && asked(running);
    const moved = isOpen ? null : findMoved(missions);
    const found = isOpen ? running : asked(moved) && moved;
    if (!found) {
        return null;
    }
    const {mission, line} = found;
    const latest = line.stop ? time(line.stop) : now;
    const proposed = toText(new Date(Math.min(expectedStop(mission, line), latest)));
    return {mission, line, moved: Boolean(line.stop), proposed};
}
