import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const {DateTime} = luxon;
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** The days of the week as buttons. */
export class VisitWeekdays extends Component {
    static template = "field_planning.VisitWeekdays";
    static props = {...standardWidgetProps};

    get days() {
        // The 5th of January 2026 is a Monday.
        return WEEKDAYS.map((name, index) => ({
            name,
            label: DateTime.local(2026, 1, 5 + index).toFormat("ccc"),
            title: DateTime.local(2026, 1, 5 + index).toFormat("cccc"),
            chosen: this.props.record.data[name],
        }));
    }

    toggle(day) {
        this.props.record.update({[day.name]: !day.chosen});
    }
}

registry.category("view_widgets").add("field_visit_weekdays", {
    component: VisitWeekdays,
    fieldDependencies: WEEKDAYS.map((name) => ({
        name,
        type: "boolean",
        string: _t("Weekday"),
        readonly: false,
    })),
});
