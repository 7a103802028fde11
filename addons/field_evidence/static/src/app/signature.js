import {useState} from "@odoo/owl";
import {SignaturePanel} from "@field_mission/app/components/signature";
import "@field_mission/app/components/panels";
import {_t} from "@field_mission/app/core/i18n";
import {addPanel} from "@field_mission/app/core/registry";
import {digest, newUuid} from "@field_mission/app/core/store";
import {canonicalTexts, textsToSign} from "./signed_texts";

/** The agreement before and the statement after the work, each over what the screen shows. */
export class EvidenceSignaturePanel extends SignaturePanel {
    static template = "field_evidence.SignaturePanel";

    setup() {
        super.setup();
        const agreed = this.mission.signatures.some((sign) => sign.kind === "before_work");
        const started = this.mission.checks.some((check) => check.result !== "todo");
        this.more = useState({
            kind: agreed || started || this.mission.conclusion ? "after_work" : "before_work",
            reserves: "",
            why: "absent",
        });
    }

    get kinds() {
        return [
            {value: "before_work", label: _t("Agreement before the work")},
            {value: "after_work", label: _t("Statement after the work")},
        ];
    }

    get reasons() {
        return [
            {value: "absent", label: _t("Nobody there")},
            {value: "refused", label: _t("Refuses to sign")},
        ];
    }

    kindLabel(sign) {
        return this.kinds.find((kind) => kind.value === sign.kind)?.label || "";
    }

    get texts() {
        return textsToSign(this.mission, this.more.kind);
    }

    /** What is on the screen now, with its hash: it may change before it is sent. */
    async seen() {
        const {texts} = this;
        const bytes = new TextEncoder().encode(canonicalTexts(texts));
        return {kind: this.more.kind, texts, texts_sha256: await digest(bytes)};
    }

    async refuse() {
        const reason = this.state.reason.trim();
        if (!reason) {
            this.store.say("missing");
            return;
        }
        const label = this.reasons.find((one) => one.value === this.more.why).label;
        const seen = await this.seen();
        await this.perform("sign", {...seen, refusal_reason: `${label}: ${reason}`});
        Object.assign(this.state, {refused: false, reason: ""});
    }

    async sign() {
        const name = this.state.name.trim();
        const quality = this.state.quality.trim();
        if (!name || !quality || this.pad.isEmpty()) {
            this.store.say("missing");
            return;
        }
        const seen = await this.seen();
        const picture = await new Promise((resolve) => this.canvas.el.toBlob(resolve, "image/png"));
        const bytes = await picture.arrayBuffer();
        const uuid = newUuid();
        await this.store.performAll(this.mission, [
            {
                kind: "photo",
                payload: {uuid, kind: "drawing", sha256: await digest(bytes)},
                blob: {uuid, bytes, mimetype: "image/png"},
            },
            {
                kind: "sign",
                payload: {
                    ...seen,
                    name,
                    quality,
                    reserves: this.more.reserves.trim(),
                    drawing: uuid,
                },
            },
        ]);
        Object.assign(this.state, {name: "", quality: "", empty: true});
        Object.assign(this.more, {reserves: "", kind: "after_work"});
        this.clear();
    }
}

addPanel("signature", {
    sequence: 80,
    icon: "pen",
    title: () => _t("Signature"),
    component: EvidenceSignaturePanel,
    badge: (mission) => (mission.signatures.length ? "✓" : ""),
});
