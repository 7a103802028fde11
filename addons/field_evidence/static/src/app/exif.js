/**
 * When and where a camera says that a photo was taken: read before the photo is re-encoded, which
 * drops it. Only the two are looked for; a file that says nothing, or nonsense, says nothing.
 */

const HEAD = 128 * 1024;
const [EXIF_IFD, GPS_IFD, TAKEN] = [0x8769, 0x8825, 0x9003];
const [LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE] = [1, 2, 3, 4];
const [ASCII, RATIONAL] = [2, 5];

/** Where the TIFF block of a JPEG's EXIF begins, or -1. */
function findTiff(view) {
    let at = 2;
    if (view.getUint16(0) !== 0xffd8) {
        return -1;
    }
    while (at + 10 < view.byteLength && view.getUint8(at) === 0xff) {
        const length = view.getUint16(at + 2);
        const isExif = view.getUint16(at) === 0xffe1 && view.getUint32(at + 4) === 0x45786966;
        if (isExif) {
            return at + 10;
        }
        at += 2 + length;
    }
    return -1;
}

class Tiff {
    constructor(view, start) {
        this.view = view;
        this.start = start;
        this.little = view.getUint16(start) === 0x4949;
    }

    u16(at) {
        return this.view.getUint16(this.start + at, this.little);
    }

    u32(at) {
        return this.view.getUint32(this.start + at, this.little);
    }

    /** The entries of a directory by their tags: type, number of values, where they stand. */
    directory(at) {
        const entries = new Map();
        for (let index = 0; index < this.u16(at); index++) {
            const entry = at + 2 + index * 12;
            entries.set(this.u16(entry), {
                type: this.u16(entry + 2),
                count: this.u32(entry + 4),
                value: entry + 8,
            });
        }
        return entries;
    }

    text(entry) {
        if (entry?.type !== ASCII || entry.count > 64) {
            return "";
        }
        const at = entry.count > 4 ? this.u32(entry.value) : entry.value;
        let text = "";
        for (let index = 0; index < entry.count; index++) {
            text += String.fromCharCode(this.view.getUint8(this.start + at + index));
        }
        return text.split("\0")[0].trim();
    }

    degrees(entry, reference, negative) {
        if (entry?.type !== RATIONAL || entry.count !== 3) {
            return NaN;
        }
        const at = this.u32(entry.value);
        const [hours, minutes, seconds] = [0, 8, 16].map(
            (offset) => this.u32(at + offset) / this.u32(at + offset + 4)
        );
        const value = hours + minutes / 60 + seconds / 3600;
        return this.text(reference) === negative ? -value : value;
    }
}

function readPlace(tiff, entries) {
    const latitude = tiff.degrees(entries.get(LATITUDE), entries.get(LATITUDE_REF), "S");
    const longitude = tiff.degrees(entries.get(LONGITUDE), entries.get(LONGITUDE_REF), "W");
    const known = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
    return known && (latitude || longitude) ? {latitude, longitude} : null;
}

/**
 * @param {ArrayBuffer} buffer the first bytes of a file
 * @returns {{taken?: string, place?: {latitude: number, longitude: number}}} `taken` is the
 *  camera's local time, "YYYY-MM-DD HH:MM:SS"
 */
export function readExif(buffer) {
    const found = {};
    try {
        const view = new DataView(buffer);
        const start = findTiff(view);
        if (start < 0) {
            return found;
        }
        const tiff = new Tiff(view, start);
        const root = tiff.directory(tiff.u32(4));
        if (root.has(EXIF_IFD)) {
            const details = tiff.directory(tiff.u32(root.get(EXIF_IFD).value));
            const date = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(
                tiff.text(details.get(TAKEN))
            );
            if (date) {
                found.taken = `${date[1]}-${date[2]}-${date[3]} ${date[4]}`;
            }
        }
        if (root.has(GPS_IFD)) {
            const place = readPlace(tiff, tiff.directory(tiff.u32(root.get(GPS_IFD).value)));
            if (place) {
                found.place = place;
            }
        }
    } catch {
        return found;
    }
    return found;
}

/** Read what a file says of itself. */
export async function exifOf(file) {
    return readExif(await file.slice(0, HEAD).arrayBuffer());
}
