import {useState} from "@odoo/owl";
import {_t} from "../core/i18n";
import {gravityLabels} from "../core/labels";
import {addOperation, addPanel} from "../core/registry";
import {FieldComponent} from "./base";
import {Icon} from "./icon";
import {PhotoButton} from "./photo_button";

addOperation("nonconformity.add", (mission, operation) => {
    const {payload} = operation;
    mission.nonconformities.push({
        id: operation.uuid,
        name: "",
        description: payload.description,
        gravity: payload.gravity,
        state: "open",
    });
});

/** What does not conform and no check asked about. */
export class NonconformityPanel extends FieldComponent {
    static template = "field_mission.NonconformityPanel";
    static components = {Icon, PhotoButton};

    setup() {
        super.setup();
        this.state = useState(this.blank());
    }

    blank() {
        return {gravity: "", description: "", equipment_id: false, photos: []};
    }

    get gravities() {
        return Object.entries(gravityLabels()).map(([value, label]) => ({value, label}));
    }

    label(record) {
        return gravityLabels()[record.gravity];
    }

    seen(record) {
        return _t("seen at %s visits", record.seen);
    }

    async send() {
        const {gravity, photos} = this.state;
        const description = this.state.description.trim();
        if (!description) {
            this.store.say("missing");
            return;
        }
        const equipment = Number(this.state.equipment_id) || false;
        Object.assign(this.state, this.blank());
        await this.perform("nonconformity.add", {
            gravity,
            description,
            equipment_id: equipment,
            photos,
        });
        this.store.say("saved");
    }
}

addPanel("nonconformity", {
    sequence: 62,
    icon: "flag",
    title: () => _t("Non-conformity"),
    component: NonconformityPanel,
    badge: (mission) => mission.nonconformities.length || "",
});
