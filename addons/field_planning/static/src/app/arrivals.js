/**
 * When somebody gets to each stop of the day, from what was done and what the tour says.
 *
 * The office's figure (`field_planning/core/lateness.py`) knows breaks and traffic; this one works
 * without network.
 */

import {fromText} from "@field_mission/app/core/clock";

const MINUTE = 60000;

function at(text) {
    return text ? fromText(text).getTime() : null;
}

function travelSegment(mission) {
    return mission.times.find((line) => line.mine && line.kind === "travel" && !line.stop);
}

/** When the work of a mission that is running will be over. */
function endOfWork(mission, now) {
    const start = at(mission.actual_start) ?? now;
    return Math.max(now, start + mission.planned_duration * 60 * MINUTE);
}

function arrivalAt(mission, leave, now) {
    const travel = (mission.travel?.minutes || 0) * MINUTE;
    const planned = at(mission.planned_start);
    const onTheWay = travelSegment(mission);
    if (onTheWay) {
        return Math.max(now, at(onTheWay.start) + travel);
    }
    return Math.max(planned ?? now, Math.max(leave ?? now, now) + travel);
}

/**
 * @param {object[]} missions of one day, in the order of the tour
 * @param {number} now milliseconds
 * @param {boolean} isToday on other days only the plan counts
 * @returns {Map<number, number>} mission id → instant in milliseconds, of those still ahead
 */
export function expectedArrivals(missions, now, isToday) {
    const found = new Map();
    let leave = null;
    for (const mission of missions) {
        if (mission.state === "done") {
            leave = Math.max(leave ?? 0, at(mission.actual_end) ?? 0) || leave;
        } else if (mission.state === "in_progress") {
            leave = endOfWork(mission, now);
        } else if (mission.state === "planned" && mission.planned_start) {
            const planned = at(mission.planned_start);
            const arrival = isToday ? arrivalAt(mission, leave, now) : planned;
            found.set(mission.id, arrival);
            leave = arrival + mission.planned_duration * 60 * MINUTE;
        }
    }
    return found;
}
