import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {formatFloat} from "@web/views/fields/formatters";
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
        const sign = (number) => (number > 0 ? "+" : "");
        const {added_minutes: minutes, added_km: km} = option;
        return _t("%(minutes)s min, %(km)s km", {
            minutes: sign(minutes) + minutes,
            km: sign(km) + formatFloat(km, {digits: [16, 1]}),
        });
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
