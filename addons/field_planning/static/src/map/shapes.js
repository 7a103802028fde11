/** Outlines of the markers in a box of 24 × 24; states differ in shape, not in colour alone. */
const SHAPES = {
    circle: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z",
    square: "M4 4h16v16H4z",
    triangle: "M12 2.5L22.5 21h-21z",
    diamond: "M12 1.5L22.5 12L12 22.5L1.5 12z",
    star: "M12 1.5l3.1 6.9 7.4.8-5.5 5 1.5 7.3L12 17.8l-6.5 3.7L7 14.2l-5.5-5 7.4-.8z",
    check: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z",
    cross: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z",
};
const SIGNS = {
    check: "M8 12.5l3 3 5.5-6.5",
    cross: "M8.5 8.5l7 7m0-7l-7 7",
    triangle: "M12 9v5m0 2.2v1",
};

/** Colours of lines, told apart by most eyes; then they begin again. */
const PALETTE = [
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#8c6d00",
    "#5b3ea8",
    "#b3003c",
    "#3a7d0a",
    "#0097a7",
    "#7a4a1e",
    "#c2185b",
    "#455a64",
];

/**
 * @param {string|number} color name of a Bootstrap colour, or number of a line's colour
 * @returns {string} a CSS colour
 */
export function cssColor(color) {
    if (typeof color === "number") {
        return PALETTE[color % PALETTE.length];
    }
    // Bootstrap's own secondary is too pale for a white edge.
    return color === "secondary" ? "#6c757d" : `var(--${color}, #71639e)`;
}

/**
 * @param {object} group with a shape and a colour
 * @param {object} [options]
 * @param {number} [options.size] pixels
 * @param {string} [options.text] a number written on it
 * @param {boolean} [options.doubtful] whether its place is to be verified
 * @returns {string} SVG made of constants and numbers only
 */
export function shapeSvg(group, {size = 24, text = "", doubtful = false} = {}) {
    const color = cssColor(group.color);
    if (group.shape === "line") {
        return `<svg width="${size}" height="${size}" viewBox="0 0 24 24" aria-hidden="true"><path d="M2 18L9 8l6 7 7-10" fill="none" stroke="${color}" stroke-width="4"/></svg>`;
    }
    const path = SHAPES[group.shape] || SHAPES.circle;
    const sign = !text && SIGNS[group.shape];
    const dash = doubtful ? ' stroke-dasharray="3 2"' : "";
    const fill = doubtful ? 0.55 : 1;
    let inside = "";
    if (text) {
        inside = `<text x="12" y="16.2" text-anchor="middle" font-size="${text.length > 2 ? 8 : 11}" font-weight="700" fill="#fff">${text.replace(/[^\d+]/g, "")}</text>`;
    } else if (sign) {
        inside = `<path d="${sign}" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/>`;
    }
    return (
        `<svg width="${size}" height="${size}" viewBox="0 0 24 24" aria-hidden="true">` +
        `<path d="${path}" fill="${color}" fill-opacity="${fill}" stroke="${doubtful ? "#000" : "#fff"}" stroke-width="1.6"${dash}/>${inside}</svg>`
    );
}
