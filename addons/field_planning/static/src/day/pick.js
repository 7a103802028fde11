import {Component, onWillStart, useState} from "@odoo/owl";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {formatFloat} from "@web/views/fields/formatters";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

/** Ahead of time: what a technician could still do before the next visit. */
export class FieldPick extends Component {
    static template = "field_planning.Pick";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({data: null, busy: false});
        onWillStart(() => this.load());
    }

    async load() {
        this.state.data = await this.orm.call("field.mission", "get_nearby_offers", []);
    }

    time(offer) {
        return deserializeDateTime(offer.start).setZone(this.state.data.tz).toFormat("HH:mm");
    }

    km(offer) {
        return formatFloat(offer.km, {digits: [16, 1]});
    }

    hours(offer) {
        const minutes = Math.round(offer.hours * 60);
        const rest = String(minutes % 60).padStart(2, "0");
        return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${rest}`;
    }

    async pick(offer) {
        this.state.busy = true;
        try {
            const {taken} = await this.orm.call("field.mission", "action_pick", [offer.id]);
            this.notification.add(
                taken ? _t("It is yours: it is in your missions.") : _t("The office was asked."),
                {type: "success"}
            );
            if (taken) {
                await this.action.doAction("field_mission.field_mission_action_my");
            }
        } finally {
            this.state.busy = false;
            await this.load();
        }
    }
}

registry.category("actions").add("field_planning.pick", FieldPick);
