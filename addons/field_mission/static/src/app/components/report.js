import {useState} from "@odoo/owl";
import {FieldComponent} from "./base";

export class ReportPanel extends FieldComponent {
    static template = "field_mission.ReportPanel";

    setup() {
        super.setup();
        this.state = useState({text: null});
        this.shown = this.mission.conclusion;
    }

    get text() {
        return this.state.text ?? this.mission.conclusion;
    }

    async save() {
        if (this.state.text === null || this.state.text === this.mission.conclusion) {
            return;
        }
        const text = this.state.text;
        const base = {text: this.shown};
        this.shown = text;
        await this.perform("mission.conclusion", {text}, {base});
        this.state.text = null;
    }
}
