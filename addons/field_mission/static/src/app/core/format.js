/** Numbers as the technician writes them: the decimal sign of their language. */

function pointOf(locale) {
    return (1.5).toLocaleString(locale).replace(/\d/g, "");
}

/** A number to be read: grouped, without trailing zeros or the noise of binary fractions. */
export function decimal(value, locale) {
    return Number(value).toLocaleString(locale, {maximumFractionDigits: 6});
}

/** A number in a box to be typed over. */
export function typedDecimal(value, locale) {
    return Number(value).toLocaleString(locale, {maximumFractionDigits: 6, useGrouping: false});
}

/**
 * The number that was typed, with a comma or a point whatever the language.
 *
 * @param {string} text
 * @param {string} locale where the point is the decimal sign, "1,400" is 1400
 * @returns {number} NaN for what is no number
 */
export function readDecimal(text, locale) {
    const plain = text.replace(/\s/g, "");
    if (!plain) {
        return NaN;
    }
    const isGrouped = pointOf(locale) === "." && /^-?\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain);
    return Number(isGrouped ? plain.replaceAll(",", "") : plain.replace(",", "."));
}
