/** What stands on the screen when somebody signs, as texts: nothing else is what they signed. */

import {_t} from "@field_mission/app/core/i18n";
import {askedChecks} from "@field_mission/app/core/reducer";

function answerText(check) {
    if (check.result === "todo") {
        return "–";
    }
    if (check.yesno) {
        return {yes: _t("Yes"), no: _t("No"), na: _t("N/A")}[check.yesno];
    }
    if (check.kind === "number") {
        return `${check.number} ${check.unit || ""}`.trim();
    }
    return check.choice || check.text || "✓";
}

function block(key, title, lines) {
    const text = lines.filter(Boolean).join("\n");
    return text ? [{key, title, text}] : [];
}

/**
 * @param {object} mission as the screen shows it
 * @param {string} kind "before_work" or "after_work"
 * @returns {{key: string, title: string, text: string}[]}
 */
export function textsToSign(mission, kind) {
    if (kind === "before_work") {
        return (mission.agreement_texts || []).map(({key, title, text}) => ({key, title, text}));
    }
    const checks = askedChecks(mission).filter((check) => check.kind !== "section");
    const used = mission.materials.filter((line) => line.quantity);
    const photos = mission.photos.filter((photo) => photo.kind === "photo").length;
    return [
        ...mission.texts.map(({key, title, text}) => ({key, title, text})),
        ...block("shown.report", _t("Report"), [mission.conclusion]),
        ...block(
            "shown.checks",
            _t("Checklist"),
            checks.map((check) =>
                [`${check.name}: ${answerText(check)}`, check.note].filter(Boolean).join(" – ")
            )
        ),
        ...block(
            "shown.materials",
            _t("Materials"),
            used.map((line) =>
                [line.is_return ? "−" : "", line.quantity, line.uom, line.name]
                    .filter(Boolean)
                    .join(" ")
            )
        ),
        ...block("shown.photos", _t("Photos"), [photos ? String(photos) : ""]),
    ];
}

/** The canonical form that the server hashes, too: names in order, no white space. */
export function canonicalTexts(texts) {
    return JSON.stringify(texts.map(({key, title, text}) => ({key, text, title})));
}
