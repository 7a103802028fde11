import {onMounted, onPatched} from "@odoo/owl";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {serializeDate, serializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {utils as uiUtils} from "@web/core/ui/ui_service";
import {user} from "@web/core/user";
import {CalendarCommonRenderer} from "@web/views/calendar/calendar_common/calendar_common_renderer";
import {CalendarController} from "@web/views/calendar/calendar_controller";
import {CalendarModel} from "@web/views/calendar/calendar_model";
import {CalendarRenderer} from "@web/views/calendar/calendar_renderer";
import {calendarView} from "@web/views/calendar/calendar_view";
import {CalendarYearRenderer} from "@web/views/calendar/calendar_year/calendar_year_renderer";

const MOVABLE = ["draft", "planned", "to_reschedule"];

/** Hours as people read them in a small cell: 6.5 -> "6:30". */
export function formatHours(hours) {
    const minutes = Math.round(hours * 60);
    const rest = minutes % 60;
    return rest
        ? `${Math.floor(minutes / 60)}:${String(rest).padStart(2, "0")}`
        : `${minutes / 60}`;
}

/**
 * Hours of a day and its number of visits, as short as the cell: a phone's has room for whole hours.
 *
 * @returns {{hours: string, count: string} | null} null for a day gone by without visits
 */
export function loadWords(day, {planned, available, count}, {today, isSmall}) {
    if (!count && (!available || day < today)) {
        return null;
    }
    const format = isSmall ? (hours) => String(Math.round(hours)) : formatHours;
    return {
        hours: `${format(planned)} / ${format(available)} h`,
        count: count && !isSmall ? `· ${count}` : "",
    };
}

/** Level of a day's load, for its colour. */
export function loadLevel({planned, available}) {
    if (!planned) {
        return "none";
    }
    if (planned > available) {
        return "over";
    }
    return planned >= 0.6 * available ? "full" : "low";
}

/**
 * Calendar of missions or tours: hours and holidays behind the days, visits without an hour on top, moves that are
 * checked like those of the board, colours and filters that stay with the user.
 */
export class FieldCalendarModel extends CalendarModel {
    static services = [...CalendarModel.services, "dialog"];

    setup(params, services) {
        super.setup(params, services);
        this.dialog = services.dialog;
        this.data.days = {};
        this.data.holidays = [];
        this.isPlanner = false;
        const {color} = this.kept;
        if (color && this.colorFields.includes(color)) {
            this.meta.fieldMapping = {...this.meta.fieldMapping, color};
        }
    }

    get isOfMissions() {
        return this.meta.resModel === "field.mission";
    }

    /** What this user left: colour and switched-off filters, by model. */
    get kept() {
        return (user.settings?.field_calendar || {})[this.meta.resModel] || {};
    }

    async keep(changes) {
        const all = user.settings?.field_calendar || {};
        const own = {...this.kept, ...changes};
        await user.setUserSettings("field_calendar", {...all, [this.meta.resModel]: own});
    }

    get colorFields() {
        return ["technician_id", "team_id", "zone_id", "service_type_id"].filter(
            (name) => name in this.meta.fields
        );
    }

    get colorField() {
        return this.meta.fieldMapping.color;
    }

    async setColorField(name) {
        this.meta.fieldMapping = {...this.meta.fieldMapping, color: name};
        this.keep({color: name});
        await this.load();
    }

    get canEdit() {
        return super.canEdit && this.isPlanner;
    }

    get canCreate() {
        return super.canCreate && this.isPlanner;
    }

    get canDelete() {
        return false;
    }

    isMovable(record) {
        const {state, validated} = record.rawRecord;
        return this.canEdit && this.isOfMissions && MOVABLE.includes(state) && !validated;
    }

    async load(params = {}) {
        this.isPlanner = await user.hasGroup("field_mission.group_field_planner");
        return super.load(params);
    }

    async updateData(data) {
        await super.updateData(data);
        const answer = await this.orm.call(this.meta.resModel, "get_calendar_days", [
            [...this.meta.domain, ...this.computeFiltersDomain(data)],
            serializeDate(data.range.start),
            serializeDate(data.range.end),
            this.getChosenTechnicians(data),
        ]);
        data.days = answer.days;
        data.holidays = answer.holidays;
        data.unusualDays = answer.off;
    }

    /** Technicians whose hours count: all, unless some are switched off in the side panel. */
    getChosenTechnicians(data) {
        const filters = data.filterSections.technician_id?.filters || [];
        if (filters.every((filter) => filter.active)) {
            return null;
        }
        return filters
            .filter((filter) => filter.active && filter.value)
            .map((filter) => filter.value);
    }

    getHolidays(day) {
        return this.data.holidays.filter((one) => one.from <= day && day <= one.to);
    }

    // ------------------------------------------------------------------ visits without an hour

    async fetchRecords(data) {
        const timed = await super.fetchRecords(data);
        if (!this.isOfMissions || this.dateStartType === "date") {
            return timed;
        }
        const {context, fieldNames, resModel, activeFields} = this.meta;
        const anytime = await this.orm.searchRead(
            resModel,
            [
                ...this.meta.domain,
                ["planned_start", "=", false],
                ["mission_date", ">=", serializeDate(data.range.start)],
                ["mission_date", "<=", serializeDate(data.range.end)],
                ...this.computeFiltersDomain(data),
            ],
            [...new Set([...fieldNames, ...Object.keys(activeFields)])],
            {context}
        );
        return [...timed, ...anytime];
    }

    normalizeRecord(rawRecord) {
        const {date_start: start, date_stop: stop} = this.meta.fieldMapping;
        if (!this.isOfMissions || this.dateStartType === "date" || rawRecord[start]) {
            const record = super.normalizeRecord(rawRecord);
            record.isHatched =
                this.isOfMissions && rawRecord.state === "planned" && !rawRecord.published;
            record.isStriked = rawRecord.state === "cancelled";
            return record;
        }
        // No hour yet: on top of the promised day.
        const day = `${rawRecord.mission_date} 12:00:00`;
        const record = super.normalizeRecord({...rawRecord, [start]: day, [stop]: day});
        const {DateTime} = luxon;
        record.start = DateTime.fromISO(rawRecord.mission_date).startOf("day");
        return Object.assign(record, {
            end: record.start,
            isAllDay: true,
            isTimeHidden: true,
            isHatched: true,
            isAnytime: true,
            rawRecord,
        });
    }

    // ------------------------------------------------------------------ filters that stay

    makeFilterDynamic(filterInfo, previousFilter, fieldName, rawFilter, rawColors) {
        const filter = super.makeFilterDynamic(
            filterInfo,
            previousFilter,
            fieldName,
            rawFilter,
            rawColors
        );
        const off = (this.kept.off || {})[fieldName] || [];
        if (!previousFilter && off.includes(filter.value)) {
            filter.active = false;
        }
        return filter;
    }

    async updateFilters(fieldName, filters, active) {
        const off = new Set((this.kept.off || {})[fieldName] || []);
        for (const {value} of filters) {
            if (active) {
                off.delete(value);
            } else {
                off.add(value);
            }
        }
        this.keep({off: {...this.kept.off, [fieldName]: [...off]}});
        return super.updateFilters(fieldName, filters, active);
    }

    // ------------------------------------------------------------------ moves

    /** A visit dragged or stretched: checked and written like a drop on the board. */
    async updateRecord(record) {
        const known = this.records[record.id];
        if (!this.isOfMissions || !known) {
            return super.updateRecord(record);
        }
        if (record.isAllDay || !this.isMovable(known)) {
            this.notification.add(_t("Drop the visit on an hour of a day."), {type: "warning"});
            return this.load();
        }
        const {rawRecord} = known;
        const hours = record.end?.isValid ? record.end.diff(record.start, "hours").hours : 0;
        const move = {
            id: record.id,
            plan_version: rawRecord.plan_version,
            planned_start: serializeDateTime(record.start),
            planned_duration: known.isAnytime || hours <= 0 ? rawRecord.planned_duration : hours,
        };
        return this.place(move, []);
    }

    async place(move, confirmed) {
        const answer = await this.orm.call("field.mission", "action_place", [[move], confirmed]);
        if (answer.to_confirm.length) {
            return this.askAndPlace(move, answer.to_confirm[0].issues);
        }
        for (const {issues} of answer.refused) {
            this.notification.add(issues.map((issue) => issue.message).join("\n"), {
                type: "danger",
            });
        }
        if (answer.conflicts.length) {
            this.notification.add(_t("Somebody moved this visit meanwhile."), {type: "warning"});
        }
        return this.load();
    }

    askAndPlace(move, issues) {
        return new Promise((resolve) => {
            this.dialog.add(
                ConfirmationDialog,
                {
                    title: _t("Move the visit all the same?"),
                    body: issues.map((issue) => issue.message).join("\n"),
                    confirmLabel: _t("Move"),
                    confirm: () => this.place(move, [move.id]).then(resolve),
                    cancel: () => this.load().then(resolve),
                },
                {onClose: resolve}
            );
        });
    }
}

/** Draw hours and holidays into the cells that FullCalendar made. */
function decorate(root, model) {
    for (const old of root.querySelectorAll(".o_field_day_load, .o_field_day_holiday")) {
        old.remove();
    }
    const today = luxon.DateTime.now().toISODate();
    const isSmall = uiUtils.isSmall();
    for (const cell of root.querySelectorAll(
        ".fc-daygrid-day[data-date], .fc-col-header-cell[data-date]"
    )) {
        const day = cell.dataset.date;
        const holidays = model.getHolidays(day);
        cell.classList.toggle(
            "o_field_holiday_public",
            holidays.some((one) => one.kind === "public")
        );
        cell.classList.toggle(
            "o_field_holiday_school",
            holidays.some((one) => one.kind === "school")
        );
        const isMonth = model.scale === "month";
        const isHeader = cell.classList.contains("fc-col-header-cell");
        if (isMonth === isHeader) {
            continue;
        }
        const place = isMonth
            ? cell.querySelector(".fc-daygrid-day-top")
            : cell.querySelector(".fc-scrollgrid-sync-inner");
        if (!place) {
            continue;
        }
        if (holidays.length) {
            const band = document.createElement("span");
            band.className = "o_field_day_holiday text-truncate";
            band.textContent = holidays.map((one) => one.name).join(", ");
            band.title = band.textContent;
            place.append(band);
        }
        const total = model.data.days[day];
        const words = total && loadWords(day, total, {today, isSmall});
        if (words) {
            const load = document.createElement("span");
            load.className = `o_field_day_load o_field_load_${loadLevel(total)}`;
            load.textContent = words.hours;
            load.title = _t(
                "%(count)s visits, %(planned)s h planned of %(available)s h available",
                {
                    count: total.count,
                    planned: formatHours(total.planned),
                    available: formatHours(total.available),
                }
            );
            if (words.count) {
                const count = document.createElement("b");
                count.className = "ms-1";
                count.textContent = words.count;
                load.append(count);
            }
            place.append(load);
        }
    }
}

export class FieldCalendarCommonRenderer extends CalendarCommonRenderer {
    setup() {
        super.setup();
        onMounted(() => decorate(this.fc.el, this.props.model));
        onPatched(() => decorate(this.fc.el, this.props.model));
    }

    convertRecordToEvent(record) {
        const event = super.convertRecordToEvent(record);
        return {...event, editable: this.props.model.isMovable(record)};
    }

    onDateClick(info) {
        if (this.props.model.scale === "month") {
            return this.props.model.load({
                scale: "day",
                date: luxon.DateTime.fromISO(info.dateStr),
            });
        }
        return super.onDateClick(info);
    }
}

export class FieldCalendarYearRenderer extends CalendarYearRenderer {
    setup() {
        super.setup();
        onMounted(() => decorate(this.rootRef.el, this.props.model));
        onPatched(() => decorate(this.rootRef.el, this.props.model));
    }

    convertRecordToEvent(record) {
        return {...super.convertRecordToEvent(record), editable: false};
    }
}

export class FieldCalendarRenderer extends CalendarRenderer {
    static components = {
        ...CalendarRenderer.components,
        day: FieldCalendarCommonRenderer,
        week: FieldCalendarCommonRenderer,
        month: FieldCalendarCommonRenderer,
        year: FieldCalendarYearRenderer,
    };
}

export class FieldCalendarController extends CalendarController {
    get colorChoices() {
        return this.model.colorFields.map((name) => ({
            name,
            label: this.props.fields[name].string,
        }));
    }

    onColorChange(ev) {
        return this.model.setColorField(ev.target.value);
    }
}

export const fieldCalendarView = {
    ...calendarView,
    Controller: FieldCalendarController,
    Model: FieldCalendarModel,
    Renderer: FieldCalendarRenderer,
    buttonTemplate: "field_planning.FieldCalendar.controlButtons",
};

registry.category("views").add("field_calendar", fieldCalendarView);
