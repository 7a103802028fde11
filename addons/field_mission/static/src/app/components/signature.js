/* global SignaturePad */
import {onMounted, onPatched, onWillUnmount, useRef, useState} from "@odoo/owl";
import {moment} from "../core/clock";
import {digest, newUuid} from "../core/store";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

export class SignaturePanel extends FieldComponent {
    static template = "field_mission.SignaturePanel";
    static components = {Icon};

    setup() {
        super.setup();
        this.canvas = useRef("canvas");
        this.state = useState({name: "", quality: "", refused: false, reason: "", empty: true});
        onMounted(() => this.attach());
        onPatched(() => this.attach());
        onWillUnmount(() => this.detach());
    }

    attach() {
        const canvas = this.canvas.el;
        if (!canvas || this.drawnOn === canvas) {
            return;
        }
        this.detach();
        this.drawnOn = canvas;
        const ratio = Math.max(1, window.devicePixelRatio || 1);
        canvas.width = canvas.offsetWidth * ratio;
        canvas.height = canvas.offsetHeight * ratio;
        canvas.getContext("2d").scale(ratio, ratio);
        this.pad = new SignaturePad(canvas, {penColor: "#10243a", backgroundColor: "#ffffff"});
        this.pad.addEventListener("endStroke", () => {
            this.state.empty = this.pad.isEmpty();
        });
    }

    detach() {
        this.pad?.off();
        this.pad = null;
        this.drawnOn = null;
    }

    clear() {
        this.pad?.clear();
        this.state.empty = true;
    }

    get signatures() {
        return this.mission.signatures;
    }

    when(sign) {
        return moment(sign.date, this.mission.tz, this.store.lang);
    }

    async refuse() {
        const reason = this.state.reason.trim();
        if (!reason) {
            this.store.say("missing");
            return;
        }
        await this.perform("sign", {
            kind: "after_work",
            refusal_reason: reason,
            texts: this.mission.texts,
        });
        Object.assign(this.state, {refused: false, reason: ""});
    }

    async sign() {
        const name = this.state.name.trim();
        if (!name || this.pad.isEmpty()) {
            this.store.say("missing");
            return;
        }
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
                    kind: "after_work",
                    name,
                    quality: this.state.quality.trim(),
                    drawing: uuid,
                    texts: this.mission.texts,
                },
            },
        ]);
        Object.assign(this.state, {name: "", quality: "", empty: true});
        this.clear();
    }
}
