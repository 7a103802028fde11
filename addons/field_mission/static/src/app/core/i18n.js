/**
 * Translations of the app. They are kept in the device's database, so that the app opens in the
 * user's language without network; the web client's own service can't do that.
 */

const terms = new Map();

/**
 * Take the terms as `/web/webclient/translations` sends them.
 *
 * @param {object} modules { addon: { messages: [{ id, string }] } }
 */
export function setTerms(modules) {
    terms.clear();
    for (const {messages} of Object.values(modules || {})) {
        for (const {id, string} of messages || []) {
            if (string) {
                terms.set(id, string);
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
