import {FieldBoardModel} from "@field_planning/field_board/field_board_model";
import {
    HOUR,
    TimeAxis,
    formatMinutes,
    gapsBetween,
    hoursToDraw,
    loadLevel,
    packLanes,
    snap,
    visibleRange,
} from "@field_planning/field_board/field_board_geometry";
import {BoardHistory} from "@field_planning/field_board/field_board_history";
import {
    delayOf,
    describeLight,
    initialsOf,
    lightOf,
    statusOf,
} from "@field_planning/field_board/field_board_labels";
import {BoardLights, LIGHTS_AT_ONCE} from "@field_planning/field_board/field_board_lights";

import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {advanceTime, mockTimeZone} from "@odoo/hoot-mock";

import {allowTranslations} from "@web/../tests/web_test_helpers";

describe.current.tags("field_board");
beforeEach(allowTranslations);

const DAY = 24 * HOUR;
const {DateTime} = luxon;

describe("geometry", () => {
    const days = [
        {key: "a", start: 0, end: DAY},
        {key: "b", start: DAY, end: 2 * DAY, empty: true},
        {key: "c", start: 2 * DAY, end: 3 * DAY},
    ];
    const axis = new TimeAxis(days, {from: 8, to: 18, hourWidth: 10});

    test("pixels and instants are each other's inverse within the hours drawn", () => {
        expect(axis.width).toBe(100 + 30 + 100);
        for (const hour of [8, 9.25, 12, 17.75]) {
            expect(snap(axis.at(axis.x(hour * HOUR)))).toBe(hour * HOUR);
            expect(snap(axis.at(axis.x(2 * DAY + hour * HOUR)))).toBe(2 * DAY + hour * HOUR);
        }
        expect(axis.x(3 * HOUR)).toBe(0);
        expect(axis.x(23 * HOUR)).toBe(100);
    });

    test("a stretch over midnight is drawn in both days, one outside in none", () => {
        expect(axis.span(16 * HOUR, 2 * DAY + 10 * HOUR)).toEqual({left: 80, width: 70});
        expect(axis.span(-5 * HOUR, -HOUR)).toBe(null);
        expect(axis.span(4 * DAY, 5 * DAY)).toBe(null);
    });

    test("a day of 25 hours ends at its own midnight", () => {
        const long = new TimeAxis([{key: "x", start: 0, end: 25 * HOUR}], {
            from: 0,
            to: 24,
            hourWidth: 10,
        });
        expect(long.width).toBe(250);
        expect(long.at(250)).toBe(25 * HOUR);
    });

    test("hours drawn hold all the work", () => {
        expect(hoursToDraw([days[0]], [[9 * HOUR, 17 * HOUR]])).toEqual([8, 18]);
        expect(hoursToDraw([days[0]], [[6.5 * HOUR, 19.25 * HOUR]])).toEqual([6, 20]);
        expect(hoursToDraw([days[0]], [[22 * HOUR, 30 * HOUR]])).toEqual([8, 24]);
    });

    test("what crosses goes to lanes of its own, what touches does not", () => {
        const items = [
            {start: 0, stop: 4},
            {start: 2, stop: 6},
            {start: 4, stop: 8},
        ];
        expect(packLanes(items)).toEqual({lanes: [0, 1, 0], count: 2});
        expect(packLanes([])).toEqual({lanes: [], count: 1});
    });

    test("gaps, loads, rows in sight, durations", () => {
        expect(
            gapsBetween(0, 10, [
                [2, 4],
                [3, 6],
            ])
        ).toEqual([
            [0, 2],
            [6, 10],
        ]);
        expect([30, 80, 120].map((busy) => loadLevel(busy, 100))).toEqual(["low", "good", "over"]);
        expect(loadLevel(0, 0)).toBe("none");
        expect(visibleRange([0, 50, 100, 150, 200], 60, 140)).toEqual([1, 2]);
        expect([45, 60, 90].map(formatMinutes)).toEqual(["45 min", "1 h", "1 h 30"]);
    });
});

describe("words", () => {
    test("status, delay and initials", () => {
        expect(statusOf({state: "planned", published: true}).key).toBe("published");
        expect(statusOf({state: "planned", published: false}).key).toBe("draft");
        expect(statusOf({state: "done", validated: true}).icon).toBe("fa-check-circle");
        expect(delayOf({delay_state: "at_risk"}).key).toBe("risk");
        expect(delayOf({delay_state: "on_time"})).toBe(null);
        expect(delayOf({state: "planned", stop: 1}).key).toBe("late");
        expect(initialsOf("ana maria lopez")).toBe("AL");
        expect(initialsOf("")).toBe("");
    });
});

