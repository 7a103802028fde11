/** Above this number of points, those near each other are drawn as one. */
export const MOST_MARKERS = 500;

/**
 * Gather points for drawing: those at one place always, those near each other when there are many.
 *
 * @param {object[]} points with lat and lon
 * @param {object} [options]
 * @param {Function} [options.project] from a point to pixels `{x, y}` at the present zoom
 * @param {number} [options.most]
 * @param {number} [options.cell] pixels
 * @returns {object[]} `{lat, lon, points}`
 */
export function gather(points, {project, most = MOST_MARKERS, cell = 56} = {}) {
    const many = project && points.length > most;
    const cells = new Map();
    for (const point of points) {
        let key = `${point.lat.toFixed(5)}/${point.lon.toFixed(5)}`;
        if (many) {
            const {x, y} = project(point);
            key = `${Math.floor(x / cell)}/${Math.floor(y / cell)}`;
        }
        const found = cells.get(key);
        if (found) {
            found.points.push(point);
        } else {
            cells.set(key, {points: [point]});
        }
    }
    return [...cells.values()].map(({points: inside}) => ({
        lat: inside.reduce((sum, point) => sum + point.lat, 0) / inside.length,
        lon: inside.reduce((sum, point) => sum + point.lon, 0) / inside.length,
        points: inside,
    }));
}

/**
 * @param {object[]} points
 * @returns {boolean} whether all lie at one place, so that no zoom tells them apart
 */
export function isOnePlace(points) {
    const [first] = points;
    return points.every(
        (point) => Math.abs(point.lat - first.lat) < 1e-5 && Math.abs(point.lon - first.lon) < 1e-5
    );
}

/**
 * @param {object[]} points
 * @param {object[]} groups the most pressing first
 * @returns {object} the group that a marker of several points shows: their most pressing one
 */
export function leadingGroup(points, groups) {
    const keys = new Set(points.map((point) => point.group));
    return groups.find((group) => keys.has(group.key)) || {color: "secondary", shape: "circle"};
}
