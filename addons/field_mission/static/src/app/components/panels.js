/** The panels of the mission page, in the order of a visit. Other addons add theirs. */

import {_t} from "../core/i18n";
import {askedChecks} from "../core/reducer";
import {addPanel} from "../core/registry";
import {ChecksPanel} from "./checks";
import {IncidentPanel} from "./incident";
import {InfoPanel} from "./info";
import {MaterialsPanel} from "./materials";
import {PhotosPanel} from "./photos";
import {ReportPanel} from "./report";
import {SignaturePanel} from "./signature";
import {TimesPanel} from "./times";

function answered(mission) {
    const checks = askedChecks(mission).filter((check) => check.kind !== "section");
    const done = checks.filter((check) => check.result !== "todo");
    return checks.length ? `${done.length}/${checks.length}` : "";
}

addPanel("info", {
    sequence: 10,
    icon: "info",
    title: () => _t("Site and work"),
    component: InfoPanel,
});
addPanel("checks", {
    sequence: 20,
    icon: "list",
    title: () => _t("Checklist"),
    component: ChecksPanel,
    badge: answered,
    visible: (mission) => mission.checks.length > 0,
});
addPanel("photos", {
    sequence: 30,
    icon: "camera",
    title: () => _t("Photos"),
    component: PhotosPanel,
    badge: (mission) => mission.photos.filter((photo) => photo.kind === "photo").length || "",
});
addPanel("materials", {
    sequence: 40,
    icon: "box",
    title: () => _t("Materials"),
    component: MaterialsPanel,
    badge: (mission) => mission.materials.filter((line) => line.quantity).length || "",
});
addPanel("times", {sequence: 50, icon: "clock", title: () => _t("Times"), component: TimesPanel});
addPanel("incident", {
    sequence: 60,
    icon: "warn",
    title: () => _t("Incident"),
    component: IncidentPanel,
    badge: (mission) => mission.incidents.length || "",
});
addPanel("report", {sequence: 70, icon: "note", title: () => _t("Report"), component: ReportPanel});
addPanel("signature", {
    sequence: 80,
    icon: "pen",
    title: () => _t("Signature"),
    component: SignaturePanel,
    badge: (mission) => (mission.signatures.length ? "✓" : ""),
});