describe("lights", () => {
    test("a light has a shape and names what is missing, while a mission waits", () => {
        const light = lightOf({state: "planned"}, {level: "red", reasons: ["No skill."]});
        expect(light.icon).toBe("fa-minus-circle");
        expect(describeLight(light)).toInclude("No skill.");
        const icons = ["red", "orange", "green"].map(
            (level) => lightOf({state: "draft"}, {level, reasons: []}).icon
        );
        expect(new Set(icons).size).toBe(3);
        expect(lightOf({state: "done"}, {level: "red", reasons: []})).toBe(null);
        expect(lightOf({state: "planned"}, null)).toBe(null);
    });

    test("one call at a time, in parts; only what changed is drawn again", async () => {
        const asked = [];
        const drawn = [];
        let level = "green";
        const lights = new BoardLights({
            read: async (ids) => {
                asked.push(ids);
                return ids.map((id) => ({id, level: id === 1 ? level : "green", reasons: []}));
            },
            draw: (ids) => drawn.push(ids),
        });
        const ids = [...Array(LIGHTS_AT_ONCE + 5).keys()].map((one) => one + 1);
        const first = lights.ask(ids);
        expect(lights.ask([1, 2])).toBe(first);
        await first;
        expect(asked.map((one) => one.length)).toEqual([LIGHTS_AT_ONCE, 7]);
        level = "red";
        drawn.length = 0;
        await lights.ask([1, 2]);
        expect(drawn).toEqual([[1]]);
        expect(lights.of(1).level).toBe("red");
        expect(lights.of(999)).toBe(null);
    });
});

describe("history", () => {
    test("a new move ends what could be redone; what others moved can't be undone", () => {
        const history = new BoardHistory();
        history.push([
            {id: 1, plan_version: 2},
            {id: 2, plan_version: 5},
        ]);
        history.redos.push([{id: 9}]);
        history.push([]);
        expect(history.canRedo).toBe(true);
        history.push([{id: 1, plan_version: 3}]);
        expect(history.canRedo).toBe(false);
        history.follow(new Map([[1, 7]]));
        expect(history.undos[0][0].plan_version).toBe(7);
        expect(history.undos[0][1].plan_version).toBe(5);
        history.forget(new Set([1]));
        expect(history.undos).toEqual([[{id: 2, plan_version: 5}]]);
    });
});

