import {useState} from "@odoo/owl";
import {dayOf, dayTitle, fromLocal, fromText, hour} from "../core/clock";
import {findForgotten} from "../core/forgotten";
import {_t} from "../core/i18n";
import {timeLabels} from "../core/labels";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

const HOUR = 60 * 60 * 1000;
const WEEK = 7 * 24 * HOUR;

/** “Are you still there?”: asked once the visit must be over, with an end to accept or correct. */
export class ForgottenStop extends FieldComponent {
    static template = "field_mission.ForgottenStop";
    static components = {Icon};

    setup() {
        super.setup();
        this.state = useState({start: "", stop: ""});
    }

    get answered() {
        return this.store.kept.stops || {};
    }

    get found() {
        return findForgotten(this.store.missions, this.store.now, this.answered);
    }

    time(text) {
        return hour(text, this.found.mission.tz, this.store.lang);
    }

    get question() {
        const {mission, line} = this.found;
        const {tz} = mission;
        const day = dayOf(fromText(line.start), tz);
        const since =
            day === this.store.today
                ? this.time(line.start)
                : `${dayTitle(day, this.store.lang)}, ${this.time(line.start)}`;
        const what = timeLabels()[line.kind];
        return line.stop
            ? _t("“%(what)s” ran from %(since)s until you arrived at the next site.", {what, since})
            : _t("“%(what)s” has been running since %(since)s.", {what, since});
    }

    /** What is in the box: what was typed for this segment, else what is proposed. */
    get value() {
        const {line, proposed, mission} = this.found;
        if (this.state.start === line.start) {
            return this.state.stop;
        }
        // A time input reads 24 hours, whatever the language.
        return hour(proposed, mission.tz, "en-GB");
    }

    type(event) {
        this.state.start = this.found.line.start;
        this.state.stop = event.target.value;
    }

    /** The end in UTC: on the day on which the segment began; past midnight is the next day. */
    get stop() {
        if (!this.value) {
            return null;
        }
        const {mission, line} = this.found;
        const begun = hour(line.start, mission.tz, "en-GB");
        const day = dayOf(fromText(line.start), mission.tz);
        return fromLocal(day, this.value, mission.tz, this.value < begun);
    }

    get problem() {
        const {stop} = this;
        const {line} = this.found;
        if (stop && fromText(stop).getTime() > this.store.now) {
            return _t("This time is not over yet.");
        }
        if (stop && line.stop && stop > line.stop) {
            return _t("You had arrived at the next site by then.");
        }
        return "";
    }

    async accept() {
        const {mission, line} = this.found;
        const {stop} = this;
        await this.store.perform("time.stop", mission, {start: line.start, stop});
        this.store.say("saved");
    }

    /** Right as it is: not asked again, or in two hours where it still runs. */
    async leave() {
        const {line} = this.found;
        const {now} = this.store;
        const kept = Object.entries(this.answered).filter(([, until]) => until > now);
        await this.store.keep("stops", {
            ...Object.fromEntries(kept),
            [line.start]: now + (line.stop ? WEEK : 2 * HOUR),
        });
    }
}
