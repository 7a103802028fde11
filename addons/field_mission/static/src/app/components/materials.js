import {useRef, useState} from "@odoo/owl";
import {readDecimal, typedDecimal} from "../core/format";
import {_t} from "../core/i18n";
import {billingLabels} from "../core/labels";
import {getDetector} from "../core/scan";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

const SHOWN = 8;

export class MaterialsPanel extends FieldComponent {
    static template = "field_mission.MaterialsPanel";
    static components = {Icon};

    setup() {
        super.setup();
        this.video = useRef("video");
        this.state = useState({search: "", chosen: null, scanning: false, ...this.blank()});
    }

    blank() {
        return {quantity: "1", lotId: "", billing: "billable", isReturn: false};
    }

    get used() {
        return this.mission.materials.filter((line) => line.quantity);
    }

    get found() {
        const words = this.state.search.toLowerCase().split(/\s+/).filter(Boolean);
        const {products} = this;
        const matching = products.filter((product) => {
            const text = `${product.name} ${product.code} ${product.barcode}`.toLowerCase();
            return words.every((word) => text.includes(word));
        });
        return matching.slice(0, SHOWN);
    }

    /** What missions of this type usually take comes first, in the van or not. */
    get products() {
        const held = this.store.snapshot.products || [];
        const favourites = (this.mission.favourites || []).map(
            (one) => held.find((product) => product.id === one.id) || one
        );
        const known = new Set(favourites.map((one) => one.id));
        return [...favourites, ...held.filter((one) => !known.has(one.id))];
    }

    get billings() {
        return Object.entries(billingLabels()).map(([value, label]) => ({value, label}));
    }

    billingLabel(line) {
        return billingLabels()[line.billing];
    }

    choose(product) {
        Object.assign(this.state, {chosen: product, ...this.blank()});
    }

    chooseWords() {
        const description = this.state.search.trim();
        if (description) {
            this.choose({id: null, name: description, uom: "", tracking: "none", lots: []});
        }
    }

    step(by) {
        const quantity = Math.max(0, (this.quantity || 0) + by);
        this.state.quantity = typedDecimal(quantity, this.store.lang);
    }

    get quantity() {
        return readDecimal(this.state.quantity, this.store.lang);
    }

    async add() {
        const {chosen, lotId, billing, isReturn} = this.state;
        if (!(this.quantity > 0)) {
            this.store.say("missing");
            return;
        }
        const payload = {quantity: this.quantity, billing, is_return: isReturn};
        if (chosen.id) {
            payload.product_id = chosen.id;
        } else {
            payload.description = chosen.name;
        }
        if (lotId) {
            payload.lot_id = Number(lotId);
        }
        Object.assign(this.state, {chosen: null, search: ""});
        await this.perform("material.add", payload);
    }

    get canScan() {
        return Boolean(navigator.mediaDevices);
    }

    async scan() {
        this.state.scanning = true;
        let stream = null;
        try {
            const detector = await getDetector();
            const video = {facingMode: "environment"};
            stream = await navigator.mediaDevices.getUserMedia({video});
            await this.watch(stream, detector);
        } catch {
            // Refused, no camera, or the library is not on the phone yet.
            this.store.say("camera");
        } finally {
            stream?.getTracks().forEach((track) => track.stop());
            this.state.scanning = false;
        }
    }

    async watch(stream, detector) {
        if (!this.video.el) {
            return;
        }
        this.video.el.srcObject = stream;
        await this.video.el.play();
        while (this.state.scanning && this.video.el) {
            const codes = await detector.detect(this.video.el);
            if (codes.length) {
                this.take(codes[0].rawValue);
                return;
            }
            await new Promise((resolve) => setTimeout(resolve, 150));
        }
    }

    take(code) {
        const product = this.products.find((one) => one.barcode === code || one.code === code);
        if (product) {
            this.choose(product);
        } else {
            this.state.search = code;
        }
    }

    heldText(product) {
        const count = this.decimal(product.held);
        return _t("%(count)s %(unit)s in the van", {count, unit: product.uom});
    }
}
