import {onWillStart, useState} from "@odoo/owl";
import {moment} from "../core/clock";
import {_t} from "../core/i18n";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

export class DiagnosticsPage extends FieldComponent {
    static template = "field_mission.Diagnostics";
    static components = {Icon};

    setup() {
        super.setup();
        this.state = useState({used: null, quota: null});
        onWillStart(async () => {
            const estimate = await navigator.storage?.estimate?.();
            if (estimate) {
                Object.assign(this.state, {used: estimate.usage, quota: estimate.quota});
            }
        });
    }

    get lastSync() {
        const {lastSync, snapshot, lang} = this.store;
        return lastSync ? moment(lastSync, snapshot.user.tz, lang) : _t("Never");
    }

    get storage() {
        const {used, quota} = this.state;
        if (!quota) {
            return _t("Unknown");
        }
        const mega = (bytes) => Math.round(bytes / 1048576);
        return _t("%(used)s MB of %(quota)s MB", {used: mega(used), quota: mega(quota)});
    }

    get persisted() {
        return {true: _t("Protected"), false: _t("May be cleared by the browser")}[
            this.store.persisted
        ];
    }

    get drift() {
        const seconds = Math.abs(this.store.drift);
        if (seconds < 90) {
            return _t("Right");
        }
        return _t("%s minutes off", Math.round(seconds / 60));
    }

    get version() {
        return document.body.dataset.version;
    }

    async leave() {
        if (!(await this.store.leave())) {
            this.store.say("waiting");
        }
    }
}
