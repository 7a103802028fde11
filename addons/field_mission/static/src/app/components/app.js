import {onMounted, onWillUnmount, useState} from "@odoo/owl";
import {_t} from "../core/i18n";
import {FieldComponent} from "./base";
import {DayPage} from "./day";
import {DiagnosticsPage} from "./diagnostics";
import {ForgottenStop} from "./forgotten_stop";
import {Icon} from "./icon";
import {MissionPage} from "./mission";
import {OutboxPage} from "./outbox";

const MISSION = /^\/field\/m\/(\d+)$/;
const PAGES = {"/field/out": "outbox", "/field/dia": "diagnostics"};

export class FieldApp extends FieldComponent {
    static template = "field_mission.App";
    static components = {DayPage, MissionPage, OutboxPage, DiagnosticsPage, ForgottenStop, Icon};

    setup() {
        super.setup();
        this.route = useState(this._read());
        this.onPopState = () => Object.assign(this.route, this._read());
        onMounted(() => window.addEventListener("popstate", this.onPopState));
        onWillUnmount(() => window.removeEventListener("popstate", this.onPopState));
    }

    _read() {
        const path = window.location.pathname;
        const found = MISSION.exec(path);
        if (found) {
            return {page: "mission", missionId: Number(found[1])};
        }
        return {page: PAGES[path] || "day", missionId: null};
    }

    go(path) {
        window.history.pushState({}, "", path);
        Object.assign(this.route, this._read());
        window.scrollTo(0, 0);
    }

    /** Back where we came from; a page opened by its address goes to the day. */
    back() {
        this.go("/field");
    }

    restart() {
        window.location.reload();
    }

    get statusText() {
        const count = this.store.unsentCount;
        if (this.store.stranger) {
            return _t("Other user");
        }
        if (this.store.status === "expired") {
            return _t("Logged out");
        }
        if (this.store.status === "syncing") {
            return _t("Sending…");
        }
        if (count) {
            return _t("%s to send", count);
        }
        return this.store.status === "online" ? _t("Up to date") : _t("Offline");
    }

    get statusClass() {
        const {status, unsentCount, refused, held} = this.store;
        if (refused.length || held.length || status === "expired" || status === "other-user") {
            return "f-status f-status-bad";
        }
        return status === "online" && !unsentCount ? "f-status f-status-good" : "f-status";
    }

    get toastText() {
        return {
            full: _t("The phone's storage is full: this was not saved. Free some space."),
            unsaved: _t("This could not be saved on the phone. Try again."),
            photo: _t("This picture can't be read. Take another one."),
            saved: _t("Saved on the phone"),
            waiting: _t("Send what is waiting before you leave."),
            missing: _t("Something is still missing."),
            network: _t("This needs a network. Try again where there is one."),
            camera: _t("The camera can't be used here. Type the code instead."),
        }[this.store.toast];
    }

    /** Inside Odoo's own app, or a browser without workers: pages open only with a network. */
    get isWebview() {
        return /OdooMobile/i.test(navigator.userAgent) || !navigator.serviceWorker;
    }

    /** Safari forgets what a page kept after a week, unless it was put on the home screen. */
    get isSafariTab() {
        const isApple =
            /iPhone|iPad/.test(navigator.userAgent) ||
            (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
        return isApple && !navigator.standalone && !this.isWebview;
    }
}
