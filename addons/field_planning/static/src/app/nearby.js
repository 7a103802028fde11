import {useState} from "@odoo/owl";
import {FieldComponent} from "@field_mission/app/components/base";
import {Icon} from "@field_mission/app/components/icon";
import {hour, spent} from "@field_mission/app/core/clock";
import {_t} from "@field_mission/app/core/i18n";
import {addDayBlock} from "@field_mission/app/core/registry";
import {call, TransportError} from "@field_mission/app/core/transport";
import {expect} from "./tour_changes";

/** What a technician who is ahead of time may take, or ask the office for. */
export class NearbyBlock extends FieldComponent {
    static template = "field_planning.Nearby";
    static components = {Icon};

    setup() {
        super.setup();
        this.state = useState({busy: false, found: null, problem: "", asked: []});
    }

    async ask(route, params) {
        const {uid, db} = this.store.identity;
        this.state.busy = true;
        this.state.problem = "";
        try {
            const answer = await call(route, {uid, db, ...params});
            if (answer.stranger) {
                throw new TransportError("other-user");
            }
            return answer;
        } catch (error) {
            if (!(error instanceof TransportError)) {
                throw error;
            }
            this.state.problem =
                error.kind === "refused"
                    ? error.message
                    : _t("This needs a network: the office has to know at once.");
            return null;
        } finally {
            this.state.busy = false;
        }
    }

    async look() {
        this.state.found = await this.ask("/field/api/nearby", {});
    }

    async take(offer) {
        const answer = await this.ask("/field/api/pick", {mission_id: offer.id});
        if (!answer) {
            this.state.found = null;
            return;
        }
        if (answer.taken) {
            await this.store.keep("tour", expect(this.store.kept.tour, offer.id));
            this.state.found = null;
            await this.store.sync();
        } else {
            this.state.asked.push(offer.id);
        }
    }

    isAsked(offer) {
        return offer.asked || this.state.asked.includes(offer.id);
    }

    text(offer) {
        const {tz} = this.state.found;
        return _t("%(type)s, %(length)s · %(travel)s away (%(km)s km) · there at %(start)s", {
            type: offer.type,
            length: spent(offer.hours * 3600000),
            travel: spent(offer.travel * 60000),
            km: offer.km.toLocaleString(this.store.lang, {maximumFractionDigits: 1}),
            start: hour(offer.start, tz, this.store.lang),
        });
    }
}

addDayBlock("nearby", {
    place: "bottom",
    sequence: 20,
    component: NearbyBlock,
    visible: (store, day) =>
        day === store.today && ["pick", "request"].includes(store.shared.pick_rule),
});