describe("model", () => {
    let answer, calls, held, told, model, lit;
    const start = () => DateTime.fromISO("2026-11-30T09:00").toMillis() / 1000;

    const mission = (id, values = {}) => ({
        id,
        name: `M${id}`,
        plan_version: 1,
        technician_id: 1,
        helpers: [],
        state: "planned",
        published: false,
        validated: false,
        is_locked: false,
        priority: "0",
        promised_kind: "none",
        promised_date: null,
        planned_duration: 1,
        start: start(),
        stop: start() + 3600,
        date: "2026-11-30",
        site: `Site ${id}`,
        located: true,
        color: 1,
        ...values,
    });
    const person = (id) => ({
        id,
        name: `Person ${id}`,
        has_calendar: true,
        days: [
            {
                day: "2026-11-30",
                work: [[start() - 3600, start() + 7 * 3600]],
                away: [],
                lunch: 3600,
            },
        ],
        pending: [],
        tours: [],
    });
    const waiting = (id, values) =>
        mission(id, {technician_id: null, state: "draft", start: null, stop: null, ...values});
    const applied = (moves) => ({
        applied: moves.map((move) => ({
            id: move.id,
            plan_version: move.plan_version + 1,
            state: move.planned_start === false ? "draft" : "planned",
            published: false,
            is_locked: false,
        })),
        refused: [],
        to_confirm: [],
        conflicts: [],
        undo: moves.map((move) => ({
            id: move.id,
            plan_version: move.plan_version + 1,
            technician_id: 1,
            planned_start: "2026-11-30 08:00:00",
            planned_duration: 1,
        })),
    });

    beforeEach(async () => {
        mockTimeZone(1);
        calls = [];
        told = [];
        lit = [];
        answer = applied;
        held = null;
        const data = {
            missions: [mission(1), mission(2, {start: start() + 7200, stop: start() + 10800})],
            people: [person(1), person(2)],
            groups: [],
            tray: [waiting(3), waiting(4, {promised_date: "2026-11-20"})],
            tray_count: 2,
        };
        const orm = {
            call: async (_model, method, args, options) => {
                calls.push({method, args, options});
                if (method === "action_place") {
                    return answer(args[0]);
                }
                await held;
                return data;
            },
            silent: {
                call: async (_model, method, [ids]) => {
                    lit.push(ids);
                    return ids.map((id) => ({id, level: "orange", reasons: ["No phone."]}));
                },
            },
        };
        model = new FieldBoardModel(
            {},
            {
                resModel: "field.mission",
                scale: "day",
                date: "2026-11-30",
                ui: {
                    confirm: async (items) => (told.push(items), model.agree),
                    refuse: (items) => told.push(items),
                    tell: (message) => told.push(message),
                },
            },
            {orm}
        );
        await model.load({domain: [], groupBy: []});
    });

    const placed = () => calls.filter((call) => call.method === "action_place");

    test("rows, pills and loads", () => {
        expect(model.rows.map((row) => row.id)).toEqual([1, 2]);
        const view = model.rowView(1);
        expect(view.pills.map((pill) => pill.mission.id)).toEqual([1, 2]);
        expect(view.loads[0].percent).toBe(Math.round((100 * 180) / 480));
        expect(model.rowView(1)).toBe(view);
    });

    test("lights come after the board, for what waits on the rows and in the tray", async () => {
        await model.lights.running;
        expect(lit).toEqual([[1, 2, 3, 4]]);
        expect(model.rowView(1).pills[0].light).toEqual({level: "orange", reasons: ["No phone."]});
        await model.refreshPeople([2]);
        await model.lights.running;
        expect(lit.length).toBe(1);
    });

    test("a move is shown at once, sent with its version, and can be undone and redone", async () => {
        const moves = model.makeMoves([model.missions.get(1)], (one) => ({
            person: 2,
            start: one.start + HOUR,
        }));
        const done = model.place(moves);
        expect(model.missions.get(1).technician_id).toBe(2);
        expect(model.rowView(2).pills.length).toBe(1);
        await done;
        expect(placed()[0].args[0][0]).toEqual({
            id: 1,
            plan_version: 1,
            technician_id: 2,
            planned_start: "2026-11-30 09:00:00",
        });
        expect(placed()[0].options.context.field_board_source).toBe(model.source);
        expect(model.missions.get(1).plan_version).toBe(2);
        expect(model.history.canUndo).toBe(true);
        await model.undo();
        expect(model.missions.get(1).technician_id).toBe(1);
        expect(placed()[1].args[0][0].plan_version).toBe(2);
        expect(model.history.canUndo).toBe(false);
        expect(model.history.canRedo).toBe(true);
        await model.redo();
        expect(placed().length).toBe(3);
        expect(model.history.canUndo).toBe(true);
    });

    test("a refusal takes the mission back where it was", async () => {
        answer = (moves) => ({
            ...applied([]),
            refused: moves.map((move) => ({
                id: move.id,
                issues: [{code: "locked", message: "Fixed."}],
            })),
        });
        await model.moveBy([model.missions.get(1)], 15);
        expect(model.missions.get(1).start).toBe(start() * 1000);
        expect(told[0][0].issues[0].message).toBe("Fixed.");
        expect(model.history.canUndo).toBe(false);
    });

    test("warnings are asked, and what was agreed is confirmed by name", async () => {
        answer = (moves) =>
            placed().length > 1
                ? applied(moves)
                : {
                      ...applied([]),
                      to_confirm: moves.map((move) => ({
                          id: move.id,
                          issues: [{code: "leave", level: "soft", message: "Away."}],
                      })),
                  };
        model.agree = true;
        await model.moveBy([model.missions.get(1)], 60);
        expect(placed()[1].options.confirmed).toEqual({1: ["leave"]});
        expect(model.missions.get(1).start).toBe((start() + 3600) * 1000);
    });

    test("warnings not accepted leave everything as it was", async () => {
        answer = (moves) => ({
            ...applied([]),
            to_confirm: moves.map((move) => ({
                id: move.id,
                issues: [{code: "leave", message: ""}],
            })),
        });
        model.agree = false;
        await model.toTray([model.missions.get(1)]);
        expect(placed().length).toBe(1);
        expect(model.missions.get(1).technician_id).toBe(1);
        expect(model.tray.ids.includes(1)).toBe(false);
    });

    test("a conflict reads everything again and says so", async () => {
        answer = (moves) => ({
            ...applied([]),
            conflicts: moves.map((move) => ({id: move.id, plan_version: 9, name: "M1"})),
        });
        const before = calls.length;
        await model.moveBy([model.missions.get(1)], 15);
        expect(calls.length).toBe(before + 2);
        expect(told[0]).toInclude("M1");
        expect(model.missions.get(1).start).toBe(start() * 1000);
    });

    test("moves in a row wait for each other and use the version that came before", async () => {
        await Promise.all([
            model.moveBy([model.missions.get(1)], 15),
            model.moveBy([model.missions.get(1)], 15),
        ]);
        expect(placed().map((call) => call.args[0][0].plan_version)).toEqual([1, 2]);
    });

    test("the tray gives and takes, in its order", async () => {
        expect(model.tray.ids).toEqual([3, 4]);
        await model.place(
            model.dropMoves(
                model.missions.get(3),
                [3, 4].map((id) => model.missions.get(id)),
                2,
                start() * 1000
            )
        );
        expect(model.rowView(2).pills.map((pill) => pill.mission.id)).toEqual([3, 4]);
        expect(model.missions.get(4).start - model.missions.get(3).start).toBe(HOUR);
        await model.toTray([model.missions.get(4), model.missions.get(1)]);
        expect(model.tray.ids).toEqual([4, 1]);
    });

    test("done and validated missions do not move", () => {
        const done = {...model.missions.get(1), state: "done"};
        expect(model.isMovable(done)).toBe(false);
        expect(model.makeMoves([done], () => ({locked: true}))).toEqual([]);
    });

    test("selection by click, through, and the neighbours of the keyboard", () => {
        model.toggle(1);
        expect([...model.selection]).toEqual([1]);
        model.focus(1);
        model.selectThrough(2);
        expect([...model.selection]).toEqual([1, 2]);
        expect(model.neighbour(1, "right")).toBe(2);
        expect(model.neighbour(2, "right")).toBe(undefined);
        expect(model.personBeside(1, "down")).toBe(2);
        expect(model.personBeside(1, "up")).toBe(undefined);
    });

    test("what was read before a move landed is read again", async () => {
        const before = calls.length;
        let release;
        held = new Promise((resolve) => (release = resolve));
        const reading = model.reload();
        await advanceTime(0);
        await model.place([{id: 1, technician_id: 2, planned_start: "2026-11-30 08:00:00"}]);
        release();
        await reading;
        expect(calls.slice(before).map((call) => call.method === "action_place")).toEqual([
            false,
            true,
            false,
        ]);
    });

    test("rows read while the planner is asked wait for the answer", async () => {
        let decide;
        answer = (moves) =>
            placed().length > 1
                ? applied(moves)
                : {
                      ...applied([]),
                      to_confirm: moves.map((move) => ({
                          id: move.id,
                          issues: [{code: "leave", level: "soft", message: "Away."}],
                      })),
                  };
        model.ui.confirm = () => new Promise((resolve) => (decide = resolve));
        const moving = model.place([
            {id: 1, technician_id: 2, planned_start: "2026-11-30 08:00:00"},
        ]);
        await advanceTime(0);
        await model.refreshPeople([1]);
        expect(model.missions.get(1).technician_id).toBe(2);
        decide(true);
        await moving;
        expect(model.missions.get(1).technician_id).toBe(2);
        const before = calls.length;
        await advanceTime(1000);
        expect(calls.length).toBe(before + 1);
        expect(new Set(calls.at(-1).options.people)).toEqual(new Set([1, 2]));
    });

    test("what others change is read after a moment, what we changed is not", async () => {
        const before = calls.length;
        model.onLive({source: model.source, missions: [[1, 5]]});
        await advanceTime(1000);
        expect(calls.length).toBe(before);
        model.history.push([{id: 1, plan_version: 1}]);
        model.onLive({source: "other", missions: [[1, 5]]});
        model.onLive({source: "other", missions: [[2, 6]]});
        await advanceTime(1000);
        expect(calls.length).toBe(before + 1);
        expect(model.history.canUndo).toBe(false);
    });
});
