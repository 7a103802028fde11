import {Component, onWillStart, useEffect, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";

import {formatMinutes} from "./field_board_geometry";
import {formatDay, formatTime, lightOf, marksOf, promiseOf, statusOf} from "./field_board_labels";

const {DateTime} = luxon;

/** What planned missions would break, named; the planner decides. */
export class FieldBoardConfirmDialog extends Component {
    static template = "field_planning.FieldBoardConfirmDialog";
    static components = {Dialog};
    static props = {
        items: Array,
        loads: Array,
        confirm: Function,
        cancel: Function,
        close: Function,
    };

    confirm() {
        this.props.confirm();
        this.props.close();
    }

    cancel() {
        this.props.cancel();
        this.props.close();
    }
}

/** Technician, start and duration by hand: for keyboards, screen readers and phones. */
export class FieldBoardMoveDialog extends Component {
    static template = "field_planning.FieldBoardMoveDialog";
    static components = {Dialog};
    static props = {model: Object, missions: Array, close: Function};

    setup() {
        const [mission] = this.props.missions;
        const {model} = this.props;
        const first = model.days[0].date.set({hour: model.axis.from});
        const start = mission.start ? DateTime.fromMillis(mission.start) : first;
        this.state = useState({
            person: mission.technician_id || model.people.keys().next().value || 0,
            start: start.toFormat("yyyy-MM-dd'T'HH:mm"),
            minutes: mission.minutes,
            loads: [],
        });
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        useEffect(
            () => {
                this.showLoads();
            },
            () => [this.state.person, this.state.start, this.state.minutes]
        );
    }

    /** What the choice makes of people's days, before it is made. */
    async showLoads() {
        const {model} = this.props;
        const loads = this.isValid
            ? await this.keepLast.add(
                  this.orm.silent.call(model.resModel, "field_get_loads", [this.moves])
              )
            : [];
        this.state.loads = loads;
    }

    get title() {
        return this.props.missions.map((mission) => mission.site).join(", ");
    }

    get people() {
        return [...this.props.model.people.values()];
    }

    get isValid() {
        return this.state.person && this.state.start && this.state.minutes > 0;
    }

    get moves() {
        const {model, missions} = this.props;
        const start = DateTime.fromISO(this.state.start).toMillis();
        return missions.length > 1
            ? model.dropMoves(missions[0], missions, Number(this.state.person), start)
            : model.makeMoves(missions, () => ({
                  person: Number(this.state.person),
                  start,
                  minutes: Number(this.state.minutes),
              }));
    }

    apply() {
        const {model} = this.props;
        const {moves} = this;
        this.props.close();
        model.place(moves);
    }
}

/** One mission in words, and what can be done with it. */
export class FieldBoardCard extends Component {
    static template = "field_planning.FieldBoardCard";
    static props = {model: Object, id: Number, actions: Object, close: Function};

    setup() {
        this.orm = useService("orm");
        this.state = useState({details: null});
        onWillStart(() => {
            // The card is there at once; the rest comes when the server answers.
            this.orm
                .call(this.props.model.resModel, "field_board_details", [[this.props.id]])
                .then((details) => (this.state.details = details));
        });
    }

    get mission() {
        return this.props.model.missions.get(this.props.id);
    }

    get facts() {
        const {mission} = this;
        const {model} = this.props;
        return {
            status: statusOf(mission),
            marks: marksOf(mission, {broken: model.breaksPromise(mission)}),
            light: lightOf(mission, model.lights.of(mission.id)),
            promise: promiseOf(mission),
            duration: formatMinutes(mission.minutes),
            when: mission.start
                ? `${formatDay(mission.start)}, ${formatTime(mission.start)} – ${formatTime(mission.stop)}`
                : "",
            person: model.people.get(mission.technician_id)?.name || "",
            helpers: mission.helpers.map((id) => model.people.get(id)?.name).filter(Boolean),
            movable: model.isMovable(mission),
            placed: model.isPlaced(mission),
        };
    }

    run(name) {
        this.props.close();
        this.props.actions[name]([this.mission]);
    }
}
