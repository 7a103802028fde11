import {Component, useState} from "@odoo/owl";

import {formatMinutes} from "./field_board_geometry";
import {
    describe,
    describeLight,
    describeLoad,
    formatTime,
    initialsOf,
    lightOf,
    marksOf,
    promiseOf,
    statusOf,
} from "./field_board_labels";
import {FieldBoardTray} from "./field_board_tray";

/** The day of each technician as a list: the board on a phone. */
export class FieldBoardAgenda extends Component {
    static template = "field_planning.FieldBoardAgenda";
    static components = {FieldBoardTray};
    static props = {model: Object, actions: Object, version: Number, openCard: Function};

    setup() {
        this.state = useState({person: 0});
        Object.assign(this, {
            formatTime,
            formatMinutes,
            promiseOf,
            initialsOf,
            describeLoad,
            describeLight,
        });
    }

    get people() {
        const {model} = this.props;
        const all = model.rows.filter((row) => row.kind === "person").map((row) => row.id);
        const shown = all.filter((id) => !this.state.person || id === this.state.person);
        return shown.map((id) => this.dayOf(id));
    }

    get choices() {
        return [...this.props.model.people.values()];
    }

    dayOf(id) {
        const {model} = this.props;
        const view = model.rowView(id);
        const travels = new Map();
        for (const tour of view.person.tours) {
            tour.stops.forEach((stop) => travels.set(stop.id, stop.minutes));
        }
        const items = view.pills.map((pill) => {
            const marks = marksOf(pill.mission, pill);
            const light = lightOf(pill.mission, pill.light);
            return {
                ...pill,
                marks,
                light,
                travel: travels.get(pill.mission.id) || 0,
                status: statusOf(pill.mission),
                label: describe(pill.mission, marks, light),
                late: marks.find((mark) => mark.key),
            };
        });
        const day = model.days[0].key;
        const hours = view.person.days.find((one) => one.day === day);
        return {
            id,
            person: view.person,
            load: view.loads[0],
            items,
            away: hours?.away || [],
            asked: view.person.pending.length,
        };
    }

    onClick(ev) {
        const element = ev.target.closest("[data-mission]");
        if (element) {
            const id = Number(element.dataset.mission);
            this.props.model.focus(id);
            this.props.openCard(element, id);
        }
    }
}
