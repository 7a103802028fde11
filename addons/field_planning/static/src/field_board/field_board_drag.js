/** Dragging on the board: mouse, pen and touch; nothing is rendered again while something moves. */

import {MINUTE, STEP, snap, visibleRange} from "./field_board_geometry";

const START_DISTANCE = 5;
const LONG_PRESS = 350;
const EDGE = 40;
/** Pixels of the right edge of a mission that change its duration. */
const HANDLE = 9;

function isOnRightEdge(ev) {
    const pill = ev.target.closest(".o_field_board_resizable");
    return Boolean(pill) && ev.clientX > pill.getBoundingClientRect().right - HANDLE;
}

/**
 * One gesture at a time: a move, a resize, or a rectangle that selects.
 *
 * @typedef {object} DragHost
 * @property {() => HTMLElement} root the whole board, tray included
 * @property {() => HTMLElement} scroller what scrolls the rows
 * @property {() => object} layout `{ axis, rows, offsets, headWidth, headHeight }`
 * @property {(target: HTMLElement) => object | null} grab what a pointer would move:
 *  `{ mission, missions, movable }`
 * @property {(moment: number) => string} format an instant as the label beside the pointer
 * @property {(kind: string, mission?: object) => void} onStart
 * @property {(drop: object) => void} onDrop
 * @property {() => void} onEnd
 */
export class BoardDrag {
    /** @param {DragHost} host */
    constructor(host) {
        this.host = host;
        this.gesture = null;
        this.onMove = this._onMove.bind(this);
        this.onUp = this._onUp.bind(this);
        this.onKey = this._onKey.bind(this);
        this.onCancel = this._stop.bind(this);
        this.onTouchMove = this._onTouchMove.bind(this);
    }

    /** True after a gesture until the next press: the click that ends it is no click. */
    get justMoved() {
        return Boolean(this.hasMoved);
    }

    start(ev) {
        this.hasMoved = false;
        if (ev.button || this.gesture || ev.target.closest("button, a, input, select")) {
            return;
        }
        const touch = ev.pointerType === "touch";
        const held = this.host.grab(ev.target);
        const resize = held && isOnRightEdge(ev);
        const lane = ev.target.closest(".o_field_board_lane");
        if (!held && (!lane || touch)) {
            return;
        }
        if (held && !held.movable && (touch || resize)) {
            return;
        }
        this.gesture = {
            kind: held ? (resize ? "resize" : "move") : "band",
            ...held,
            element: held && ev.target.closest("[data-mission]"),
            touch,
            pointerId: ev.pointerId,
            x0: ev.clientX,
            y0: ev.clientY,
            x: ev.clientX,
            y: ev.clientY,
            active: false,
        };
        window.addEventListener("pointermove", this.onMove);
        window.addEventListener("pointerup", this.onUp);
        window.addEventListener("pointercancel", this.onCancel);
        window.addEventListener("keydown", this.onKey, {capture: true});
        if (touch) {
            window.addEventListener("touchmove", this.onTouchMove, {passive: false});
            this.timer = setTimeout(() => this._begin(), LONG_PRESS);
        }
    }

    _onTouchMove(ev) {
        if (this.gesture?.active) {
            ev.preventDefault();
        }
    }

    _onMove(ev) {
        const gesture = this.gesture;
        if (ev.pointerId !== gesture.pointerId) {
            return;
        }
        gesture.x = ev.clientX;
        gesture.y = ev.clientY;
        if (!gesture.active) {
            const far = Math.hypot(gesture.x - gesture.x0, gesture.y - gesture.y0);
            if (gesture.touch) {
                // A finger that moves before the long press scrolls.
                if (far > 2 * START_DISTANCE) {
                    this._stop();
                }
                return;
            }
            if (far < START_DISTANCE || gesture.movable === false) {
                return;
            }
            this._begin();
        }
        ev.preventDefault();
        this._schedule();
    }

