import {
    Component,
    onMounted,
    onPatched,
    status,
    onWillUnmount,
    onWillUpdateProps,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import {DateTimePicker} from "@web/core/datetime/datetime_picker";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {isMacOS} from "@web/core/browser/feature_detection";

import {BoardDrag} from "./field_board_drag";
import {formatMinutes, visibleRange} from "./field_board_geometry";
import {formatDay, formatLetter, formatTime, promiseOf} from "./field_board_labels";
import {FieldBoardRow} from "./field_board_row";
import {FieldBoardTray} from "./field_board_tray";

const {DateTime} = luxon;

export const HEAD_WIDTH = 184;
export const HEAD_HEIGHT = 48;
/** Pixels drawn above and below what is seen. */
const BUFFER = 250;
/** Pixels scrolled before other rows are drawn: about one row at a time, or scrolling stutters. */
const STRIDE = 50;
/**
 * Rows made ready while the browser has nothing to do. Out of sight they cost it nothing
 * (`content-visibility`), whereas a row that is put in while scrolling makes it look at the styles
 * of the whole page again: Odoo's `:has()` rules ask for that.
 */
const READY = 150;
const READY_STEP = 2;

export class FieldBoardRenderer extends Component {
    static template = "field_planning.FieldBoardRenderer";
    static components = {FieldBoardRow, FieldBoardTray};
    static props = {model: Object, actions: Object, version: Number, openCard: Function};

    setup() {
        this.root = useRef("root");
        this.scroller = useRef("scroller");
        this.canvas = useRef("canvas");
        this.headWidth = HEAD_WIDTH;
        this.headHeight = HEAD_HEIGHT;
        this.state = useState({top: 0, height: 900, promise: null, now: Date.now(), ready: 0});
        this.drag = new BoardDrag({
            root: () => this.root.el,
            scroller: () => this.scroller.el,
            layout: () => this.layout,
            grab: (target) => this.grab(target),
            format: formatTime,
            onStart: (kind, mission) => this.onDragStart(kind, mission),
            onDrop: (drop) => this.onDrop(drop),
            onEnd: () => this.onDragEnd(),
        });
        const resized = new ResizeObserver(() => this.measure());
        onMounted(() => {
            resized.observe(this.scroller.el);
            this.measure();
            this.clock = setInterval(() => (this.state.now = Date.now()), 60000);
            this.prepareSoon();
        });
        onPatched(() => {
            this.showFocused();
            this.prepareSoon();
        });
        onWillUpdateProps(() => {
            if (this.drawn !== this.model.redraws) {
                // Everything is drawn again: what is in sight comes first.
                this.drawn = this.model.redraws;
                this.state.ready = 0;
            }
        });
        onWillUnmount(() => {
            resized.disconnect();
            clearInterval(this.clock);
            clearTimeout(this.preparing);
        });
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
    }

    get model() {
        return this.props.model;
    }

    // ---------------------------------------------------------------- layout

    measure() {
        const {clientWidth, clientHeight} = this.scroller.el;
        this.state.height = clientHeight;
        this.model.setWidth(clientWidth - HEAD_WIDTH - 2);
    }

    /** Make some more rows ready in a while, unless somebody drags. */
    prepareSoon() {
        if (this.preparing || this.state.ready >= Math.min(this.model.rows.length, READY)) {
            return;
        }
        const idle = window.requestIdleCallback || ((callback) => callback());
        this.preparing = setTimeout(
            () =>
                idle(() => {
                    this.preparing = null;
                    if (status(this) !== "mounted") {
                        return;
                    }
                    if (this.model.isDragging) {
                        this.prepareSoon();
                    } else {
                        this.state.ready += READY_STEP;
                    }
                }),
            this.state.ready ? 30 : 500
        );
    }

    /** Tops of the rows and the end of the last one, without the head. */
    get offsets() {
        const offsets = [0];
        for (const row of this.model.rows) {
            offsets.push(offsets[offsets.length - 1] + this.model.rowHeight(row));
        }
        return offsets;
    }

    get layout() {
        return {
            axis: this.model.axis,
            rows: this.model.rows,
            offsets: this.offsets,
            headWidth: HEAD_WIDTH,
            headHeight: HEAD_HEIGHT,
        };
    }

    get grid() {
        const {model} = this;
        const {rows, axis} = model;
        const offsets = this.offsets;
        const end = offsets[offsets.length - 1];
        const {top, height} = this.state;
        const [first, last] = rows.length
            ? visibleRange(offsets, top - BUFFER, top + height + BUFFER)
            : [0, -1];
        const {ready} = this.state;
        return {
            rows: rows
                .map((row, index) => ({...row, top: offsets[index]}))
                .filter((_row, index) => index < ready || (index >= first && index <= last)),
            axis,
            width: axis.width + HEAD_WIDTH,
            height: end + HEAD_HEIGHT,
            ticks: this.makeTicks(axis),
            now: this.nowLine(axis),
        };
    }

    makeTicks(axis) {
        const every = [1, 2, 3, 4, 6, 12].find((hours) => hours * axis.hourWidth >= 34) || 24;
        const ticks = [];
        for (const day of axis.days.filter((one) => !one.empty)) {
            for (let hour = axis.from; hour < axis.to; hour++) {
                if ((hour - axis.from) % every === 0) {
                    const left = day.x + (hour - axis.from) * axis.hourWidth;
                    ticks.push({key: `${day.key}-${hour}`, left, label: `${hour}`});
                }
            }
        }
        return ticks;
    }

    nowLine(axis) {
        const {now} = this.state;
        const day = axis.days[axis.indexAt(now)];
        return now >= day.first && now <= day.last ? axis.x(now) : null;
    }

    dayLabel(day) {
        return day.empty ? formatLetter(day.start) : formatDay(day.start);
    }

    isToday(day) {
        return day.start <= this.state.now && this.state.now < day.end;
    }

    groupLoad(row) {
        return this.model.totalLoad(row.people);
    }

    formatMinutes(minutes) {
        return formatMinutes(minutes);
    }

    onScroll() {
        const {scrollTop, scrollLeft} = this.scroller.el;
        // Not through the state: the names stick without anything being drawn again.
        this.canvas.el.classList.toggle("o_field_board_aside", scrollLeft > 0);
        // Rows are drawn beyond the window: only now and then must others be.
        if (this.state.ready >= this.model.rows.length) {
            return;
        }
        if (Math.abs(scrollTop - this.state.top) > STRIDE || scrollTop === 0) {
            this.state.top = scrollTop;
        }
    }

    // ---------------------------------------------------------------- pointer

    grab(target) {
        const element = target.closest("[data-mission]");
        const mission = element && this.model.missions.get(Number(element.dataset.mission));
        if (!mission) {
            return null;
        }
        return {
            mission,
            missions: this.model.actedOn(mission.id),
            movable: this.model.isMovable(mission),
        };
    }

    onPointerDown(ev) {
        this.drag.start(ev);
    }

    onDragStart(kind, mission) {
        this.model.isDragging = true;
        if (kind !== "band" && mission) {
            this.showPromise(mission);
        }
    }

    onDragEnd() {
        this.model.isDragging = false;
        this.state.promise = null;
    }

    /** The hours promised to the customer, across all rows, while the mission moves. */
    showPromise(mission) {
        const {promised_kind: kind, promised_from: from, promised_to: to} = mission;
        if (kind === "none" || !from || !to) {
            return;
        }
        const margin = kind === "exact" ? (mission.tolerance || 0) * 60000 : 0;
        const span = this.model.axis.span(from - margin, to + margin, 3);
        this.state.promise = span && {...span, label: promiseOf(mission)};
    }

    onDrop(drop) {
        const {model} = this;
        if (drop.kind === "band") {
            return model.select(this.missionsWithin(drop.from, drop.to));
        }
        if (drop.kind === "resize") {
            return model.place(model.makeMoves([drop.mission], () => ({minutes: drop.minutes})));
        }
        if (drop.tray) {
            return model.toTray(drop.missions);
        }
        const moves = model.dropMoves(drop.mission, drop.missions, drop.personId, drop.start);
        const moved = moves.filter((move) => {
            const mission = model.missions.get(move.id);
            const start = DateTime.fromSQL(move.planned_start, {zone: "utc"}).toMillis();
            return mission.technician_id !== move.technician_id || mission.start !== start;
        });
        return model.place(moved);
    }

    missionsWithin(from, to) {
        const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)].map(
            (x) => x - HEAD_WIDTH
        );
        const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)].map(
            (y) => y - HEAD_HEIGHT
        );
        const {model, offsets} = this;
        const ids = new Set();
        model.rows.forEach((row, index) => {
            if (row.kind !== "person" || offsets[index] > bottom || offsets[index + 1] < top) {
                return;
            }
            for (const pill of model.rowView(row.id).pills) {
                const y = offsets[index] + pill.top;
                const inside =
                    pill.left < right &&
                    pill.left + pill.width > left &&
                    y < bottom &&
                    y + 40 > top;
                if (inside && !pill.helper) {
                    ids.add(pill.mission.id);
                }
            }
        });
        return [...ids];
    }

    onClick(ev) {
        const {model} = this;
        if (this.drag.justMoved) {
            return;
        }
        const element = ev.target.closest("[data-mission]");
        if (!element) {
            if (model.selection.size && ev.target.closest(".o_field_board_lane")) {
                model.select([]);
            }
            return;
        }
        const id = Number(element.dataset.mission);
        if (ev.ctrlKey || ev.metaKey) {
            model.toggle(id);
            model.focus(id);
        } else if (ev.shiftKey) {
            model.selectThrough(id);
            model.focus(id);
        } else {
            model.focus(id);
            this.props.openCard(element, id);
        }
    }

    onDoubleClick(ev) {
        const held = this.grab(ev.target);
        if (held) {
            this.props.actions.open([held.mission]);
        }
    }

    // ---------------------------------------------------------------- keyboard

    /** Keys are the board's while nothing else has the focus: no dialog, no box to type in. */
    onKeydown(ev) {
        const active = document.activeElement;
        const inside = this.root.el.contains(active);
        if (!(inside || active === document.body) || document.querySelector(".modal")) {
            return;
        }
        if (active.closest?.("input, textarea, select, [contenteditable=true]")) {
            return;
        }
        const handled = this.handleKey(ev, inside);
        if (handled) {
            ev.preventDefault();
            ev.stopPropagation();
        }
    }

    handleKey(ev, inside) {
        const {model} = this;
        const control = isMacOS() ? ev.metaKey : ev.ctrlKey;
        const key = ev.key.toLowerCase();
        if (control && key === "z") {
            this.model[ev.shiftKey ? "redo" : "undo"]();
            return true;
        }
        if (control && key === "y") {
            model.redo();
            return true;
        }
        if (key === "escape" && model.selection.size) {
            model.select([]);
            return true;
        }
        if (!inside || ev.altKey) {
            return false;
        }
        const focused = active(this.root.el) || model.focused;
        const mission = model.missions.get(focused);
        const arrow = {arrowleft: "left", arrowright: "right", arrowup: "up", arrowdown: "down"}[
            key
        ];
        if (!mission) {
            return arrow ? this.focusFirst() : false;
        }
        if (arrow) {
            return this.handleArrow(arrow, mission, control, ev.shiftKey);
        }
        if (key === "enter") {
            const element = this.root.el.querySelector(`[data-mission="${mission.id}"]`);
            if (element && document.activeElement.closest("[data-mission]")) {
                this.props.openCard(element, mission.id);
                return true;
            }
        } else if (key === " ") {
            model.toggle(mission.id);
            return true;
        } else if (key === "delete") {
            model.toTray(model.actedOn(mission.id));
            return true;
        }
        return false;
    }

    handleArrow(arrow, mission, control, shift) {
        const {model} = this;
        // Reached with Tab: it keeps the focus on its new row too.
        model.focus(mission.id);
        const acted = model.actedOn(mission.id);
        if (control && (arrow === "left" || arrow === "right")) {
            model.moveBy(acted, arrow === "left" ? -15 : 15);
        } else if (control) {
            model.moveToPerson(acted, arrow);
        } else if (shift && (arrow === "left" || arrow === "right")) {
            model.resizeBy(acted, arrow === "left" ? -15 : 15);
        } else {
            const next = model.neighbour(mission.id, arrow);
            if (next) {
                this.mustFocus = true;
                model.focus(next);
            }
        }
        this.mustFocus = true;
        return true;
    }

    focusFirst() {
        const {model} = this;
        const row = model.rows.find(
            (one) => one.kind === "person" && model.missionsOf(one.id).length
        );
        const first = row ? model.missionsOf(row.id)[0].id : model.tray.ids[0];
        if (first) {
            this.mustFocus = true;
            model.focus(first);
        }
        return Boolean(first);
    }

    /** Give the browser's focus to the mission that has ours, scrolled into view. */
    showFocused() {
        if (!this.mustFocus) {
            return;
        }
        this.mustFocus = false;
        const {model} = this;
        const mission = model.missions.get(model.focused);
        const element = this.root.el.querySelector(`[data-mission="${model.focused}"]`);
        if (element) {
            element.focus({preventScroll: true});
            element.scrollIntoView({block: "nearest", inline: "nearest"});
        } else if (mission && model.isPlaced(mission)) {
            const index = model.rows.findIndex((row) => row.id === mission.technician_id);
            this.scroller.el.scrollTop = this.offsets[index] - this.state.height / 2;
            this.state.top = this.scroller.el.scrollTop;
            this.mustFocus = true;
        }
    }
}

/** Id of the mission that has the browser's focus. */
function active(root) {
    const element = root.ownerDocument.activeElement?.closest?.("[data-mission]");
    return element ? Number(element.dataset.mission) : null;
}

/** Period, scale, zoom, undo and what is selected. */
export class FieldBoardToolbar extends Component {
    static template = "field_planning.FieldBoardToolbar";
    static components = {Dropdown, DateTimePicker};
    static props = {model: Object, actions: Object, version: Number, small: Boolean};

    get label() {
        const days = this.props.model.days;
        const first = days[0].date;
        if (days.length === 1) {
            return first.toLocaleString(
                this.props.small
                    ? {weekday: "short", day: "numeric", month: "short"}
                    : {weekday: "long", day: "numeric", month: "long", year: "numeric"}
            );
        }
        const last = days[days.length - 1].date;
        const short = {day: "numeric", month: "short"};
        const week = first.weekNumber;
        return `${first.toLocaleString(short)} – ${last.toLocaleString({...short, year: "numeric"})} (${week})`;
    }

    get chosen() {
        const {model} = this.props;
        return [...model.selection].map((id) => model.missions.get(id)).filter(Boolean);
    }

    onDate(date) {
        this.props.model.setPeriod({date});
    }
}
