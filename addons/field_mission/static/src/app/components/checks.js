import {useState} from "@odoo/owl";
import {readDecimal, typedDecimal} from "../core/format";
import {_t} from "../core/i18n";
import {askedChecks} from "../core/reducer";
import {FieldComponent} from "./base";
import {Icon} from "./icon";
import {PhotoButton} from "./photo_button";

export class ChecksPanel extends FieldComponent {
    static template = "field_mission.ChecksPanel";
    static components = {Icon, PhotoButton};

    setup() {
        super.setup();
        this.typed = useState({});
    }

    get checks() {
        return askedChecks(this.mission);
    }

    bounds(check) {
        const unit = check.unit ? ` ${check.unit}` : "";
        const [min, max] = [check.min, check.max].map((bound) => this.decimal(bound));
        if (check.has_min && check.has_max) {
            return `${min} – ${max}${unit}`;
        }
        if (check.has_min) {
            return `≥ ${min}${unit}`;
        }
        return check.has_max ? `≤ ${max}${unit}` : unit.trim();
    }

    yesnoOptions() {
        return [
            {value: "yes", label: _t("Yes")},
            {value: "no", label: _t("No")},
            {value: "na", label: _t("N/A")},
        ];
    }

    set(check, values) {
        const photos = check.photos?.length ? {photos: [...check.photos]} : {};
        const note = check.note ? {note: check.note} : {};
        return this.perform(
            "check.set",
            {check_id: check.id, ...note, ...photos, ...values},
            {base: {answer_id: check.answer_id || null}}
        );
    }

    valueOf(check) {
        if (check.id in this.typed) {
            return this.typed[check.id];
        }
        if (check.kind === "number") {
            return check.result === "todo" || check.yesno === "na" || check.number === false
                ? ""
                : typedDecimal(check.number, this.store.lang);
        }
        return check.text;
    }

    type(check, event) {
        this.typed[check.id] = event.target.value;
    }

    async leave(check) {
        if (!(check.id in this.typed)) {
            return;
        }
        const text = this.typed[check.id].trim();
        delete this.typed[check.id];
        if (!text) {
            return;
        }
        if (check.kind === "text") {
            await this.set(check, {text});
            return;
        }
        const number = readDecimal(text, this.store.lang);
        if (Number.isFinite(number)) {
            await this.set(check, {number});
        } else {
            this.store.say("missing");
        }
    }

    async setNote(check, event) {
        const note = event.target.value.trim();
        if (note === (check.note || "")) {
            return;
        }
        await this.set(check, {...this.answerOf(check), note});
    }

    answerOf(check) {
        if (check.yesno === "na") {
            return {yesno: "na"};
        }
        const value = {
            number: check.number,
            choice: check.choice,
            text: check.text,
            yesno: check.yesno,
        };
        return check.kind in value ? {[check.kind]: value[check.kind]} : {};
    }

    async addPhoto(check, uuid) {
        const photos = [...(check.photos || []), uuid];
        if (check.kind === "photo" || check.result !== "todo") {
            await this.set(check, {...this.answerOf(check), photos});
        }
    }
}