    _begin() {
        const gesture = this.gesture;
        gesture.active = true;
        gesture.layout = this.host.layout();
        gesture.scroller = this.host.scroller();
        gesture.rect = gesture.scroller.getBoundingClientRect();
        const tray = this.host.root().querySelector(".o_field_board_tray");
        gesture.trayRect = tray && tray.getBoundingClientRect();
        gesture.scroll = {left: gesture.scroller.scrollLeft, top: gesture.scroller.scrollTop};
        gesture.marker = document.createElement("div");
        gesture.marker.className = `o_field_board_marker o_field_board_marker_${gesture.kind}`;
        gesture.label = document.createElement("span");
        gesture.marker.append(gesture.label);
        gesture.scroller.querySelector(".o_field_board_canvas").append(gesture.marker);
        if (gesture.kind === "move") {
            this._makeGhost();
        }
        if (gesture.kind === "band") {
            gesture.from = this._toCanvas(gesture.x0, gesture.y0);
        }
        this.host.root().classList.add("o_field_board_dragging");
        if (gesture.touch) {
            navigator.vibrate?.(20);
        }
        this.host.onStart(gesture.kind, gesture.mission);
        this._schedule();
    }

    _makeGhost() {
        const gesture = this.gesture;
        const rect = gesture.element.getBoundingClientRect();
        gesture.grabX = gesture.element.closest(".o_field_board_tray") ? 0 : gesture.x0 - rect.left;
        const ghost = gesture.element.cloneNode(true);
        ghost.classList.add("o_field_board_ghost");
        ghost.style.width = `${rect.width}px`;
        ghost.style.height = `${rect.height}px`;
        ghost.style.top = ghost.style.left = "0";
        if (gesture.missions.length > 1) {
            ghost.dataset.count = gesture.missions.length;
        }
        gesture.ghostX = rect.left - gesture.x0;
        gesture.ghostY = rect.top - gesture.y0;
        this.host.root().append(ghost);
        gesture.ghost = ghost;
    }

    _schedule() {
        if (!this.frame) {
            this.frame = requestAnimationFrame(() => {
                this.frame = null;
                if (this.gesture?.active) {
                    this._draw();
                }
            });
        }
    }

    _toCanvas(x, y) {
        const {rect, scroll} = this.gesture;
        return {x: x - rect.left + scroll.left, y: y - rect.top + scroll.top};
    }

    _isIn(rect) {
        const {x, y} = this.gesture;
        return rect && x >= rect.left && x <= rect.right && y >= rect.top && y <= rect.bottom;
    }

    _draw() {
        const gesture = this.gesture;
        this._scrollAtEdges();
        const {axis, headWidth} = gesture.layout;
        if (gesture.ghost) {
            const [x, y] = [gesture.x + gesture.ghostX, gesture.y + gesture.ghostY];
            gesture.ghost.style.transform = `translate3d(${x}px, ${y}px, 0)`;
        }
        const marker = gesture.marker.style;
        if (gesture.kind === "band") {
            const to = this._toCanvas(gesture.x, gesture.y);
            const [left, top] = [Math.min(to.x, gesture.from.x), Math.min(to.y, gesture.from.y)];
            marker.transform = `translate3d(${left}px, ${top}px, 0)`;
            marker.width = `${Math.abs(to.x - gesture.from.x)}px`;
            marker.height = `${Math.abs(to.y - gesture.from.y)}px`;
            return;
        }
        const target = this._findTarget();
        gesture.target = target;
        if (!target || target.tray) {
            marker.visibility = "hidden";
            return;
        }
        const span = axis.span(target.start, target.start + target.minutes * MINUTE, 8);
        if (!span) {
            marker.visibility = "hidden";
            return;
        }
        marker.visibility = "visible";
        marker.transform = `translate3d(${span.left + headWidth}px, ${target.top + 2}px, 0)`;
        marker.width = `${span.width}px`;
        marker.height = `${target.height - 4}px`;
        gesture.label.textContent = target.label;
    }

