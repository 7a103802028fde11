import {useState} from "@odoo/owl";
import {moment} from "../core/clock";
import {incidentLabels} from "../core/labels";
import {FieldComponent} from "./base";
import {Icon} from "./icon";
import {PhotoButton} from "./photo_button";

const CUSTOMERS = new Set(["no_access", "customer_absent"]);

export class IncidentPanel extends FieldComponent {
    static template = "field_mission.IncidentPanel";
    static components = {Icon, PhotoButton};

    setup() {
        super.setup();
        this.state = useState(this.blank());
    }

    blank() {
        return {kind: "", description: "", photos: []};
    }

    get kinds() {
        return Object.entries(incidentLabels()).map(([value, label]) => ({value, label}));
    }

    label(incident) {
        return incidentLabels()[incident.kind];
    }

    when(incident) {
        return moment(incident.date, this.mission.tz, this.store.lang);
    }

    get canReport() {
        return this.mission.state !== "cancelled" && !this.mission.validated;
    }

    async send() {
        const {kind, description, photos} = this.state;
        if (!kind) {
            this.store.say("missing");
            return;
        }
        Object.assign(this.state, this.blank());
        await this.perform("incident", {
            kind,
            severity: kind === "danger" ? "high" : "medium",
            description,
            customer_caused: CUSTOMERS.has(kind),
            photos,
        });
        this.store.say("saved");
    }
}
