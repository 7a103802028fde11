import {browser} from "@web/core/browser/browser";
import {serializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {KeepLast, Mutex} from "@web/core/utils/concurrency";
import {Model} from "@web/model/model";
import {formatFloat} from "@web/views/fields/formatters";

import {
    MINUTE,
    NARROW,
    TimeAxis,
    gapsBetween,
    hoursToDraw,
    loadLevel,
    packLanes,
    snap,
} from "./field_board_geometry";
import {BoardHistory} from "./field_board_history";
import {BoardLights} from "./field_board_lights";

const {DateTime} = luxon;

export const LANE_HEIGHT = 46;
export const ROW_PADDING = 6;
export const GROUP_HEIGHT = 30;
const SHADE_ICONS = {pending: "fa fa-question", lunch: "fa fa-cutlery"};
const STORAGE = "field_planning.board";
const MOVING_STATES = new Set(["draft", "to_reschedule", "planned"]);
/** How long to gather what others changed before reading it. */
const LIVE_DELAY = 400;

const toMillis = (seconds) => (seconds === null || seconds === undefined ? null : seconds * 1000);

/**
 * Data of the board: missions, technicians, tray; moves them, and follows what others move.
 */
export class FieldBoardModel extends Model {
    setup(params) {
        this.resModel = params.resModel;
        this.ui = params.ui;
        this.source = `board-${Math.random().toString(36).slice(2)}`;
        this.keepLast = new KeepLast();
        this.mutex = new Mutex();
        this.history = new BoardHistory();
        this.lights = new BoardLights({
            read: (ids) => this.orm.silent.call(this.resModel, "field_board_lights", [ids]),
            draw: (ids) => this._drawLights(ids),
        });
        this.missions = new Map();
        this.people = new Map();
        this.groups = [];
        this.tray = {ids: [], beyond: 0, order: "deadline", search: "", open: true, limit: 200};
        this.collapsed = new Set();
        this.selection = new Set();
        this.focused = false;
        this.pending = new Map();
        /** Questions that the planner has not answered yet. */
        this.asking = 0;
        this.rowVersions = new Map();
        this.rowCache = new Map();
        this.width = 900;
        this.version = 0;
        this.renders = 0;
        this.redraws = 0;
        const stored = this._readStored();
        this.scale = params.scale || stored.scale || "day";
        this.zoom = stored.zoom || {day: 0, week: 0};
        this.tray.open = stored.tray !== false;
        this.date = (params.date ? DateTime.fromISO(params.date) : DateTime.local()).startOf("day");
        this.searchParams = {};
        this.isDragging = false;
    }

    notify() {
        this.renders++;
        super.notify();
    }

    // ---------------------------------------------------------------- period

    get days() {
        const count = this.scale === "week" ? 7 : 1;
        const first = this.scale === "week" ? this.date.startOf("week") : this.date;
        return [...Array(count).keys()].map((number) => {
            const day = first.plus({days: number});
            return {
                key: day.toISODate(),
                date: day,
                start: day.toMillis(),
                end: day.plus({days: 1}).toMillis(),
            };
        });
    }

    get isToday() {
        const now = Date.now();
        return this.days.some((day) => day.start <= now && now < day.end);
    }

    async setPeriod({scale, date}) {
        this.scale = scale || this.scale;
        this.date = (date || this.date).startOf("day");
        this._store();
        await this.reload();
    }

    step(direction) {
        const unit = this.scale === "week" ? "weeks" : "days";
        return this.setPeriod({date: this.date.plus({[unit]: direction})});
    }

    goToday() {
        return this.setPeriod({date: DateTime.local()});
    }

    setZoom(change) {
        const next = this.zoom[this.scale] + change;
        this.zoom = {...this.zoom, [this.scale]: Math.max(0, Math.min(next, 6))};
        this._store();
        this._redraw();
    }

    setWidth(width) {
        if (Math.abs(width - this.width) > 4) {
            this.width = width;
            this._redraw();
        }
    }

    _readStored() {
        try {
            return JSON.parse(browser.localStorage.getItem(STORAGE)) || {};
        } catch {
            return {};
        }
    }

    _store() {
        const {scale, zoom} = this;
        browser.localStorage.setItem(STORAGE, JSON.stringify({scale, zoom, tray: this.tray.open}));
    }

    // ---------------------------------------------------------------- reading

    async load(searchParams) {
        this.searchParams = {...this.searchParams, ...searchParams};
        await this._fetch();
        this._redraw();
    }

    async reload() {
        await this._fetch();
        this._redraw();
    }

    get groupNames() {
        return (this.searchParams.groupBy || [])
            .map((name) => name.split(":")[0])
            .filter((name) => ["team_id", "zone_id"].includes(name));
    }

    _read(options = {}) {
        const days = this.days;
        return this.orm.call(
            this.resModel,
            "field_board_read",
            [
                this.searchParams.domain || [],
                serializeDateTime(days[0].date),
                serializeDateTime(days[days.length - 1].date.plus({days: 1})),
            ],
            {groups: this.groupNames, tray: this._trayOptions(), ...options}
        );
    }

    _trayOptions() {
        const {order, search, limit} = this.tray;
        return {order, search, limit};
    }

    async _fetch() {
        const data = await this._readSettled();
        this.missions = new Map();
        this.people = new Map();
        this.groups = data.groups;
        this._take(data);
        const known = [...this.selection].filter((id) => this.missions.has(id));
        this.selection = new Set(known);
        this.rowCache = new Map();
        this._index();
        this._askLights(this.people.keys(), this.tray.ids);
    }

    /** Read everything as it is once no move is on its way: reading earlier would show it undone. */
    async _readSettled() {
        let data, stamp;
        do {
            await this.mutex.getUnlockedDef();
            stamp = this.version;
            data = await this.keepLast.add(this._read());
        } while (stamp !== this.version || this.pending.size);
        return data;
    }

    /** Ask whether people can be sent to the missions of some rows, and to others. */
    _askLights(people, others = []) {
        const planned = [...people].flatMap((id) => this.missionsOf(id));
        const waiting = others.map((id) => this.missions.get(id));
        const open = [...planned, ...waiting].filter((one) => MOVING_STATES.has(one.state));
        this.lights.ask(open.map((mission) => mission.id));
    }

    async _drawLights(ids) {
        while (this.isDragging) {
            // Nothing is drawn under the pointer that holds a mission.
            await new Promise((resolve) => browser.setTimeout(resolve, LIVE_DELAY));
        }
        const missions = ids.map((id) => this.missions.get(id)).filter(Boolean);
        this._touch(missions.flatMap((one) => [one.technician_id, ...one.helpers]));
        if (missions.length) {
            this.notify();
        }
    }

    _take(data) {
        for (const row of data.missions) {
            const mission = this._parseMission(row);
            this.missions.set(mission.id, mission);
        }
        for (const row of data.people) {
            this.people.set(row.id, this._parsePerson(row));
        }
        this._takeTray(data);
    }

    _takeTray(data) {
        for (const row of data.tray) {
            this.missions.set(row.id, this._parseMission(row));
        }
        this.tray.ids = data.tray.map((row) => row.id);
        this.tray.beyond = data.tray_count - data.tray.length;
    }

    _parseMission(row) {
        return {
            ...row,
            start: toMillis(row.start),
            stop: toMillis(row.stop),
            promised_from: toMillis(row.promised_from),
            promised_to: toMillis(row.promised_to),
            deadline: toMillis(row.deadline),
            expected_start: toMillis(row.expected_start),
            minutes: Math.round(row.planned_duration * 60),
        };
    }

    _parsePerson(row) {
        const spans = (list) => list.map(([a, b, ...rest]) => [a * 1000, b * 1000, ...rest]);
        return {
            ...row,
            days: row.days.map((day) => ({
                ...day,
                work: spans(day.work),
                away: spans(day.away),
            })),
            pending: spans(row.pending),
            tours: row.tours.map((tour) => ({
                ...tour,
                departure: toMillis(tour.departure),
                back: toMillis(tour.back),
                lunch: tour.lunch && [tour.lunch[0] * 1000, tour.lunch[1] * 1000],
                stops: tour.stops.map(([id, arrival, minutes, km, conflict]) => ({
                    id,
                    arrival: toMillis(arrival),
                    minutes: minutes || 0,
                    km: km || 0,
                    conflict,
                })),
            })),
        };
    }

    /** Read some rows again: their travel, and what others did there. */
    async refreshPeople(ids) {
        await this.mutex.getUnlockedDef();
        const stamp = this.version;
        const data = await this._read({people: [...ids], tray: false});
        if (stamp !== this.version || this.pending.size || this.asking) {
            // Something moved meanwhile, or is shown where the planner is asked to put it.
            this._refreshSoon(ids);
            return;
        }
        const wanted = new Set(ids);
        for (const [id, mission] of this.missions) {
            if (wanted.has(mission.technician_id) && this.isPlaced(mission)) {
                this.missions.delete(id);
            }
        }
        for (const row of data.people) {
            if (this.people.has(row.id) || wanted.has(row.id)) {
                this.people.set(row.id, this._parsePerson(row));
            }
        }
        for (const row of data.missions) {
            this.missions.set(row.id, this._parseMission(row));
        }
        this._touch(data.people.map((row) => row.id));
        this._touch(ids);
        this._index();
        this.notify();
        this._askLights(wanted);
    }

    async loadTray(changes) {
        Object.assign(this.tray, changes);
        this._store();
        const data = await this.keepLast.add(this._read({people: []}));
        this._takeTray(data);
        this.notify();
        this._askLights([], this.tray.ids);
    }

    /** How many missions wait, those not read included. */
    get trayCount() {
        return this.tray.ids.length + this.tray.beyond;
    }

    toggleTray() {
        this.tray.open = !this.tray.open;
        this._store();
        this.notify();
    }

    // ---------------------------------------------------------------- rows

    isPlaced(mission) {
        return Boolean(
            mission.technician_id &&
                mission.start &&
                (!["draft", "to_reschedule"].includes(mission.state) ||
                    this.pending.has(mission.id))
        );
    }

    isMovable(mission) {
        return MOVING_STATES.has(mission.state) && !mission.validated;
    }

    isResizable(pill) {
        return !pill.helper && pill.width > 16 && this.isMovable(pill.mission);
    }

    _index() {
        this.byPerson = new Map();
        const days = this.days;
        const [first, last] = [days[0].start, days[days.length - 1].end];
        for (const mission of this.missions.values()) {
            if (!this.isPlaced(mission) || mission.stop <= first || mission.start >= last) {
                continue;
            }
            for (const id of [mission.technician_id, ...mission.helpers]) {
                if (!this.byPerson.has(id)) {
                    this.byPerson.set(id, []);
                }
                this.byPerson.get(id).push(mission);
            }
        }
        for (const list of this.byPerson.values()) {
            list.sort((a, b) => a.start - b.start || a.id - b.id);
        }
        this.rows = this._makeRows();
    }

    _makeRows() {
        const person = (id) => ({kind: "person", key: `p${id}`, id});
        if (!this.groups.length) {
            return [...this.people.keys()].map(person);
        }
        const rows = [];
        for (const group of this.groups) {
            const people = group.people.filter((id) => this.people.has(id));
            const collapsed = this.collapsed.has(group.key);
            rows.push({
                kind: "group",
                key: group.key,
                name: group.name,
                count: people.length,
                people,
                collapsed,
            });
            if (!collapsed) {
                rows.push(...people.map(person));
            }
        }
        return rows;
    }

    toggleGroup(key) {
        if (!this.collapsed.delete(key)) {
            this.collapsed.add(key);
        }
        this.rows = this._makeRows();
        this.notify();
    }

    missionsOf(personId) {
        return this.byPerson.get(personId) || [];
    }

    rowHeight(row) {
        if (row.kind === "group") {
            return GROUP_HEIGHT;
        }
        return this._lanes(row.id).count * LANE_HEIGHT + ROW_PADDING * 2;
    }

    _lanes(personId) {
        const version = this.rowVersions.get(personId) || 0;
        let cached = this.rowCache.get(personId);
        if (!cached || cached.version !== version) {
            cached = {version, packed: packLanes(this.missionsOf(personId)), view: null};
            this.rowCache.set(personId, cached);
        }
        return cached.packed;
    }

    _touch(ids) {
        for (const id of ids) {
            this.rowVersions.set(id, (this.rowVersions.get(id) || 0) + 1);
        }
    }

    _redraw() {
        this.redraws++;
        this._axis = null;
        this.rowCache = new Map();
        this.notify();
    }

    get axis() {
        if (!this._axis) {
            this._axis = this._makeAxis();
        }
        return this._axis;
    }

    _makeAxis() {
        const days = this.days;
        const spans = [];
        for (const person of this.people.values()) {
            for (const day of person.days) {
                spans.push(...day.work);
            }
            for (const tour of person.tours) {
                if (tour.departure && tour.back && tour.stops.length) {
                    spans.push([tour.departure, tour.back]);
                }
            }
        }
        for (const list of this.byPerson.values()) {
            spans.push(...list.map((mission) => [mission.start, mission.stop]));
        }
        const [from, to] = hoursToDraw(days, spans);
        for (const day of days) {
            day.empty =
                days.length > 1 &&
                !spans.some(([start, end]) => start < day.end && end > day.start);
        }
        const full = days.filter((day) => !day.empty).length || 1;
        const room = this.width - (days.length - full) * NARROW;
        const fit = room / (full * (to - from));
        const hourWidth =
            Math.max(fit, this.scale === "week" ? 20 : 30) * 1.4 ** this.zoom[this.scale];
        return new TimeAxis(days, {from, to, hourWidth});
    }

    /** Everything drawn of one technician's row; the same object until something changes. */
    rowView(personId) {
        this._lanes(personId);
        const cached = this.rowCache.get(personId);
        if (!cached.view) {
            cached.view = this._makeRowView(personId, cached.packed);
        }
        return cached.view;
    }

    _makeRowView(personId, packed) {
        const axis = this.axis;
        const person = this.people.get(personId);
        const missions = this.missionsOf(personId);
        const tours = new Map(person.tours.map((tour) => [tour.day, tour]));
        const conflicts = new Set();
        for (const tour of person.tours) {
            for (const stop of tour.stops) {
                if (stop.conflict) {
                    conflicts.add(stop.id);
                }
            }
        }
        const pills = [];
        missions.forEach((mission, index) => {
            const span = axis.span(mission.start, mission.stop, 10);
            if (span) {
                pills.push({
                    key: `${mission.id}-${personId}`,
                    mission,
                    helper: mission.technician_id !== personId,
                    conflict: conflicts.has(mission.id),
                    broken: this.breaksPromise(mission),
                    light: this.lights.of(mission.id),
                    ...span,
                    top: ROW_PADDING + packed.lanes[index] * LANE_HEIGHT,
                });
            }
        });
        return {
            id: personId,
            person,
            pills,
            height: packed.count * LANE_HEIGHT + ROW_PADDING * 2,
            shades: this._makeShades(person, axis),
            travels: this._makeTravels(person, packed, missions, axis),
            loads: axis.days.map((day) => this._makeLoad(person, tours.get(day.key), day)),
            width: axis.width,
        };
    }

    breaksPromise(mission) {
        const {promised_kind: kind, promised_from: from, promised_to: to, start} = mission;
        if (!start || kind === "none") {
            return false;
        }
        if (kind === "day") {
            return mission.promised_date && mission.date !== mission.promised_date;
        }
        const margin = kind === "exact" ? (mission.tolerance || 0) * MINUTE : 0;
        return Boolean((from && start < from - margin) || (to && start > to + margin));
    }

    _makeShades(person, axis) {
        const shades = [];
        const add = (kind, start, end, title) => {
            const span = axis.span(start, end);
            if (span && span.width > 0) {
                shades.push({
                    key: `${kind}${start}`,
                    kind,
                    title,
                    icon: (span.width > 16 && SHADE_ICONS[kind]) || "",
                    text: kind === "away" && span.width > 60 ? title : "",
                    ...span,
                });
            }
        };
        const away = person.days.flatMap((day) => day.away);
        const work = person.days.flatMap((day) => day.work);
        for (const day of axis.days) {
            if (person.has_calendar) {
                for (const [start, end] of gapsBetween(day.first, day.last, [...work, ...away])) {
                    add("off", start, end, _t("Outside working hours"));
                }
            }
        }
        for (const [start, end, name] of away) {
            add("away", start, end, name);
        }
        for (const [start, end] of person.pending) {
            add("pending", start, end, _t("Leave asked for, not approved yet"));
        }
        for (const tour of person.tours) {
            if (tour.lunch) {
                add("lunch", ...tour.lunch, _t("Lunch"));
            }
        }
        return shades;
    }

    _makeTravels(person, packed, missions, axis) {
        const lanes = new Map(missions.map((one, index) => [one.id, packed.lanes[index]]));
        const travels = [];
        const add = (key, start, end, minutes, km, lane) => {
            const span = minutes && axis.span(start, end);
            if (span && span.width > 3) {
                travels.push({
                    key,
                    ...span,
                    icon: span.width > 18 ? "fa fa-car" : "",
                    text: span.width > 40 ? ` ${minutes}′` : "",
                    title: _t("%(minutes)s min of travel, %(km)s km", {
                        minutes,
                        km: formatFloat(km, {digits: [16, 1]}),
                    }),
                    top: ROW_PADDING + lane * LANE_HEIGHT + LANE_HEIGHT / 2,
                });
            }
        };
        for (const tour of person.tours) {
            for (const stop of tour.stops) {
                if (stop.arrival) {
                    const lane = lanes.get(stop.id) || 0;
                    const start = stop.arrival - stop.minutes * MINUTE;
                    add(`t${tour.id}-${stop.id}`, start, stop.arrival, stop.minutes, stop.km, lane);
                }
            }
            if (tour.back) {
                const start = tour.back - tour.back_minutes * MINUTE;
                add(`b${tour.id}`, start, tour.back, tour.back_minutes, tour.back_km, 0);
            }
        }
        return travels;
    }

    /** Work, travel and break of one day against the hours there are. */
    _makeLoad(person, tour, day) {
        const hours = person.days.find((one) => one.day === day.key);
        const available = hours ? hours.work.reduce((sum, [a, b]) => sum + (b - a), 0) / MINUTE : 0;
        const missions = this.missionsOf(person.id).filter(
            (mission) => this.shiftDay(person, mission.start) === day.key
        );
        const work = missions.reduce((sum, mission) => sum + mission.minutes, 0);
        const travel = missions.length && tour ? tour.travel_minutes : 0;
        const lunch = missions.length && available && hours.lunch ? hours.lunch / 60 : 0;
        const busy = work + travel + lunch;
        return {
            key: day.key,
            left: day.x,
            width: day.width,
            count: missions.length,
            available,
            work,
            travel,
            lunch,
            busy,
            percent: available ? Math.round((100 * busy) / available) : busy ? 999 : 0,
            level: loadLevel(busy, available),
        };
    }

    /** The day of a technician to which an instant belongs: a night shift is its evening's. */
    shiftDay(person, moment) {
        for (const day of person.days) {
            if (day.work.some(([start, end]) => start <= moment && moment < end)) {
                return day.day;
            }
        }
        const days = this.axis.days;
        return days[this.axis.indexAt(moment)].key;
    }

    /** The load of several people over the period. */
    totalLoad(ids) {
        let busy = 0;
        let available = 0;
        for (const id of ids) {
            for (const load of this.rowView(id).loads) {
                busy += load.busy;
                available += load.available;
            }
        }
        return {
            busy,
            available,
            percent: available ? Math.round((100 * busy) / available) : busy ? 999 : 0,
            level: loadLevel(busy, available),
        };
    }

    // ---------------------------------------------------------------- selection

    select(ids, {add = false} = {}) {
        const before = this.selection;
        this.selection = new Set(add ? [...before, ...ids] : ids);
        this._touchMissions([...before, ...this.selection]);
        this.notify();
    }

    toggle(id) {
        const next = new Set(this.selection);
        if (!next.delete(id)) {
            next.add(id);
        }
        this.selection = next;
        this._touchMissions([id]);
        this.notify();
    }

    /** From the last mission chosen to this one, on the same row or in the tray. */
    selectThrough(id) {
        const mission = this.missions.get(id);
        const list = this.isPlaced(mission)
            ? this.missionsOf(mission.technician_id).map((one) => one.id)
            : this.tray.ids;
        const from = list.indexOf(this.focused);
        const to = list.indexOf(id);
        if (from < 0) {
            this.toggle(id);
            return;
        }
        this.select(list.slice(Math.min(from, to), Math.max(from, to) + 1), {add: true});
    }

    focus(id) {
        if (this.focused !== id) {
            const before = this.focused;
            this.focused = id;
            this._touchMissions([before, id]);
            this.notify();
        }
    }

    /** The missions that an action on this one concerns: the selection it belongs to. */
    actedOn(id) {
        const ids = this.selection.has(id) ? [...this.selection] : [id];
        return ids.map((one) => this.missions.get(one)).filter(Boolean);
    }

    _touchMissions(ids) {
        for (const id of ids) {
            const mission = this.missions.get(id);
            if (mission && this.isPlaced(mission)) {
                for (const person of [mission.technician_id, ...mission.helpers]) {
                    const cached = this.rowCache.get(person);
                    if (cached?.view) {
                        // The same pixels in a new object: the row draws itself again.
                        cached.view = {...cached.view};
                    }
                }
            }
        }
    }

    /** The mission beside another: on its row, or at about its time on the row above or below. */
    neighbour(id, direction) {
        const mission = this.missions.get(id);
        if (!mission || !this.isPlaced(mission)) {
            const index = this.tray.ids.indexOf(id);
            const next = {up: -1, down: 1}[direction];
            return next && this.tray.ids[index + next];
        }
        const list = this.missionsOf(mission.technician_id);
        if (direction === "left" || direction === "right") {
            return list[list.indexOf(mission) + (direction === "left" ? -1 : 1)]?.id;
        }
        const row = this.personBeside(mission.technician_id, direction, (personId) =>
            Boolean(this.missionsOf(personId).length)
        );
        const others = row ? this.missionsOf(row) : [];
        let best;
        for (const other of others) {
            const gap = Math.abs(other.start - mission.start);
            if (!best || gap < Math.abs(best.start - mission.start)) {
                best = other;
            }
        }
        return best?.id;
    }

    personBeside(personId, direction, accept = () => true) {
        const people = this.rows.filter((row) => row.kind === "person").map((row) => row.id);
        const step = direction === "up" ? -1 : 1;
        let index = people.indexOf(personId) + step;
        while (index >= 0 && index < people.length && !accept(people[index])) {
            index += step;
        }
        return people[index];
    }

    // ---------------------------------------------------------------- moves

    /**
     * Make the moves of some missions, those that can't move left out.
     *
     * @param {object[]} missions
     * @param {(mission: object) => object} change returns `person`, `start`, `minutes`…
     */
    makeMoves(missions, change) {
        const moves = [];
        for (const mission of missions.filter((one) => this.isMovable(one))) {
            const wanted = change(mission);
            const move = {id: mission.id};
            if ("person" in wanted) {
                move.technician_id = wanted.person;
            }
            if ("start" in wanted) {
                move.planned_start = wanted.start
                    ? DateTime.fromMillis(wanted.start, {zone: "utc"}).toFormat(
                          "yyyy-MM-dd HH:mm:ss"
                      )
                    : false;
            }
            if ("minutes" in wanted) {
                move.planned_duration = wanted.minutes / 60;
            }
            if ("locked" in wanted) {
                move.is_locked = wanted.locked;
            }
            moves.push(move);
        }
        return moves;
    }

    moveBy(missions, minutes) {
        return this.place(
            this.makeMoves(
                missions.filter((one) => this.isPlaced(one)),
                (mission) => ({
                    person: mission.technician_id,
                    start: mission.start + minutes * MINUTE,
                })
            )
        );
    }

    resizeBy(missions, minutes) {
        return this.place(
            this.makeMoves(missions, (mission) => ({
                minutes: Math.max(15, mission.minutes + minutes),
            }))
        );
    }

    moveToPerson(missions, direction) {
        return this.place(
            this.makeMoves(
                missions.filter((one) => this.isPlaced(one)),
                (mission) => ({
                    person:
                        this.personBeside(mission.technician_id, direction) ||
                        mission.technician_id,
                    start: mission.start,
                })
            ).filter((move) => this.missions.get(move.id).technician_id !== move.technician_id)
        );
    }

    toTray(missions) {
        return this.place(
            this.makeMoves(
                missions.filter((one) => this.isPlaced(one)),
                () => ({person: false, start: false})
            )
        );
    }

    setLocked(missions, locked) {
        return this.place(this.makeMoves(missions, () => ({locked})));
    }

    /**
     * Where dropped missions go: the one held at the pointer, the others as far from it as before;
     * from the tray, one after the other.
     */
    dropMoves(held, missions, personId, start) {
        let next = start;
        const others = missions.filter((one) => one.id !== held.id);
        const rows = this.rows.filter((row) => row.kind === "person").map((row) => row.id);
        const shift = this.isPlaced(held)
            ? rows.indexOf(personId) - rows.indexOf(held.technician_id)
            : 0;
        return this.makeMoves([held, ...others], (mission) => {
            if (this.isPlaced(held) && this.isPlaced(mission)) {
                const index = rows.indexOf(mission.technician_id) + shift;
                return {
                    person: rows[Math.min(Math.max(index, 0), rows.length - 1)],
                    start: snap(mission.start + (start - held.start)),
                };
            }
            const at = next;
            next += mission.minutes * MINUTE;
            return {person: personId, start: at};
        });
    }

    /**
     * Show moves at once, ask the server, take back what it refuses.
     *
     * @param {object[]} moves without `plan_version`: the one known when they are sent is used
     * @param {{ confirmed?: object | number[], kind?: "move" | "undo" | "redo" }} options
     */
    async place(moves, {confirmed = [], kind = "move"} = {}) {
        if (!moves.length) {
            return null;
        }
        const before = new Map();
        for (const move of moves) {
            const mission = this.missions.get(move.id);
            if (mission) {
                before.set(move.id, mission);
                this.pending.set(move.id, (this.pending.get(move.id) || 0) + 1);
                this._show(mission, move);
            }
        }
        this._index();
        this.notify();
        let result;
        try {
            result = await this.mutex.exec(() => this._send(moves, confirmed, kind));
        } catch (error) {
            this._release(moves);
            this._restore(
                before,
                moves.map((move) => move.id)
            );
            throw error;
        }
        this._release(moves);
        await this._conclude(result, moves, before, kind);
        return result;
    }

    async _send(moves, confirmed, kind) {
        const sent = moves.map((move) => ({
            plan_version: this.missions.get(move.id)?.plan_version ?? 0,
            ...move,
        }));
        const result = await this.orm.call(this.resModel, "action_place", [sent], {
            confirmed,
            context: {field_board_source: this.source},
        });
        // Before the next queued call reads them.
        this._takeApplied(result, kind);
        return result;
    }

    _takeApplied(result, kind) {
        const versions = new Map();
        for (const now of result.applied) {
            versions.set(now.id, now.plan_version);
            const mission = this.missions.get(now.id);
            if (mission) {
                this.missions.set(now.id, {
                    ...mission,
                    plan_version: now.plan_version,
                    state: now.state,
                    published: now.published,
                    is_locked: now.is_locked,
                });
            }
        }
        this.history.follow(versions);
        if (kind === "move") {
            this.history.push(result.undo);
        } else if (result.undo.length) {
            this.history[kind === "undo" ? "redos" : "undos"].push(result.undo);
        }
    }

    async _conclude(result, moves, before, kind) {
        this.version++;
        const people = new Set();
        for (const move of moves) {
            for (const mission of [before.get(move.id), this.missions.get(move.id)]) {
                if (mission?.technician_id) {
                    people.add(mission.technician_id);
                    mission.helpers.forEach((id) => people.add(id));
                }
            }
        }
        const waiting = result.to_confirm.map((one) => one.id);
        this._restore(before, [
            ...result.refused.map((one) => one.id),
            ...result.conflicts.map((one) => one.id),
        ]);
        this._sortTray();
        this._index();
        this.notify();
        if (result.refused.length) {
            this.ui.refuse(this._named(result.refused));
        }
        if (result.conflicts.length) {
            this.history.forget(new Set(result.conflicts.map((one) => one.id)));
            const names = result.conflicts.map((one) => one.name).filter(Boolean);
            this.ui.tell(
                names.length
                    ? _t(
                          "Changed by someone else meanwhile: %s. The board shows it as it is now.",
                          names.join(", ")
                      )
                    : _t("A mission was deleted meanwhile."),
                "warning"
            );
            await this.reload();
        }
        if (waiting.length) {
            this.asking++;
            const agreed = await this.ui
                .confirm(this._named(result.to_confirm), result.loads || [])
                .finally(() => this.asking--);
            this._restore(before, waiting);
            this._index();
            this.notify();
            if (agreed) {
                const codes = Object.fromEntries(
                    result.to_confirm.map((one) => [one.id, one.issues.map((issue) => issue.code)])
                );
                const again = moves.filter((move) => waiting.includes(move.id));
                await this.place(again, {confirmed: codes, kind});
            }
        }
        if (result.applied.length) {
            this._refreshSoon(people);
        }
    }

    _named(items) {
        return items.map((item) => {
            const mission = this.missions.get(item.id);
            return {...item, name: mission?.name || "", site: mission?.site || ""};
        });
    }

    _show(mission, move) {
        const shown = {...mission};
        if ("technician_id" in move) {
            shown.technician_id = move.technician_id;
            shown.helpers = mission.helpers.filter((id) => id !== move.technician_id);
        }
        if ("planned_duration" in move) {
            shown.minutes = Math.round(move.planned_duration * 60);
            shown.planned_duration = move.planned_duration;
        }
        if ("planned_start" in move) {
            shown.start = move.planned_start
                ? DateTime.fromSQL(move.planned_start, {zone: "utc"}).toMillis()
                : null;
        }
        if ("is_locked" in move) {
            shown.is_locked = move.is_locked;
        }
        shown.stop = shown.start && shown.start + shown.minutes * MINUTE;
        shown.date = shown.start && DateTime.fromMillis(shown.start).toISODate();
        if (shown.start && shown.technician_id) {
            shown.state = move.state || "planned";
            this.tray.ids = this.tray.ids.filter((id) => id !== mission.id);
        } else if (!this.tray.ids.includes(mission.id)) {
            shown.state = move.state || "draft";
            this.tray.ids = [mission.id, ...this.tray.ids];
        }
        this.missions.set(mission.id, shown);
        this._touch([mission.technician_id, shown.technician_id, ...mission.helpers]);
        this._axisMayGrow(shown);
    }

    _axisMayGrow(mission) {
        const axis = this._axis;
        if (axis && mission.start) {
            const day = axis.days[axis.indexAt(mission.start)];
            if (mission.start < day.first || mission.stop > day.last || day.empty) {
                this._axis = null;
                this.rowCache = new Map();
            }
        }
    }

    _restore(before, ids) {
        for (const id of ids) {
            const mission = before.get(id);
            const shown = this.missions.get(id);
            if (!mission || !shown || this.pending.has(id)) {
                continue;
            }
            const version = Math.max(mission.plan_version, shown.plan_version);
            this.missions.set(id, {...mission, plan_version: version});
            this.tray.ids = this.tray.ids.filter((one) => one !== id);
            if (!this.isPlaced(mission)) {
                this.tray.ids = [id, ...this.tray.ids];
            }
            this._touch([mission.technician_id, shown.technician_id, ...mission.helpers]);
        }
        this._sortTray();
        this._index();
        this.notify();
    }

    _release(moves) {
        for (const {id} of moves) {
            const count = (this.pending.get(id) || 0) - 1;
            if (count > 0) {
                this.pending.set(id, count);
            } else {
                this.pending.delete(id);
            }
        }
    }

    _sortTray() {
        const last = "9999";
        const priority = (mission) => -Number(mission.priority || 0);
        const date = (mission) => mission.promised_date || mission.date || last;
        const keys = {
            deadline: (mission) => [date(mission), priority(mission), mission.id],
            priority: (mission) => [priority(mission), date(mission), mission.id],
            recent: (mission) => [-mission.id],
        };
        const key = keys[this.tray.order];
        const values = new Map(this.tray.ids.map((id) => [id, key(this.missions.get(id))]));
        this.tray.ids = [...this.tray.ids].sort((a, b) => {
            const [one, two] = [values.get(a), values.get(b)];
            const index = one.findIndex((value, position) => value !== two[position]);
            return index < 0 ? 0 : one[index] < two[index] ? -1 : 1;
        });
    }

    undo() {
        return this._replay("undo", this.history.undos);
    }

    redo() {
        return this._replay("redo", this.history.redos);
    }

    async _replay(kind, stack) {
        await this.mutex.getUnlockedDef();
        const moves = stack.pop();
        if (!moves) {
            return null;
        }
        // The planner had accepted what these places break.
        return this.place(moves, {kind, confirmed: moves.map((move) => move.id)});
    }

    _refreshSoon(people) {
        this.peopleToRefresh = new Set([...(this.peopleToRefresh || []), ...people]);
        browser.clearTimeout(this.refreshTimer);
        this.refreshTimer = browser.setTimeout(() => {
            const ids = this.peopleToRefresh;
            this.peopleToRefresh = null;
            this.refreshPeople(ids);
        }, LIVE_DELAY);
    }

    // ---------------------------------------------------------------- live

    /** Others changed missions: read the rows that they were and are on. */
    onLive(message) {
        if (message.source === this.source) {
            return;
        }
        const changed = message.missions;
        const foreign = changed
            ? changed
                  .filter(([id, version]) => this.missions.get(id)?.plan_version !== version)
                  .map(([id]) => id)
            : this.missions.keys();
        this.history.forget(new Set(foreign));
        this._reloadSoon();
    }

    _reloadSoon() {
        browser.clearTimeout(this.liveTimer);
        this.liveTimer = browser.setTimeout(() => {
            if (this.isDragging) {
                // What is held must not disappear under the pointer.
                return this._reloadSoon();
            }
            return this.reload();
        }, LIVE_DELAY);
    }

    destroy() {
        browser.clearTimeout(this.liveTimer);
        browser.clearTimeout(this.refreshTimer);
        this.lights.stop();
    }
}
