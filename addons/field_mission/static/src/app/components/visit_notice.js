import {useState} from "@odoo/owl";
import {moment} from "../core/clock";
import {_t} from "../core/i18n";
import {incidentLabels} from "../core/labels";
import {addPanel} from "../core/registry";
import {FieldComponent} from "./base";
import {Icon} from "./icon";
import {PhotoButton} from "./photo_button";

const REASONS = ["customer_absent", "no_access"];

/** Nobody there, or no way in: the visit ends here, the customer is asked for another day. */
export class VisitNoticePanel extends FieldComponent {
    static template = "field_mission.VisitNoticePanel";
    static components = {Icon, PhotoButton};

    setup() {
        super.setup();
        this.state = useState({kind: "", description: "", photos: []});
    }

    get reasons() {
        return REASONS.map((value) => ({value, label: incidentLabels()[value]}));
    }

    get canLeave() {
        const {state, responsible} = this.mission;
        return responsible && (state === "planned" || state === "in_progress");
    }

    label(notice) {
        return incidentLabels()[notice.kind];
    }

    when(notice) {
        return moment(notice.date, this.mission.tz, this.store.lang);
    }

    answer(notice) {
        return {
            waiting: _t("The customer has not answered yet."),
            chosen: _t("The customer chose: %s", notice.slot),
            call: _t("The customer asks to be called."),
        }[notice.state];
    }

    async send() {
        const {kind, description, photos} = this.state;
        Object.assign(this.state, {kind: "", description: "", photos: []});
        await this.perform("visit.notice", {kind, description: description.trim(), photos});
        this.store.say("saved");
    }
}

addPanel("visit_notice", {
    sequence: 61,
    icon: "door",
    title: () => _t("Nobody there? Visit notice"),
    component: VisitNoticePanel,
    badge: (mission) => mission.notices?.length || "",
    visible: (mission) =>
        mission.notices &&
        (mission.notices.length > 0 ||
            (mission.responsible && ["planned", "in_progress"].includes(mission.state))),
});
