/** Words and icons of the board. Nothing is told by a colour alone. */

import {localization} from "@web/core/l10n/localization";
import {_t} from "@web/core/l10n/translation";

import {formatMinutes} from "./field_board_geometry";

const {DateTime} = luxon;

const texts = new Map();

/** Formatting dates is slow, and the same instants come back at every drawing. */
function remember(kind, moment, format) {
    const key = `${kind}${moment}`;
    if (!texts.has(key)) {
        if (texts.size > 5000) {
            texts.clear();
        }
        texts.set(key, format(DateTime.fromMillis(moment)));
    }
    return texts.get(key);
}

/** Wall-clock time of an instant, in the user's time zone and format. */
export function formatTime(moment) {
    return remember("time", moment, (date) =>
        date.toFormat(localization.timeFormat.replace(":ss", ""))
    );
}

export function formatDay(moment) {
    return remember("day", moment, (date) =>
        date.toLocaleString({weekday: "short", day: "numeric", month: "short"})
    );
}

export function formatLetter(moment) {
    return remember("letter", moment, (date) => date.toLocaleString({weekday: "narrow"}));
}

/** What happened to a mission: key for its colours, icon and words. */
export function statusOf(mission) {
    if (mission.validated) {
        return {key: "done", icon: "fa-check-circle", label: _t("Validated")};
    }
    switch (mission.state) {
        case "done":
            return {key: "done", icon: "fa-check", label: _t("Visit done")};
        case "in_progress":
            return {key: "progress", icon: "fa-play", label: _t("In progress")};
        case "to_reschedule":
            return {key: "again", icon: "fa-repeat", label: _t("To reschedule")};
        case "planned":
            return mission.published
                ? {key: "published", icon: "fa-paper-plane", label: _t("Published")}
                : {key: "draft", icon: "fa-pencil", label: _t("Planned, not published yet")};
    }
    return {key: "tray", icon: "fa-inbox", label: _t("To plan")};
}

/** Whether a mission is late or about to be, as who follows the day says; else by the clock. */
export function delayOf(mission) {
    const words = {
        late: {key: "late", icon: "fa-exclamation-triangle", label: _t("Late")},
        at_risk: {key: "risk", icon: "fa-hourglass-half", label: _t("At risk of being late")},
        to_replan: {key: "late", icon: "fa-calendar-times-o", label: _t("Not done: to replan")},
        unknown: {key: "risk", icon: "fa-question-circle", label: _t("No news of the technician")},
    };
    if (mission.delay_state) {
        return words[mission.delay_state] || null;
    }
    const limit = mission.promised_to || mission.stop;
    const waits = ["planned", "draft"].includes(mission.state);
    return waits && limit && limit < Date.now() ? words.late : null;
}

/** Marks beside the status: `[{ icon, label }]`. */
export function marksOf(mission, {helper = false, conflict = false, broken = false} = {}) {
    const marks = [];
    const delay = delayOf(mission);
    if (delay) {
        marks.push(delay);
    }
    if (broken) {
        marks.push({icon: "fa-handshake-o", label: _t("Outside the promised slot")});
    }
    if (conflict) {
        marks.push({icon: "fa-bolt", label: _t("Conflict in the tour")});
    }
    if (mission.is_locked) {
        marks.push({icon: "fa-lock", label: _t("Fixed")});
    }
    if (Number(mission.priority) > 0) {
        marks.push({icon: "fa-star", label: _t("Priority %s", mission.priority)});
    }
    if (helper) {
        marks.push({icon: "fa-users", label: _t("Helps")});
    }
    if (!mission.located) {
        marks.push({icon: "fa-map-marker", label: _t("The site has no coordinates")});
    }
    return marks;
}

/** Whether people can be sent there, in words and a shape of its own; null where nobody says. */
export function lightOf(mission, light) {
    if (!light || !["draft", "planned", "to_reschedule"].includes(mission.state)) {
        return null;
    }
    const known = {
        red: {key: "red", icon: "fa-minus-circle", label: _t("Not ready")},
        orange: {key: "orange", icon: "fa-exclamation-circle", label: _t("To look at")},
        green: {key: "green", icon: "fa-circle", label: _t("Ready")},
    }[light.level];
    return known ? {...known, reasons: light.reasons} : null;
}

/** A light as one line of text: what is missing named. */
export function describeLight(light) {
    return light.reasons.length
        ? _t("%(light)s: %(reasons)s", {light: light.label, reasons: light.reasons.join(" ")})
        : light.label;
}

/** The promise as hours; its day where the day shown is another one or none. */
export function promiseOf(mission) {
    const {promised_kind: kind, promised_from: from, promised_to: to} = mission;
    if (kind === "none") {
        return "";
    }
    const day = mission.promised_date
        ? DateTime.fromISO(mission.promised_date).toLocaleString({day: "numeric", month: "short"})
        : "";
    const showDay =
        day && (!mission.start || mission.promised_date !== mission.date) ? `${day} ` : "";
    if (kind === "day") {
        return showDay.trim();
    }
    if (!from) {
        return showDay;
    }
    const hours = kind === "exact" ? formatTime(from) : `${formatTime(from)}–${formatTime(to)}`;
    return showDay + hours;
}

/** One sentence for a screen reader and the title of a pill. */
export function describe(mission, marks, light = null) {
    const parts = [
        mission.start ? `${formatTime(mission.start)}–${formatTime(mission.stop)}` : "",
        mission.site,
        mission.city,
        mission.type,
        formatMinutes(mission.minutes),
        statusOf(mission).label,
        ...marks.map((mark) => mark.label),
    ];
    const promise = promiseOf(mission);
    if (promise) {
        parts.push(_t("promised %s", promise));
    }
    if (light) {
        parts.push(describeLight(light));
    }
    return parts.filter(Boolean).join(" · ");
}

export function describeLoad(load) {
    if (!load.available && !load.busy) {
        return _t("No working hours");
    }
    return _t("%(percent)s %: work %(work)s, travel %(travel)s, break %(lunch)s of %(available)s", {
        percent: load.percent >= 999 ? ">100" : load.percent,
        work: formatMinutes(load.work),
        travel: formatMinutes(load.travel),
        lunch: formatMinutes(load.lunch),
        available: formatMinutes(load.available),
    });
}

/** Up to two initials. */
export function initialsOf(name) {
    const words = (name || "").trim().split(/\s+/).filter(Boolean);
    const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
    return ends.map((word) => word[0].toUpperCase()).join("");
}
