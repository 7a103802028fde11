import {distance} from "@field_evidence/app/distance";
import {readExif} from "@field_evidence/app/exif";

import {describe, expect, test} from "@odoo/hoot";

describe.current.tags("field_evidence_app");

// The heads of JPEG files that Pillow wrote.
const WHOLE =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QC6RXhpZgAATU0AKgAAAAgAAodpAAQAAAABAAAAJoglAAQAAAABAAAATAAAAAAAAZADAAIAAAAUAAAAOAAAAAAyMDI2OjEwOjAyIDE0OjA1OjA5AAAEAAEAAgAAAAJOAAAAAAIABQAAAAMAAACCAAMAAgAAAAJXAAAAAAQABQAAAAMAAACaAAAAAAAAADAAAAABAAAAHgAAAAEAAAAAAAAAAQAAAAQAAAABAAAABgAAAAEAAAAkAAAAAQ==";
const WITHOUT_DATE =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QA+RXhpZgAATU0AKgAAAAgAAYdpAAQAAAABAAAAGgAAAAAAAZADAAIAAAAKAAAALAAAAAB5ZXN0ZXJkYXkA";

function bytes(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

test("the camera's date and place are read", () => {
    const {taken, place} = readExif(bytes(WHOLE));
    expect(taken).toBe("2026-10-02 14:05:09");
    expect(Math.abs(place.latitude - 48.5) < 0.0001).toBe(true);
    expect(Math.abs(place.longitude + 4.11) < 0.0001).toBe(true);
});

test("a file that says nothing, or nonsense, says nothing", () => {
    for (const text of [WITHOUT_DATE, btoa(""), btoa("%PDF-1.4 and so on"), btoa("\xff\xd8\xff")]) {
        expect(readExif(bytes(text))).toEqual({});
    }
    const whole = bytes(WHOLE);
    for (let length = 0; length < whole.byteLength; length++) {
        // Cut anywhere: never an error.
        readExif(whole.slice(0, length));
    }
});

test("a minute of latitude is a nautical mile", () => {
    const metres = distance({latitude: 48, longitude: -4}, {latitude: 48 + 1 / 60, longitude: -4});
    expect(Math.abs(metres - 1852) < 3).toBe(true);
});
