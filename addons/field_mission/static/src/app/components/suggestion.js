import {useState} from "@odoo/owl";
import {_t} from "../core/i18n";
import {suggestionLabels} from "../core/labels";
import {addOperation, addPanel} from "../core/registry";
import {FieldComponent} from "./base";
import {Icon} from "./icon";
import {PhotoButton} from "./photo_button";

addOperation("suggestion.add", (mission, operation) => {
    const {payload} = operation;
    mission.suggestions.push({
        id: operation.uuid,
        kind: payload.kind,
        name: payload.name || payload.description.split("\n")[0],
        state: "new",
        state_label: "",
        news: "",
    });
});

/** An idea in three taps: what kind, a few words, send. A photo and a rough value if at hand. */
export class SuggestionPanel extends FieldComponent {
    static template = "field_mission.SuggestionPanel";
    static components = {Icon, PhotoButton};

    setup() {
        super.setup();
        this.state = useState(this.blank());
    }

    blank() {
        return {kind: "", description: "", value: "", photos: []};
    }

    get kinds() {
        return Object.entries(suggestionLabels()).map(([value, label]) => ({value, label}));
    }

    label(suggestion) {
        return suggestionLabels()[suggestion.kind];
    }

    get canSuggest() {
        return this.mission.state !== "cancelled" && !this.mission.validated;
    }

    async send() {
        const {kind, photos} = this.state;
        const description = this.state.description.trim();
        const value = this.state.value === "" ? 0 : Number(this.state.value);
        if (!description || !(value >= 0)) {
            this.store.say("missing");
            return;
        }
        Object.assign(this.state, this.blank());
        await this.perform("suggestion.add", {kind, description, value, photos});
        this.store.say("saved");
    }
}

addPanel("suggestion", {
    sequence: 65,
    icon: "bulb",
    title: () => _t("Suggestion"),
    component: SuggestionPanel,
    badge: (mission) => (mission.suggestions || []).length || "",
});
