import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * The options of an urgent mission as cards, cheapest first. They follow what is typed in the form; choosing one saves
 * the form first, so that the server has the same options.
 */
export class UrgentOptions extends Component {
    static template = "field_planning.UrgentOptions";
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({busy: false, open: ""});
    }

    get data() {
        return this.props.record.data[this.props.name] || null;
    }

    get options() {
        return this.data?.options || [];
    }

    detour(option) {
        const minutes =
            option.added_minutes > 0 ? `+${option.added_minutes}` : option.added_minutes;
        const km = option.added_km > 0 ? `+${option.added_km}` : option.added_km;
        return _t("%(minutes)s min, %(km)s km", {minutes, km});
    }

    moved(option) {
        return _t("%s visits move", option.moves.length);
    }

    toggle(option) {
        this.state.open = this.state.open === option.key ? "" : option.key;
    }

    async choose(option) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            const {record} = this.props;
            if (!(await record.save())) {
                return;
            }
            const action = await this.orm.call(record.resModel, "action_choose", [
                [record.resId],
                option.key,
            ]);
            await record.load();
            await this.action.doAction({...action, params: {...action.params, next: undefined}});
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("fields").add("field_urgent_options", {
    component: UrgentOptions,
    supportedTypes: ["json"],
});
