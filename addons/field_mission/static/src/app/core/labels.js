/** Words for the codes that travel. Functions, since the language is known only later. */

import {_t} from "./i18n";

export const stateLabel = (mission, running) => {
    if (running?.mission.id === mission.id) {
        return {
            travel: _t("On the way"),
            on_site: _t("On site"),
            waiting: _t("Waiting"),
            break: _t("Break"),
        }[running.line.kind];
    }
    return {
        draft: _t("To plan"),
        planned: _t("Planned"),
        in_progress: _t("In progress"),
        done: mission.validated ? _t("Validated") : _t("Done"),
        to_reschedule: _t("To reschedule"),
        cancelled: _t("Cancelled"),
    }[mission.state];
};

export const timeLabels = () => ({
    travel: _t("Travel"),
    on_site: _t("On site"),
    waiting: _t("Waiting"),
    break: _t("Break"),
});

export const accessLabels = () => ({
    code: _t("Code"),
    key: _t("Key"),
    badge: _t("Badge"),
    alarm: _t("Alarm"),
    note: _t("Note"),
});

export const incidentLabels = () => ({
    no_access: _t("No access"),
    customer_absent: _t("Customer absent"),
    missing_material: _t("Missing material"),
    danger: _t("Danger, work stopped"),
    damage: _t("Damage"),
    other: _t("Other"),
});

export const gravityLabels = () => ({
    minor: _t("Minor"),
    major: _t("Major"),
    critical: _t("Critical"),
});

export const documentLabels = () => ({
    prevention: _t("Prevention plan"),
    permit: _t("Work permit"),
    procedure: _t("Procedure"),
    drawing: _t("Drawing"),
    manual: _t("Manual"),
    other: _t("Other"),
});

export const suggestionLabels = () => ({
    opportunity: _t("Opportunity"),
    improvement: _t("Improvement"),
});

export const billingLabels = () => ({
    billable: _t("Billable"),
    included: _t("Included"),
    warranty: _t("Warranty"),
});

export const stageLabels = () => ({
    before: _t("Before"),
    during: _t("During"),
    after: _t("After"),
});

export const operationLabels = () => ({
    "mission.travel": _t("On the way"),
    "mission.arrive": _t("Arrival"),
    "mission.pause": _t("Break"),
    "mission.resume": _t("Back to work"),
    "mission.done": _t("Finished"),
    "mission.reschedule": _t("To reschedule"),
    "mission.conclusion": _t("Report"),
    "check.set": _t("Check"),
    "time.add": _t("Time"),
    "time.stop": _t("End of a time"),
    "material.add": _t("Material"),
    photo: _t("Photo"),
    sign: _t("Signature"),
    incident: _t("Incident"),
    "visit.notice": _t("Visit notice"),
    "nonconformity.add": _t("Non-conformity"),
    "document.read": _t("Document read"),
    "suggestion.add": _t("Suggestion"),
});
