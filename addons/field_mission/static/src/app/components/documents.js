import {useState} from "@odoo/owl";
import {_t} from "../core/i18n";
import {documentLabels} from "../core/labels";
import {addOperation, addPanel, addStartBlocker} from "../core/registry";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

addOperation("document.read", (mission, operation) => {
    for (const one of mission.documents || []) {
        if (operation.payload.versions.includes(one.version)) {
            one.read = true;
        }
    }
});

export function unreadDocuments(mission) {
    return (mission.documents || []).filter((one) => one.needed && !one.read);
}

addStartBlocker("documents", (mission) => unreadDocuments(mission).map((one) => one.name));

/** Files open from the phone: they were fetched with the day. */
export class DocumentsPanel extends FieldComponent {
    static template = "field_mission.DocumentsPanel";
    static components = {Icon};

    setup() {
        super.setup();
        this.state = useState({missing: null});
    }

    label(one) {
        return documentLabels()[one.kind];
    }

    isExpired(one) {
        return Boolean(one.until) && one.until < this.store.today;
    }

    isHere(one) {
        return this.store.files.has(one.version);
    }

    async open(one) {
        const file = await this.store.file(one.version);
        if (!file) {
            this.state.missing = one.version;
            return;
        }
        this.state.missing = null;
        const url = URL.createObjectURL(new Blob([file.bytes], {type: file.mimetype}));
        window.open(url, "_blank");
        setTimeout(() => URL.revokeObjectURL(url), 60000);
    }

    async read(one) {
        await this.perform("document.read", {versions: [one.version]});
        this.store.say("saved");
    }
}

addPanel("documents", {
    sequence: 15,
    icon: "file",
    title: () => _t("Documents"),
    component: DocumentsPanel,
    badge: (mission) => unreadDocuments(mission).length || "",
    visible: (mission) => (mission.documents || []).length > 0,
});
