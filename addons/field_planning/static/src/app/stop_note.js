import {FieldComponent} from "@field_mission/app/components/base";
import {Icon} from "@field_mission/app/components/icon";
import {fromText, hour, spent, toText} from "@field_mission/app/core/clock";
import {_t} from "@field_mission/app/core/i18n";
import {addCardNote} from "@field_mission/app/core/registry";
import {expectedArrivals} from "./arrivals";

/** The way to a stop and when one gets there, above its card. */
export class StopNote extends FieldComponent {
    static template = "field_planning.StopNote";
    static components = {Icon};

    get arrival() {
        const {store, props} = this;
        const day = store.missionsOf(props.day);
        return expectedArrivals(day, store.now, props.day === store.today).get(props.missionId);
    }

    get travelText() {
        const {travel, state} = this.mission;
        // The way there matters as long as one still has to go.
        if (!travel?.minutes || state !== "planned") {
            return "";
        }
        const km = travel.km.toLocaleString(this.store.lang, {maximumFractionDigits: 1});
        return _t("%(time)s · %(km)s km", {time: spent(travel.minutes * 60000), km});
    }

    get arrivalText() {
        const {arrival, mission, store} = this;
        if (!arrival || this.props.day !== store.today) {
            return "";
        }
        const text = hour(toText(new Date(arrival)), mission.tz, store.lang);
        return _t("there at %s", text);
    }

    get isLate() {
        const limit = this.mission.promised_end;
        return Boolean(limit && this.arrival > fromText(limit).getTime());
    }
}

addCardNote("travel", {sequence: 10, component: StopNote});
