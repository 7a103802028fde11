import {FieldComponent} from "@field_mission/app/components/base";
import {Icon} from "@field_mission/app/components/icon";
import {dayShort, hour} from "@field_mission/app/core/clock";
import {_t} from "@field_mission/app/core/i18n";
import {addDayBlock, addWatcher} from "@field_mission/app/core/registry";
import {findChanges, seeAll, takeSilently} from "./tour_changes";

const NAMED = 6;

/** "Your tour changed", naming what since the user last said so. */
export class TourBanner extends FieldComponent {
    static template = "field_planning.TourBanner";
    static components = {Icon};

    get changes() {
        const {kept, missions, today} = this.store;
        return kept.tour ? findChanges(kept.tour, missions, today) : [];
    }

    get named() {
        return this.changes.slice(0, NAMED);
    }

    get others() {
        return Math.max(0, this.changes.length - NAMED);
    }

    moment(plan) {
        const {lang, today} = this.store;
        const time = hour(plan.start, plan.tz, lang);
        return plan.day === today ? time : `${dayShort(plan.day, lang)} ${time}`.trim();
    }

    text({kind, was, now}) {
        const {site} = now || was;
        if (kind === "added") {
            return _t("New: %(site)s, %(now)s", {site, now: this.moment(now)});
        }
        if (kind === "removed") {
            return _t("Taken off: %(site)s, %(was)s", {site, was: this.moment(was)});
        }
        if (kind === "moved") {
            const moments = {was: this.moment(was), now: this.moment(now)};
            return _t("Moved: %(site)s, %(was)s → %(now)s", {site, ...moments});
        }
        const values = {site, now: this.moment(now)};
        return _t("Changed: %(site)s, %(now)s (duration or colleagues)", values);
    }

    understood() {
        return this.store.keep("tour", seeAll(this.store.missions, this.store.today));
    }
}

addDayBlock("tour", {
    sequence: 10,
    component: TourBanner,
    visible: ({kept, missions, today}) =>
        Boolean(kept.tour) && findChanges(kept.tour, missions, today).length > 0,
});

addWatcher("tour", (store) => {
    if (!store.lastSync && !store.snapshot.missions.length) {
        // Nothing has come from the office yet: all of it would be news.
        return;
    }
    const seen = takeSilently(store.kept.tour, store.missions, store.today);
    if (seen !== store.kept.tour) {
        store.keep("tour", seen);
    }
});
