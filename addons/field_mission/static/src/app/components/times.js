import {useState} from "@odoo/owl";
import {dayOf, fromLocal, fromText, hour, spent} from "../core/clock";
import {_t} from "../core/i18n";
import {timeLabels} from "../core/labels";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

export class TimesPanel extends FieldComponent {
    static template = "field_mission.TimesPanel";
    static components = {Icon};

    setup() {
        super.setup();
        this.state = useState({open: false, kind: "on_site", start: "", stop: ""});
    }

    get lines() {
        return this.mission.times;
    }

    get kinds() {
        return Object.entries(timeLabels()).map(([value, label]) => ({value, label}));
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

    /** What was typed, in UTC: on the day on which the work began; past midnight is the next day. */
    get segment() {
        const {start, stop} = this.state;
        if (!start || !stop || start === stop) {
            return null;
        }
        const {tz, actual_start} = this.mission;
        const day = dayOf(fromText(actual_start) || new Date(this.store.now), tz);
        return {start: fromLocal(day, start, tz), stop: fromLocal(day, stop, tz, stop < start)};
    }

    /** Why the server would refuse it, found without it. */
    get problem() {
        const {segment} = this;
        if (!segment) {
            return "";
        }
        if (fromText(segment.stop).getTime() > this.store.now + 60000) {
            return _t("This time is not over yet.");
        }
        const overlaps = this.store.missions.some((mission) =>
            mission.times.some(
                (line) =>
                    line.mine &&
                    line.start < segment.stop &&
                    (!line.stop || line.stop > segment.start)
            )
        );
        return overlaps ? _t("It overlaps another of your times.") : "";
    }

    async add() {
        const {kind} = this.state;
        const {segment} = this;
        Object.assign(this.state, {open: false, start: "", stop: ""});
        await this.perform("time.add", {kind, ...segment});
    }
}
