import {hour, spent, fromText} from "../core/clock";
import {timeLabels} from "../core/labels";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

export class TimesPanel extends FieldComponent {
    static template = "field_mission.TimesPanel";
    static components = {Icon};

    get lines() {
        return this.mission.times;
    }

    label(line) {
        return timeLabels()[line.kind];
    }

    hours(line) {
        const {tz} = this.mission;
        const {lang} = this.store;
        return `${hour(line.start, tz, lang)} – ${line.stop ? hour(line.stop, tz, lang) : "…"}`;
    }

    spent(line) {
        const stop = line.stop ? fromText(line.stop).getTime() : this.store.now;
        return spent(stop - fromText(line.start).getTime());
    }
}
