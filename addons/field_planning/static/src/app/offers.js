import {useState} from "@odoo/owl";
import {FieldComponent} from "@field_mission/app/components/base";
import {Icon} from "@field_mission/app/components/icon";
import {dayShort, fromText, hour, moment, spent} from "@field_mission/app/core/clock";
import {_t} from "@field_mission/app/core/i18n";
import {addDayBlock, addOperationLabel, addSharedOperation} from "@field_mission/app/core/registry";
import {expect} from "./tour_changes";

/** Missions that a subcontractor accepts or declines until a deadline. */
export class OffersBlock extends FieldComponent {
    static template = "field_planning.Offers";
    static components = {Icon};

    setup() {
        super.setup();
        this.state = useState({declining: null, reason: ""});
    }

    get offers() {
        return this.store.shared.offers || [];
    }

    when(offer) {
        const {lang} = this.store;
        const [first, last] = [offer.start, offer.end].map((text) => hour(text, offer.tz, lang));
        return `${dayShort(offer.day, lang)}, ${first} – ${last}`;
    }

    text(offer) {
        return [offer.type, spent(offer.hours * 3600000)].join(" · ");
    }

    deadline(offer) {
        const {lang, snapshot} = this.store;
        return _t("Answer until %s", moment(offer.deadline, snapshot.user.tz, lang));
    }

    isLate(offer) {
        return fromText(offer.deadline).getTime() < this.store.now;
    }

    async accept(offer) {
        if (this.store.kept.tour) {
            await this.store.keep("tour", expect(this.store.kept.tour, offer.mission_id));
        }
        await this.answer(offer, {accepted: true});
    }

    async decline(offer) {
        const reason = this.state.reason.trim();
        if (!reason) {
            this.store.say("missing");
            return;
        }
        Object.assign(this.state, {declining: null, reason: ""});
        await this.answer(offer, {accepted: false, reason});
    }

    answer(offer, payload) {
        const mission = {id: offer.mission_id};
        return this.store.perform("offer.answer", mission, {offer_id: offer.id, ...payload});
    }
}

addDayBlock("offers", {
    sequence: 20,
    component: OffersBlock,
    visible: (store) => (store.shared.offers || []).length > 0,
});

addOperationLabel("offer.answer", () => _t("Answer to an offer"));

addSharedOperation("offer.answer", (shared, {payload}) => {
    shared.offers = (shared.offers || []).filter((offer) => offer.id !== payload.offer_id);
});
