import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** Hour and minute of a datetime whose day is known from elsewhere: the stops of a tour. */
export class TimeOfDay extends Component {
    static template = "field_planning.TimeOfDay";
    static props = {...standardFieldProps};

    get text() {
        const value = this.props.record.data[this.props.name];
        return value ? value.toFormat("HH:mm") : "";
    }
}

registry.category("fields").add("field_time_of_day", {
    component: TimeOfDay,
    supportedTypes: ["datetime"],
    listViewWidth: [64, 80],
});
