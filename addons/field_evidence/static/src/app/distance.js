const EARTH = 6371000;

/** Metres between two points on the globe. */
export function distance(from, to) {
    const rad = (degrees) => (degrees * Math.PI) / 180;
    const half = (a, b) => Math.sin(rad(b - a) / 2) ** 2;
    const share =
        half(from.latitude, to.latitude) +
        Math.cos(rad(from.latitude)) *
            Math.cos(rad(to.latitude)) *
            half(from.longitude, to.longitude);
    return 2 * EARTH * Math.asin(Math.sqrt(share));
}
