import {Component} from "@odoo/owl";

import {formatMinutes} from "./field_board_geometry";
import {
    describe,
    describeLoad,
    formatTime,
    initialsOf,
    lightOf,
    marksOf,
    promiseOf,
    statusOf,
} from "./field_board_labels";

/** One technician's row. Drawn again only when its view is another object. */
export class FieldBoardRow extends Component {
    static template = "field_planning.FieldBoardRow";
    static props = {model: Object, view: Object, top: Number, headWidth: Number};

    setup() {
        this.formatMinutes = formatMinutes;
        this.describeLoad = describeLoad;
        this.initialsOf = initialsOf;
    }

    get load() {
        return this.props.model.totalLoad([this.props.view.id]);
    }

    pillOf(pill) {
        const {mission} = pill;
        const status = statusOf(mission);
        const marks = marksOf(mission, pill);
        const light = lightOf(mission, pill.light);
        const {model} = this.props;
        const late = marks.find((mark) => mark.key);
        const classes = [
            `o_field_board_${status.key}`,
            `o_field_board_color_${mission.color || 0}`,
            pill.helper && "o_field_board_helper",
            late && `o_field_board_delay_${late.key}`,
            model.selection.has(mission.id) && "o_field_board_selected",
            model.focused === mission.id && "o_field_board_focused",
            model.pending.has(mission.id) && "o_field_board_pending_move",
            model.isMovable(mission) && "o_field_board_movable",
            model.isResizable(pill) && "o_field_board_resizable",
        ];
        return {
            status,
            marks,
            light,
            className: classes.filter(Boolean).join(" "),
            label: describe(mission, marks, light),
            time: formatTime(mission.start),
            promise: pill.width > 90 ? promiseOf(mission) : "",
        };
    }
}
