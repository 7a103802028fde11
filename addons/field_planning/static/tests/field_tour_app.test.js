import {expectedArrivals} from "@field_planning/app/arrivals";
import {
    expect as foresee,
    findChanges,
    seeAll,
    takeSilently,
} from "@field_planning/app/tour_changes";

import {describe, expect, test} from "@odoo/hoot";

describe.current.tags("field_tour_app");

const TODAY = "2026-11-30";

function mission(id, values = {}) {
    return {
        id,
        state: "planned",
        site: {name: `Site ${id}`},
        tz: "Europe/Paris",
        day: TODAY,
        planned_start: "2026-11-30 08:00:00",
        planned_duration: 1,
        technician: "Ana",
        helpers: [],
        times: [],
        ...values,
    };
}

describe("changes of a tour", () => {
    const kinds = (seen, missions) =>
        findChanges(seen, missions, TODAY).map(({kind, id}) => `${kind} ${id}`);

    test("what was seen is no news", () => {
        const missions = [mission(1), mission(2)];
        const seen = takeSilently(undefined, missions, TODAY);
        expect(kinds(seen, missions)).toEqual([]);
        expect(takeSilently(seen, missions, TODAY)).toBe(seen);
    });

    test("new, moved, changed and taken off, in the order of the day", () => {
        const seen = seeAll([mission(1), mission(2), mission(3)], TODAY);
        const missions = [
            mission(1, {planned_start: "2026-11-30 13:00:00"}),
            mission(2, {helpers: ["Bo"], planned_start: "2026-11-30 08:00:00"}),
            mission(4, {planned_start: "2026-11-30 15:00:00"}),
        ];
        expect(kinds(seen, missions)).toEqual(["changed 2", "removed 3", "moved 1", "added 4"]);
        expect(kinds(seeAll(missions, TODAY), missions)).toEqual([]);
    });

    test("cancelled by the office is news, own doings are not", () => {
        const seen = seeAll([mission(1), mission(2), mission(3)], TODAY);
        const missions = [
            mission(1, {state: "cancelled"}),
            mission(2, {state: "to_reschedule"}),
            mission(3, {state: "in_progress"}),
        ];
        const after = takeSilently(seen, missions, TODAY);
        expect(kinds(after, missions)).toEqual(["removed 1"]);
        // Postponed by the technician, then gone with the next pull.
        expect(kinds(after, [missions[0], missions[2]])).toEqual(["removed 1"]);
    });

    test("a day that only now comes to the phone is no news, a new mission in a known day is", () => {
        const seen = seeAll([mission(1)], TODAY);
        const missions = [
            mission(1),
            mission(2, {day: "2026-12-04", planned_start: "2026-12-04 08:00:00"}),
            mission(3, {day: "2026-12-03", planned_start: "2026-12-03 08:00:00"}),
        ];
        expect(kinds(takeSilently(seen, missions, TODAY), missions)).toEqual(["added 3"]);
    });

    test("days gone by are forgotten", () => {
        const seen = seeAll([mission(1)], TODAY);
        expect(findChanges(takeSilently(seen, [], "2026-12-01"), [], "2026-12-01")).toEqual([]);
    });

    test("what one took oneself is no news", () => {
        const seen = foresee(seeAll([mission(1)], TODAY), 2);
        const missions = [mission(1), mission(2)];
        const after = takeSilently(seen, missions, TODAY);
        expect(kinds(after, missions)).toEqual([]);
        expect(after.expected).toEqual([]);
    });
});

describe("expected arrivals", () => {
    const at = (hours) => new Date(`2026-11-30T${hours}:00Z`).getTime();
    const arrivals = (missions, now, isToday = true) =>
        [...expectedArrivals(missions, at(now), isToday)].map(([id, moment]) => [
            id,
            new Date(moment).toISOString().slice(11, 16),
        ]);
    const first = mission(1, {travel: {minutes: 30}});
    const second = mission(2, {planned_start: "2026-11-30 10:00:00", travel: {minutes: 20}});

    test("in time, the plan holds", () => {
        expect(arrivals([first, second], "06:00")).toEqual([
            [1, "08:00"],
            [2, "10:00"],
        ]);
    });

    test("a late start pushes what follows", () => {
        expect(arrivals([first, second], "09:00")).toEqual([
            [1, "09:30"],
            [2, "10:50"],
        ]);
    });

    test("work that runs over pushes, work done early does not pull", () => {
        const running = {...first, state: "in_progress", actual_start: "2026-11-30 09:30:00"};
        expect(arrivals([running, second], "09:40")).toEqual([[2, "10:50"]]);
        const done = {...first, state: "done", actual_end: "2026-11-30 08:20:00"};
        expect(arrivals([done, second], "08:20")).toEqual([[2, "10:00"]]);
    });

    test("on the way, the travel counts from its start", () => {
        const times = [{kind: "travel", start: "2026-11-30 10:10:00", stop: false, mine: true}];
        expect(arrivals([{...second, times}], "10:20")).toEqual([[2, "10:30"]]);
    });

    test("another day is the plan's", () => {
        expect(arrivals([first], "23:00", false)).toEqual([[1, "08:00"]]);
    });
});
