import {useState} from "@odoo/owl";
import {addDays, dayShort, dayTitle, hour} from "../core/clock";
import {_t} from "../core/i18n";
import {stateLabel} from "../core/labels";
import {getCardNotes, getDayBlocks} from "../core/registry";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

export class DayPage extends FieldComponent {
    static template = "field_mission.Day";
    static components = {Icon};

    setup() {
        super.setup();
        this.state = useState({day: this.store.today});
    }

    get missions() {
        return this.store.missionsOf(this.state.day);
    }

    blocks(place) {
        const {store, state} = this;
        return getDayBlocks(place).filter((block) => block.visible(store, state.day));
    }

    get notes() {
        return getCardNotes();
    }

    get days() {
        const days = [];
        for (let shift = -3; shift <= 3; shift++) {
            days.push(addDays(this.store.today, shift));
        }
        return days;
    }

    get title() {
        const {day} = this.state;
        const text = dayTitle(day, this.store.lang);
        return day === this.store.today ? _t("Today, %s", text) : text;
    }

    get progress() {
        const all = this.missions.filter((mission) => mission.state !== "cancelled");
        return {done: all.filter((mission) => mission.state === "done").length, all: all.length};
    }

    short(day) {
        return dayShort(day, this.store.lang);
    }

    count(day) {
        return this.store.missionsOf(day).filter((one) => one.state !== "cancelled").length;
    }

    slot(mission) {
        const {lang} = this.store;
        const start = hour(mission.planned_start, mission.tz, lang);
        return start ? `${start} – ${hour(mission.planned_end, mission.tz, lang)}` : "";
    }

    label(mission) {
        return stateLabel(mission, this.store.running);
    }

    isLate(mission) {
        const limit = mission.promised_end || mission.planned_end;
        if (mission.state !== "planned" || !limit) {
            return false;
        }
        return new Date(`${limit.replace(" ", "T")}Z`).getTime() < this.store.now;
    }

    isRunning(mission) {
        return this.store.running?.mission.id === mission.id;
    }
}
