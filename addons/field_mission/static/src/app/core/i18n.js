/**
 * Translations of the app. They are kept in the device's database, so that the app opens in the
 * user's language without network; the web client's own service can't do that.
 */

const terms = new Map();

export function setTerms(modules) {
    terms.clear();
    for (const {messages} of Object.values(modules || {})) {
        for (const [source, value] of Object.entries(messages || {})) {
            if (value) {
                terms.set(source, value);
            }
        }
    }
}

/**
 * Translate a sentence; `%(name)s` and `%s` are filled from the values.
 *
 * @param {string} source
 * @param {object | string | number} [values]
 */
export function _t(source, values) {
    const text = terms.get(source) || source;
    if (values === undefined) {
        return text;
    }
    if (typeof values !== "object") {
        return text.replace("%s", String(values));
    }
    return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? values[name] : whole));
}

/** For the templates: OWL gives the text and the addon that it comes from. */
export function translateTemplate(text) {
    const trimmed = text.trim();
    return trimmed ? text.replace(trimmed, terms.get(trimmed) || trimmed) : text;
}
