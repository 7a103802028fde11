/**
 * Small pictures of the missions' photos: they stay on the phone after the bytes have left.
 *
 * Kept beside the device's other notes, and gone with the last mission that shows them.
 */

import {addWatcher} from "@field_mission/app/core/registry";

const PREFIX = "thumb:";
const SIDE = 240;

export function thumbnailKey(uuid) {
    return PREFIX + uuid;
}

/**
 * @param {{ bytes: ArrayBuffer, mimetype: string }} picture
 * @returns {Promise<ArrayBuffer>} a JPEG of at most 240 pixels a side
 */
export async function shrink({bytes, mimetype}) {
    const bitmap = await createImageBitmap(new Blob([bytes], {type: mimetype}));
    const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.7));
    return blob.arrayBuffer();
}

/**
 * Make the thumbnails that are missing, drop those that nothing shows any more.
 *
 * @param {import("@field_mission/app/core/db").DeviceDatabase} database
 * @param {object[]} missions as the screen shows them
 * @param {Function} [make] `shrink` (tests)
 */
export async function keepThumbnails(database, missions, make = shrink) {
    const keys = await database.keys("meta");
    const kept = new Set(keys.filter((key) => String(key).startsWith(PREFIX)));
    const photos = missions.flatMap((mission) => mission.photos);
    const shown = new Set(photos.map((photo) => thumbnailKey(photo.uuid)));
    const gone = [...kept].filter((key) => !shown.has(key));
    if (gone.length) {
        await database.write(["meta"], ({meta}) => gone.forEach((key) => meta.delete(key)));
    }
    const held = new Set(await database.keys("blobs"));
    for (const photo of photos) {
        const key = thumbnailKey(photo.uuid);
        if (photo.kind !== "photo" || kept.has(key) || !held.has(photo.uuid)) {
            continue;
        }
        const blob = await database.get("blobs", photo.uuid);
        if (blob) {
            const size = blob.bytes.byteLength;
            await database.setMeta(key, {bytes: await make(blob), size});
        }
    }
}

let queued = false;
let work = Promise.resolve();

addWatcher("evidence.thumbnails", (store) => {
    if (queued) {
        return;
    }
    queued = true;
    work = work.then(async () => {
        queued = false;
        try {
            await keepThumbnails(store.database, store.missions);
        } catch {
            // A full phone, a picture it can't read: the photo itself is what counts.
        }
    });
});
