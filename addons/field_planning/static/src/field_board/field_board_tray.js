import {Component, useState} from "@odoo/owl";
import {useDebounced} from "@web/core/utils/timing";

import {formatMinutes} from "./field_board_geometry";
import {
    describe,
    describeLight,
    formatDay,
    lightOf,
    marksOf,
    promiseOf,
    statusOf,
} from "./field_board_labels";

export class FieldBoardTrayCard extends Component {
    static template = "field_planning.FieldBoardTrayCard";
    static props = {
        mission: Object,
        light: {type: [Object, {value: null}]},
        selected: Boolean,
        focused: Boolean,
        person: String,
    };

    setup() {
        this.describeLight = describeLight;
    }

    get card() {
        const {mission} = this.props;
        const marks = marksOf(mission);
        const light = lightOf(mission, this.props.light);
        return {
            marks,
            light,
            status: statusOf(mission),
            promise: promiseOf(mission),
            deadline: mission.deadline && formatDay(mission.deadline),
            overdue: mission.deadline && mission.deadline < Date.now(),
            duration: formatMinutes(mission.minutes),
            label: describe(mission, marks, light),
        };
    }
}

/** Missions that wait for a technician and a time. */
export class FieldBoardTray extends Component {
    static template = "field_planning.FieldBoardTray";
    static components = {FieldBoardTrayCard};
    static props = {model: Object, ids: Array, version: Number};

    setup() {
        this.state = useState({search: this.props.model.tray.search});
        this.searchSoon = useDebounced(
            () => this.props.model.loadTray({search: this.state.search.trim()}),
            300
        );
    }

    get missions() {
        const {model} = this.props;
        return this.props.ids.map((id) => model.missions.get(id)).filter(Boolean);
    }

    personOf(mission) {
        return this.props.model.people.get(mission.technician_id)?.name || "";
    }

    onSearch(ev) {
        this.state.search = ev.target.value;
        this.searchSoon();
    }
}
