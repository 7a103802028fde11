/** Time and place on the board: plain functions over milliseconds and pixels. */

export const MINUTE = 60000;
export const HOUR = 60 * MINUTE;
export const STEP = 15 * MINUTE;
/** Width of a day on which nobody works and nothing is planned. */
export const NARROW = 30;

/** The nearest quarter of an hour: every time zone is a whole number of quarters from UTC. */
export function snap(moment, step = STEP) {
    return Math.round(moment / step) * step;
}

/**
 * Pixels of a period of days of which only some hours are drawn.
 */
export class TimeAxis {
    /**
     * @param {{ key: string, start: number, end: number, empty?: boolean }[]} days local days
     * @param {{ from: number, to: number, hourWidth: number }} options hours drawn of each day
     */
    constructor(days, {from, to, hourWidth}) {
        this.from = from;
        this.to = to;
        this.hourWidth = hourWidth;
        let x = 0;
        this.days = days.map((day) => {
            // A day of 23 or 25 hours: the last hour drawn is counted from its end.
            const first = day.start + from * HOUR;
            const last = to >= 24 ? day.end : day.end - (24 - to) * HOUR;
            const width = day.empty ? NARROW : ((last - first) / HOUR) * hourWidth;
            const drawn = {...day, first, last, x, width, scale: width / (last - first)};
            x += width;
            return drawn;
        });
        this.width = x;
    }

    /** Index of the day that holds an instant, clamped to the period. */
    indexAt(moment) {
        let low = 0;
        let high = this.days.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (this.days[middle].start <= moment) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** Pixels from the left of an instant; one outside the hours drawn is at their edge. */
    x(moment) {
        const day = this.days[this.indexAt(moment)];
        const inside = Math.min(Math.max(moment, day.first), day.last);
        return day.x + (inside - day.first) * day.scale;
    }

    /** The instant at some pixels from the left. */
    at(x) {
        const day =
            this.days.find((one) => x < one.x + one.width) || this.days[this.days.length - 1];
        const inside = Math.min(Math.max(x - day.x, 0), day.width);
        return day.first + inside / day.scale;
    }

    /** Left and width of a stretch of time, or null outside the period. */
    span(start, end, least = 0) {
        const first = this.days[0];
        const last = this.days[this.days.length - 1];
        if (end <= first.start || start >= last.end) {
            return null;
        }
        const left = this.x(Math.max(start, first.start));
        const right = this.x(Math.min(end, last.end));
        return {left, width: Math.max(right - left, least)};
    }
}

/** Hours of the day that must be drawn for all the stretches, whole ones, at least 8 to 18. */
export function hoursToDraw(days, spans, least = [8, 18]) {
    let [from, to] = least;
    for (const [start, end] of spans) {
        for (const day of days) {
            if (end <= day.start || start >= day.end) {
                continue;
            }
            const length = day.end - day.start;
            const begins = Math.max(start, day.start) - day.start;
            const ends = Math.min(end, day.end) - day.start;
            from = Math.min(from, Math.floor(begins / HOUR));
            to = Math.max(to, Math.ceil((ends / HOUR) * ((24 * HOUR) / length)));
        }
    }
    return [Math.max(0, from), Math.min(24, to)];
}

/**
 * Put stretches that cross on lanes of their own.
 *
 * @param {{ start: number, stop: number }[]} items in order of their start
 * @returns {{ lanes: number[], count: number }}
 */
export function packLanes(items) {
    const ends = [];
    const lanes = items.map((item) => {
        let lane = ends.findIndex((end) => end <= item.start);
        if (lane < 0) {
            lane = ends.length;
        }
        ends[lane] = item.stop;
        return lane;
    });
    return {lanes, count: Math.max(ends.length, 1)};
}

/** Parts of a period that some stretches leave uncovered. */
export function gapsBetween(start, end, spans) {
    const gaps = [];
    let at = start;
    for (const [first, last] of [...spans].sort((a, b) => a[0] - b[0])) {
        if (first > at) {
            gaps.push([at, Math.min(first, end)]);
        }
        at = Math.max(at, last);
        if (at >= end) {
            break;
        }
    }
    if (at < end) {
        gaps.push([at, end]);
    }
    return gaps.filter(([first, last]) => first < last);
}

/** `low` below 60 %, `good` up to 100 %, `over` beyond; `none` without working time. */
export function loadLevel(busy, available) {
    if (!available) {
        return busy ? "over" : "none";
    }
    const percent = (100 * busy) / available;
    return percent > 100 ? "over" : percent < 60 ? "low" : "good";
}

/** First and last index of the sorted offsets that touch a window. */
export function visibleRange(offsets, top, bottom) {
    let low = 0;
    let high = offsets.length - 1;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (offsets[middle + 1] <= top) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let last = low;
    while (last < offsets.length - 2 && offsets[last + 1] < bottom) {
        last++;
    }
    return [low, last];
}

/** `1 h 30`, `45 min`. */
export function formatMinutes(minutes) {
    const whole = Math.round(minutes);
    const hours = Math.floor(whole / 60);
    const rest = whole % 60;
    if (!hours) {
        return `${rest} min`;
    }
    return rest ? `${hours} h ${String(rest).padStart(2, "0")}` : `${hours} h`;
}
