import {Component, onWillStart, onWillUnmount, useState} from "@odoo/owl";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useBus, useService} from "@web/core/utils/hooks";
import {debounce} from "@web/core/utils/timing";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const CHANNEL = "field_planning.board";
const EACH = 60 * 1000;
const STORED = "field_planning.day";

/** Missions of the day: one line a technician, as the day goes. */
export class FieldDay extends Component {
    static template = "field_planning.Day";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.notification = useService("notification");
        const kept = JSON.parse(localStorage.getItem(STORED) || "{}");
        this.state = useState({
            data: null,
            team: kept.team || 0,
            zone: kept.zone || 0,
            late: Boolean(kept.late),
            busy: false,
        });
        this.reload = debounce(() => this.load(), 700);
        this.onBoard = () => this.reload();
        onWillStart(async () => {
            await this.load();
            this.bus.addChannel(CHANNEL);
            this.bus.subscribe("field_planning/board", this.onBoard);
            this.timer = setInterval(() => this.load(), EACH);
        });
        onWillUnmount(() => {
            clearInterval(this.timer);
            this.reload.cancel();
            this.bus.unsubscribe("field_planning/board", this.onBoard);
        });
        useBus(this.env.bus, "ACTION_MANAGER:UI-UPDATED", () => this.reload());
    }

    /** One read; an older answer never replaces a newer one. */
    async load() {
        const ticket = (this.ticket || 0) + 1;
        this.ticket = ticket;
        this.state.busy = true;
        try {
            const data = await this.orm.silent.call("field.day", "get_overview", [], {
                team_id: this.state.team || false,
                zone_id: this.state.zone || false,
            });
            if (ticket === this.ticket) {
                this.state.data = data;
                this.state.offline = false;
            }
        } catch (error) {
            if (!this.state.data) {
                throw error;
            }
            this.state.offline = true;
        } finally {
            if (ticket === this.ticket) {
                this.state.busy = false;
            }
        }
    }

    filter(name, value) {
        this.state[name] = value;
        const {team, zone, late} = this.state;
        localStorage.setItem(STORED, JSON.stringify({team, zone, late}));
        if (name !== "late") {
            this.load();
        }
    }

    get lines() {
        const {data, late} = this.state;
        return data.lines.filter(
            (line) => line.total && (!late || line.late || line.at_risk || line.unknown)
        );
    }

    get idle() {
        return this.state.late ? [] : this.state.data.lines.filter((line) => !line.total);
    }

    time(text, tz) {
        return text ? deserializeDateTime(text).setZone(tz).toFormat("HH:mm") : "";
    }

    share(line) {
        return Math.round((100 * line.done) / line.total);
    }

    /** What a technician does now, in words: "on site since 10:12". */
    doing(line) {
        if (!line.running) {
            return line.done === line.total ? _t("day finished") : "";
        }
        const since = this.time(line.running.since, line.tz);
        const words = {
            travel: _t("on the way since %s", since),
            on_site: _t("on site since %s", since),
            waiting: _t("waiting since %s", since),
            break: _t("on a break since %s", since),
        };
        return words[line.running.kind] || "";
    }

    next(line) {
        return line.next ? _t("next %s", this.time(line.next.at, line.tz)) : "";
    }

    contact(line) {
        return line.contact
            ? _t("last contact %s", this.contactTime(line))
            : _t("no contact lately");
    }

    contactTime(line) {
        const moment = deserializeDateTime(line.contact).setZone(line.tz);
        const now = deserializeDateTime(this.state.data.now).setZone(line.tz);
        return moment.hasSame(now, "day")
            ? moment.toFormat("HH:mm")
            : moment.toFormat("dd/MM HH:mm");
    }

    chipClass(chip, line) {
        const running = line.running && line.running.mission_id === chip.id;
        return {
            "o_field_day_chip btn text-start": true,
            o_done: ["done", "cancelled", "to_reschedule"].includes(chip.state),
            o_running: running || chip.state === "in_progress",
            o_draft: !chip.published && chip.state === "planned",
            [`o_${chip.delay}`]: Boolean(chip.delay) && chip.delay !== "on_time",
        };
    }

    chipIcon(chip, line) {
        if (chip.state === "done") {
            return "fa-check";
        }
        if (["cancelled", "to_reschedule"].includes(chip.state)) {
            return "fa-times";
        }
        const icons = {
            late: "fa-exclamation-circle",
            to_replan: "fa-calendar-times-o",
            at_risk: "fa-exclamation-triangle",
            unknown: "fa-question-circle",
        };
        if (icons[chip.delay]) {
            return icons[chip.delay];
        }
        if (line.running && line.running.mission_id === chip.id) {
            return line.running.kind === "travel" ? "fa-car" : "fa-play";
        }
        return "";
    }

    /** The hour of a chip: what happened, else what is expected, beside what was planned. */
    chipTime(chip, line) {
        if (chip.state === "in_progress" || chip.state === "done") {
            return this.time(chip.started || chip.planned, line.tz);
        }
        return this.time(chip.expected || chip.planned, line.tz);
    }

    chipPlan(chip, line) {
        const moved = chip.state === "planned" && chip.expected && chip.minutes > 0;
        return moved ? this.time(chip.planned, line.tz) : "";
    }

    chipTitle(chip, line) {
        const delays = {
            on_time: _t("On time"),
            late: _t("Late"),
            at_risk: _t("At risk"),
            to_replan: _t("Day over, not done"),
            unknown: _t("No news"),
        };
        const parts = [chip.name, chip.type, chip.site, chip.city];
        parts.push(_t("planned %s", this.time(chip.planned, line.tz)));
        if (chip.promised) {
            parts.push(_t("promised %s", chip.promised));
        }
        if (chip.delay) {
            parts.push(
                chip.minutes ? `${delays[chip.delay]} (+${chip.minutes} min)` : delays[chip.delay]
            );
        }
        if (chip.told) {
            parts.push(_t("customer told %s", this.time(chip.told, line.tz)));
        }
        if (chip.helper) {
            parts.push(_t("as a helper"));
        }
        return parts.filter(Boolean).join(" · ");
    }

    openMission(id) {
        this._open("field.mission", id);
    }

    openTour(line) {
        this._open("field.tour", line.tour_id);
    }

    _open(model, id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openMap(line) {
        this.action.doAction("field_planning.field_tour_action_map", {
            additionalContext: {search_default_technician_id: line.employee_id},
        });
    }

    /** The missions behind a figure. */
    openList(delay) {
        const domains = {
            to_replan: [["delay_state", "=", "to_replan"]],
            asked: [["pick_requester_id", "!=", false]],
        };
        this.action.doAction({
            type: "ir.actions.act_window",
            name: delay === "asked" ? _t("Asked for by technicians") : _t("Day over, not done"),
            res_model: "field.mission",
            domain: domains[delay],
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    }

    async tell() {
        const action = await this.orm.call("field.mission", "action_tell_delay", [[]]);
        this.action.doAction(action, {onClose: () => this.load()});
    }
}

registry.category("actions").add("field_planning.day", FieldDay);
