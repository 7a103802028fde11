import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * The nearest slots as buttons, kept up to date by the form while the customer is on the phone. The one chosen is
 * written in the field that the option `key` names; a second click takes it back.
 */
export class SlotPicker extends Component {
    static template = "field_mission.SlotPicker";
    static props = {...standardFieldProps, keyField: {type: String}};

    get known() {
        return Boolean(this.props.record.data[this.props.name]);
    }

    get slots() {
        return this.props.record.data[this.props.name] || [];
    }

    isChosen(slot) {
        return this.props.record.data[this.props.keyField] === slot.key;
    }

    choose(slot) {
        return this.props.record.update({
            [this.props.keyField]: this.isChosen(slot) ? false : slot.key,
        });
    }
}

registry.category("fields").add("field_slot_picker", {
    component: SlotPicker,
    supportedTypes: ["json"],
    extractProps: ({options}) => ({keyField: options.key}),
});
