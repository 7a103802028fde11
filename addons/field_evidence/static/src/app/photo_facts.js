import {addPhotoFacts} from "@field_mission/app/core/registry";
import {distance} from "./distance";
import {exifOf} from "./exif";

/**
 * The coordinates of a photo never leave the phone: where the company asks for positions and the
 * person agrees, how far from the site it was taken does, to the nearest hundred metres.
 */
addPhotoFacts("evidence.exif", async (file, mission, store) => {
    const {taken, place} = await exifOf(file);
    const facts = taken ? {taken} : {};
    const asked = mission.position && mission.position !== "off" && !store.kept.noPosition;
    const {site} = mission;
    if (place && asked && (site.latitude || site.longitude)) {
        facts.distance = Math.round(distance(place, site) / 100) * 100;
    }
    return facts;
});
