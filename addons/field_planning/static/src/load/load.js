/* global Chart */

import {Component, onWillStart, onWillUnmount, useEffect, useRef, useState} from "@odoo/owl";
import {loadBundle} from "@web/core/assets";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const {DateTime} = luxon;

/** Days, weeks or months against teams or people: how full they are, and what lacks. */
export class FieldLoad extends Component {
    static template = "field_planning.FieldLoad";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.ui = useService("ui");
        this.canvas = useRef("canvas");
        this.keepLast = new KeepLast();
        const kept = this.props.state || {};
        this.state = useState({
            params: kept.params || {
                scale: "week",
                group: "team",
                team_ids: [],
                zone_ids: [],
                skill_ids: [],
            },
            load: null,
        });
        onWillStart(async () => {
            await loadBundle("web.chartjs_lib");
            if (!this.state.params.date_from) {
                await this.setScale(this.state.params.scale);
            } else {
                await this.load();
            }
        });
        useEffect(
            () => this.draw(),
            () => [this.state.load]
        );
        onWillUnmount(() => this.chart?.destroy());
        this.env.config?.setDisplayName?.(_t("Load of the teams"));
    }

    // ------------------------------------------------------------------ what is asked

    get scales() {
        return [
            {value: "day", label: _t("Day")},
            {value: "week", label: _t("Week")},
            {value: "month", label: _t("Month")},
        ];
    }

    get groups() {
        return [
            {value: "team", label: _t("By team")},
            {value: "technician", label: _t("By technician")},
            {value: "zone", label: _t("By zone")},
            {value: "service_type", label: _t("By service type")},
        ];
    }

    get filters() {
        const options = this.state.load.options;
        return [
            {name: "team_ids", label: _t("All teams"), options: options.teams},
            {name: "zone_ids", label: _t("All zones"), options: options.zones},
            {name: "skill_ids", label: _t("All skills"), options: options.skills},
        ].filter((filter) => filter.options.length);
    }

    async setScale(scale) {
        const period = await this.orm.call("field.load", "get_default_period", [scale]);
        Object.assign(this.state.params, {scale, ...period});
        await this.load();
    }

    setGroup(group) {
        this.state.params.group = group;
        return this.load();
    }

    setFilter(name, ev) {
        const id = parseInt(ev.target.value);
        this.state.params[name] = id ? [id] : [];
        return this.load();
    }

    get period() {
        const {date_from, date_to} = this.state.params;
        const first = DateTime.fromISO(date_from);
        const last = DateTime.fromISO(date_to);
        return `${first.toLocaleString(DateTime.DATE_MED)} – ${last.toLocaleString(DateTime.DATE_MED)}`;
    }

    shift(direction) {
        const params = this.state.params;
        const first = DateTime.fromISO(params.date_from);
        const last = DateTime.fromISO(params.date_to);
        let moved;
        if (params.scale === "month") {
            moved = [
                first.plus({months: 6 * direction}),
                last
                    .plus({days: 1})
                    .plus({months: 6 * direction})
                    .minus({days: 1}),
            ];
        } else {
            const weeks = params.scale === "week" ? 4 : 1;
            moved = [first.plus({weeks: weeks * direction}), last.plus({weeks: weeks * direction})];
        }
        [params.date_from, params.date_to] = moved.map((day) => day.toISODate());
        return this.load();
    }

    today() {
        return this.setScale(this.state.params.scale);
    }

    async load() {
        const params = {...this.state.params};
        this.state.load = await this.keepLast.add(
            this.orm.call("field.load", "get_load", [params])
        );
        // What is on the screen was asked with these: a click on a cell means these days.
        this.shown = params;
    }

    // ------------------------------------------------------------------ what is shown

    get rows() {
        return this.state.load.rows;
    }

    get isEmpty() {
        const {rows, unassigned} = this.state.load;
        return (
            !unassigned.total.missions &&
            !unassigned.total.forecast_visits &&
            !rows.some(
                (row) => row.total.missions || row.total.forecast_visits || row.total.available
            )
        );
    }

    get byPeople() {
        return ["team", "technician"].includes(this.state.params.group);
    }

    hours(value) {
        const rounded = Math.round(value * 10) / 10;
        return formatFloat(rounded, {digits: [16, Number.isInteger(rounded) ? 0 : 1]});
    }

    main(cell) {
        if (this.byPeople && cell.percent !== null) {
            return `${cell.percent} %`;
        }
        return cell.work ? `${this.hours(cell.work)} h` : "";
    }

    detail(cell) {
        if (!this.byPeople || cell.percent === null) {
            return cell.missions ? `${cell.missions}` : "";
        }
        return `${this.hours(cell.work)} / ${this.hours(cell.available)} h`;
    }

    title(cell) {
        const lines = [
            _t("%s missions", cell.missions),
            _t("Planned: %s h", this.hours(cell.planned)),
            _t("Travel: %s h", this.hours(cell.travel)),
        ];
        if (cell.forecast_visits) {
            lines.push(
                _t("To come from contracts: %(visits)s visits, %(hours)s h", {
                    visits: cell.forecast_visits,
                    hours: this.hours(cell.forecast),
                })
            );
        }
        if (this.byPeople) {
            lines.push(_t("Available: %s h", this.hours(cell.available)));
        }
        return lines.join("\n");
    }

    cellClass(row, cell) {
        if (!this.byPeople || row.id === "unassigned") {
            return cell.work ? "o_field_load_plain" : "o_field_load_closed";
        }
        return `o_field_load_${cell.level}`;
    }

    draw() {
        if (!this.canvas.el || !this.state.load) {
            return;
        }
        const {columns, total, unassigned} = this.state.load;
        const style = getComputedStyle(document.documentElement);
        const color = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
        const bar = (label, values, background) => ({
            label,
            data: values,
            backgroundColor: background,
            stack: "work",
            order: 2,
        });
        const datasets = [
            bar(
                _t("Planned"),
                total.cells.map((cell) => cell.planned),
                "#1f77b4"
            ),
            bar(
                _t("Travel"),
                total.cells.map((cell) => cell.travel),
                "#9ecae1"
            ),
            bar(
                _t("To come from contracts"),
                total.cells.map((cell) => cell.forecast),
                "#bcbddc"
            ),
            bar(
                _t("Nobody yet"),
                unassigned.cells.map((cell) => cell.work),
                "#fdae6b"
            ),
        ];
        if (this.byPeople) {
            datasets.push({
                type: "line",
                label: _t("Available"),
                data: total.cells.map((cell) => cell.available),
                borderColor: color("--success", "#2ca02c"),
                backgroundColor: "transparent",
                stepped: "middle",
                pointRadius: 2,
                order: 1,
            });
        }
        this.chart?.destroy();
        this.chart = new Chart(this.canvas.el, {
            type: "bar",
            data: {labels: columns.map((column) => column.label), datasets},
            options: {
                maintainAspectRatio: false,
                animation: false,
                scales: {
                    x: {stacked: true, grid: {display: false}},
                    y: {stacked: true, title: {display: true, text: _t("hours")}},
                },
                plugins: {
                    legend: {
                        display: !this.ui.isSmall,
                        position: "bottom",
                        labels: {boxWidth: 12},
                    },
                },
                onClick: (_ev, [element]) => {
                    if (element) {
                        this.open(null, columns[element.index].key);
                    }
                },
            },
        });
    }

    // ------------------------------------------------------------------ what is opened

    async open(row, key, view) {
        const action = await this.orm.call("field.load", "get_load_action", [this.shown, row, key]);
        if (view) {
            action.views.sort(([, a], [, b]) => (b === view) - (a === view));
        }
        this.action.doAction(action);
    }
}

registry.category("actions").add("field_load", FieldLoad);