    _findTarget() {
        const gesture = this.gesture;
        const {axis, rows, offsets, headWidth, headHeight} = gesture.layout;
        const {mission} = gesture;
        const at = this._toCanvas(gesture.x, gesture.y);
        if (gesture.kind === "resize") {
            const end = snap(axis.at(at.x - headWidth));
            const minutes = Math.max(STEP / MINUTE, Math.round((end - mission.start) / MINUTE));
            const row = rows.findIndex((one) => one.id === mission.technician_id);
            return {
                start: mission.start,
                minutes,
                top: offsets[row] + headHeight,
                height: offsets[row + 1] - offsets[row],
                label: this.host.format(mission.start + minutes * MINUTE),
            };
        }
        if (this._isIn(gesture.trayRect)) {
            return {tray: true};
        }
        if (!this._isIn(gesture.rect) || at.x < headWidth) {
            return null;
        }
        const y = at.y - headHeight;
        if (y < 0 || y >= offsets[offsets.length - 1]) {
            return null;
        }
        const [index] = visibleRange(offsets, y, y + 1);
        if (rows[index].kind !== "person") {
            return null;
        }
        const start = snap(axis.at(at.x - headWidth - gesture.grabX));
        return {
            personId: rows[index].id,
            start,
            minutes: mission.minutes,
            top: offsets[index] + headHeight,
            height: offsets[index + 1] - offsets[index],
            label: this.host.format(start),
        };
    }

    _scrollAtEdges() {
        const gesture = this.gesture;
        const {rect, scroller, layout} = gesture;
        if (!this._isIn(rect)) {
            return;
        }
        const speed = (distance) => (distance < EDGE ? Math.ceil((EDGE - distance) / 3) : 0);
        const dx = speed(rect.right - gesture.x) - speed(gesture.x - rect.left - layout.headWidth);
        const dy = speed(rect.bottom - gesture.y) - speed(gesture.y - rect.top - layout.headHeight);
        if (dx || dy) {
            const {left, top} = gesture.scroll;
            scroller.scrollTo(left + dx, top + dy);
            gesture.scroll = {left: scroller.scrollLeft, top: scroller.scrollTop};
            if (gesture.scroll.left !== left || gesture.scroll.top !== top) {
                this._schedule();
            }
        }
    }

    _onKey(ev) {
        if (ev.key === "Escape" && this.gesture?.active) {
            ev.preventDefault();
            ev.stopPropagation();
            this._stop();
        }
    }

    _onUp(ev) {
        const gesture = this.gesture;
        if (ev.pointerId !== gesture.pointerId) {
            return;
        }
        gesture.x = ev.clientX;
        gesture.y = ev.clientY;
        if (gesture.active) {
            this._draw();
        }
        this._stop();
        if (!gesture.active) {
            return;
        }
        if (gesture.kind === "band") {
            this.host.onDrop({kind: "band", from: gesture.from, to: this._bandEnd(gesture)});
        } else if (gesture.target) {
            const {kind, mission, missions, target} = gesture;
            this.host.onDrop({kind, mission, missions, ...target});
        }
    }

    _bandEnd({rect, scroll, x, y}) {
        return {x: x - rect.left + scroll.left, y: y - rect.top + scroll.top};
    }

    _stop() {
        const gesture = this.gesture;
        if (!gesture) {
            return;
        }
        clearTimeout(this.timer);
        cancelAnimationFrame(this.frame);
        this.frame = null;
        window.removeEventListener("pointermove", this.onMove);
        window.removeEventListener("pointerup", this.onUp);
        window.removeEventListener("pointercancel", this.onCancel);
        window.removeEventListener("keydown", this.onKey, {capture: true});
        window.removeEventListener("touchmove", this.onTouchMove, {passive: false});
        gesture.ghost?.remove();
        gesture.marker?.remove();
        this.gesture = null;
        if (gesture.active) {
            this.hasMoved = true;
            this.host.root().classList.remove("o_field_board_dragging");
            this.host.onEnd();
        }
    }
}
