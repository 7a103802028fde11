/** Instants travel as UTC texts "YYYY-MM-DD HH:MM:SS", as Odoo writes them. */

export function toText(date) {
    return date.toISOString().slice(0, 19).replace("T", " ");
}

export function fromText(text) {
    return text ? new Date(text.replace(" ", "T") + "Z") : null;
}

export function nowText() {
    return toText(new Date());
}

const formats = new Map();

function format(locale, options) {
    const key = JSON.stringify([locale, options]);
    if (!formats.has(key)) {
        formats.set(key, new Intl.DateTimeFormat(locale, options));
    }
    return formats.get(key);
}

export function hour(text, tz, locale) {
    const date = fromText(text);
    return date
        ? format(locale, {hour: "2-digit", minute: "2-digit", timeZone: tz}).format(date)
        : "";
}

export function dayTitle(day, locale) {
    const date = fromText(`${day} 12:00:00`);
    const options = {weekday: "long", day: "numeric", month: "long", timeZone: "UTC"};
    return format(locale, options).format(date);
}

export function dayShort(day, locale) {
    const date = fromText(`${day} 12:00:00`);
    return format(locale, {weekday: "short", day: "numeric", timeZone: "UTC"}).format(date);
}

export function moment(text, tz, locale) {
    const date = fromText(text);
    const options = {
        day: "2-digit",
        month: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
        timeZone: tz,
    };
    return date ? format(locale, options).format(date) : "";
}

/** The day of an instant in a time zone, "YYYY-MM-DD". */
export function dayOf(date, tz) {
    const options = {year: "numeric", month: "2-digit", day: "2-digit", timeZone: tz};
    return format("en-CA", options).format(date);
}

/** How far a time zone is ahead of UTC at an instant, in milliseconds. */
function offset(moment, tz) {
    const options = {timeZone: tz, hourCycle: "h23", year: "numeric", month: "2-digit"};
    const more = {day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit"};
    const parts = format("en-CA", {...options, ...more}).formatToParts(new Date(moment));
    const {
        year,
        month,
        day,
        hour: hours,
        minute,
        second,
    } = Object.fromEntries(parts.map(({type, value}) => [type, Number(value)]));
    return Date.UTC(year, month - 1, day, hours, minute, second) - moment;
}

/**
 * The instant of a clock on the wall.
 *
 * @param {string} day "YYYY-MM-DD"
 * @param {string} time "HH:MM"
 * @param {string} tz
 * @param {boolean} [isNextDay]
 */
export function fromLocal(day, time, tz, isNextDay = false) {
    const wall = fromText(`${isNextDay ? addDays(day, 1) : day} ${time}:00`).getTime();
    // Twice: the first guess may lie on the other side of a change of the clocks.
    const guess = wall - offset(wall, tz);
    return toText(new Date(wall - offset(guess, tz)));
}

export function addDays(day, count) {
    const date = fromText(`${day} 12:00:00`);
    date.setUTCDate(date.getUTCDate() + count);
    return date.toISOString().slice(0, 10);
}

/** "1 h 05" for a number of milliseconds. */
export function spent(milliseconds) {
    const minutes = Math.max(0, Math.round(milliseconds / 60000));
    const rest = String(minutes % 60).padStart(2, "0");
    return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${rest}`;
}
