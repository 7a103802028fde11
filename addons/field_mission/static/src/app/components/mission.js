import {useRef, useState} from "@odoo/owl";
import {fromText, hour, spent} from "../core/clock";
import {_t} from "../core/i18n";
import {accessLabels, stateLabel} from "../core/labels";
import {doneBlockers} from "../core/reducer";
import {getPanels, getStartBlockers} from "../core/registry";
import {FieldComponent} from "./base";
import {Icon} from "./icon";
import "./documents";
import "./nonconformity";
import "./panels";
import "./suggestion";
import "./visit_notice";

export class MissionPage extends FieldComponent {
    static template = "field_mission.Mission";
    static components = {Icon};

    setup() {
        super.setup();
        this.root = useRef("root");
        this.state = useState({open: this.suggested, asking: null, reason: ""});
    }

    /** Before the work people need to know where; during it, the checklist. */
    get suggested() {
        const mission = this.mission;
        return mission?.state === "in_progress" && mission.checks.length ? "checks" : "info";
    }

    get panels() {
        return getPanels().filter((panel) => panel.visible(this.mission));
    }

    toggle(name, event) {
        this.state.open = this.state.open === name ? null : name;
        const panel = event.currentTarget.closest(".f-panel");
        // The panel above may close: what was tapped must not leave the screen.
        setTimeout(() => panel.scrollIntoView({block: "start"}), 50);
    }

    get slot() {
        const {mission, store} = this;
        const start = hour(mission.planned_start, mission.tz, store.lang);
        return start ? `${start} – ${hour(mission.planned_end, mission.tz, store.lang)}` : "";
    }

    get label() {
        return stateLabel(this.mission, this.store.running);
    }

    get runningHere() {
        const {running} = this.store;
        return running?.mission.id === this.mission.id ? running.line : null;
    }

    get elapsed() {
        const line = this.runningHere;
        return line ? spent(this.store.now - fromText(line.start).getTime()) : "";
    }

    get mapLink() {
        const {latitude, longitude, name} = this.mission.site;
        if (!latitude && !longitude) {
            return null;
        }
        return `geo:${latitude},${longitude}?q=${latitude},${longitude}(${encodeURIComponent(name)})`;
    }

    get webMapLink() {
        const {latitude, longitude} = this.mission.site;
        return latitude || longitude
            ? `https://www.openstreetmap.org/directions?to=${latitude}%2C${longitude}`
            : null;
    }

    get isApple() {
        return /iPhone|iPad|Macintosh/.test(navigator.userAgent);
    }

    get navigationLink() {
        const {latitude, longitude} = this.mission.site;
        if (!latitude && !longitude) {
            return null;
        }
        return this.isApple
            ? `https://maps.apple.com/?daddr=${latitude},${longitude}`
            : this.mapLink;
    }

    /** What the big buttons at the bottom do next. */
    get steps() {
        const {mission, runningHere} = this;
        if (mission.state === "planned") {
            const steps = [
                {kind: "mission.arrive", label: _t("I'm here"), icon: "pin", main: true},
            ];
            if (runningHere?.kind !== "travel") {
                steps.unshift({kind: "mission.travel", label: _t("On the way"), icon: "route"});
            }
            return steps;
        }
        if (mission.state !== "in_progress") {
            return [];
        }
        const finish = this.lastStep;
        if (!runningHere) {
            return [{kind: "mission.arrive", label: _t("I'm here"), icon: "pin"}, finish];
        }
        if (runningHere.kind === "on_site") {
            return [{kind: "mission.pause", label: _t("Break"), icon: "pause"}, finish];
        }
        if (runningHere.kind === "travel") {
            return [{kind: "mission.arrive", label: _t("I'm here"), icon: "pin", main: true}];
        }
        return [{kind: "mission.resume", label: _t("Back to work"), icon: "play"}, finish];
    }

    /** Finish, or the first of what is missing: nobody should have to find out by being refused. */
    get lastStep() {
        const [todo] = this.mission.responsible ? this.missing : [];
        return todo
            ? {...todo, kind: "todo"}
            : {kind: "done", label: _t("Finish"), icon: "check", main: true};
    }

    /** @returns {{panel: string, icon: string, label: string}[]} what is missing, and where to do it */
    get missing() {
        const keys = doneBlockers(this.mission).map((blocker) => blocker.key);
        const checks = keys.filter((key) => key === "check").length;
        return [
            checks && {
                panel: "checks",
                icon: "list",
                label: checks === 1 ? _t("1 check to do") : _t("%s checks to do", checks),
            },
            keys.includes("photo") && {
                panel: "photos",
                icon: "camera",
                label: _t("Photo to take"),
            },
            keys.includes("signature") && {
                panel: "signature",
                icon: "pen",
                label: _t("Signature to get"),
            },
        ].filter(Boolean);
    }

    /** Open a panel where something is missing, at the first check that waits for its answer. */
    lead(panel) {
        this.state.open = panel;
        setTimeout(() => {
            const place = this.root.el.querySelector(`.f-panel[data-panel="${panel}"]`);
            const check = place.querySelector(".f-check-todo:has(.f-required)");
            (check || place).scrollIntoView({block: check ? "center" : "start"});
        }, 50);
    }

    async take(step) {
        if (step.kind === "todo") {
            this.lead(step.panel);
            return;
        }
        const [blocker] = step.kind === "mission.arrive" ? this.startBlockers : [];
        if (blocker) {
            this.state.open = blocker.panel;
            this.state.asking = "start";
            return;
        }
        if (step.kind !== "done") {
            await this.perform(step.kind);
            if (step.kind === "mission.arrive") {
                this.state.open = this.suggested;
            }
            return;
        }
        this.state.asking = "done";
    }

    get startBlockers() {
        return this.mission.state === "planned" ? getStartBlockers(this.mission) : [];
    }

    get blockers() {
        return doneBlockers(this.mission).map(
            (blocker) =>
                ({
                    photo: _t("a photo"),
                    signature: _t("the customer's signature, or why there is none"),
                })[blocker.key] || blocker.name
        );
    }

    async finish() {
        this.state.asking = null;
        await this.perform("mission.done");
    }

    async reschedule() {
        const reason = this.state.reason.trim();
        if (!reason) {
            return;
        }
        this.state.asking = null;
        await this.perform("mission.reschedule", {reason});
    }

    accessLabel(kind) {
        return accessLabels()[kind];
    }
}
