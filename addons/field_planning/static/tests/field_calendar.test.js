import {loadWords} from "@field_planning/calendar/field_calendar";

import {describe, expect, test} from "@odoo/hoot";

describe.current.tags("field_board");

const DAY = {planned: 22.25, available: 63.75, count: 25};

test("a day's hours fit its cell: whole hours on a phone", () => {
    const wide = {today: "2026-11-24", isSmall: false};
    expect(loadWords("2026-11-26", DAY, wide)).toEqual({hours: "22:15 / 63:45 h", count: "· 25"});
    const phone = {today: "2026-11-24", isSmall: true};
    expect(loadWords("2026-11-26", DAY, phone)).toEqual({hours: "22 / 64 h", count: ""});
});

test("a day gone by without visits says nothing, a free day to come says its hours", () => {
    const free = {planned: 0, available: 64, count: 0};
    const now = {today: "2026-11-24", isSmall: false};
    expect(loadWords("2026-11-23", free, now)).toBe(null);
    expect(loadWords("2026-11-24", free, now).hours).toBe("0 / 64 h");
    expect(loadWords("2026-11-28", {planned: 0, available: 0, count: 0}, now)).toBe(null);
    expect(loadWords("2026-11-23", {...DAY, available: 0}, now).hours).toBe("22:15 / 0 h");
});
