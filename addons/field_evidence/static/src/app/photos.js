import {onWillDestroy, useEffect, useState} from "@odoo/owl";
import {FieldComponent} from "@field_mission/app/components/base";
import {Icon} from "@field_mission/app/components/icon";
import {PhotoButton} from "@field_mission/app/components/photo_button";
import "@field_mission/app/components/panels";
import {moment} from "@field_mission/app/core/clock";
import {_t} from "@field_mission/app/core/i18n";
import {stageLabels} from "@field_mission/app/core/labels";
import {askedChecks} from "@field_mission/app/core/reducer";
import {addOperation, addOperationLabel, addPanel} from "@field_mission/app/core/registry";
import {thumbnailKey} from "./thumbnails";

const MEGA = 1024 * 1024;

export function photosOf(mission) {
    return mission.photos.filter((photo) => photo.kind === "photo");
}

/** Photos before, during and after, of the mission or of one check, with what was sent of them. */
export class EvidencePhotosPanel extends FieldComponent {
    static template = "field_evidence.PhotosPanel";
    static components = {Icon, PhotoButton};

    setup() {
        super.setup();
        this.state = useState({
            stage: this.photos.length ? "during" : "before",
            checkId: "",
            caption: "",
            open: null,
            unsent: 0,
            sizes: {},
        });
        this.urls = useState({});
        useEffect(
            () => {
                this.load();
            },
            () => [this.store.blobCount, this.photos.length, this.store.status]
        );
        onWillDestroy(() => {
            this.gone = true;
            Object.values(this.urls).forEach((url) => URL.revokeObjectURL(url));
        });
    }

    async load() {
        const {database} = this.store;
        const held = new Set(await database.keys("blobs"));
        this.state.unsent = this.photos.filter((photo) => held.has(photo.uuid)).length;
        for (const photo of this.photos) {
            const size = photo.size || this.state.sizes[photo.uuid];
            if (this.urls[photo.uuid] && size) {
                continue;
            }
            const found = await this.find(photo, held);
            if (found && !this.gone) {
                this.state.sizes[photo.uuid] = photo.size || found.size;
                this.urls[photo.uuid] ||= URL.createObjectURL(
                    new Blob([found.bytes], {type: "image/jpeg"})
                );
            }
        }
    }

    /** On the phone as a thumbnail or whole, else small from the server. */
    async find(photo, held) {
        const {database} = this.store;
        const kept = await database.getMeta(thumbnailKey(photo.uuid));
        if (kept) {
            return kept;
        }
        if (held.has(photo.uuid)) {
            const {bytes} = await database.get("blobs", photo.uuid);
            return {bytes, size: bytes.byteLength};
        }
        if (this.store.status !== "online" || photo.state !== "received") {
            return null;
        }
        try {
            const answer = await fetch(`/field/api/thumbnail/${photo.uuid}`, {redirect: "manual"});
            if (!answer.ok || answer.headers.get("Content-Type") !== "image/jpeg") {
                return null;
            }
            const found = {bytes: await answer.arrayBuffer(), size: photo.size};
            await database.setMeta(thumbnailKey(photo.uuid), found);
            return found;
        } catch {
            return null;
        }
    }

    get checkId() {
        return Number(this.state.checkId) || undefined;
    }

    get photos() {
        return photosOf(this.mission);
    }

    get stages() {
        return Object.entries(stageLabels()).map(([value, label]) => ({value, label}));
    }

    get checks() {
        return askedChecks(this.mission).filter((check) => check.kind !== "section");
    }

    /** Photos by stage, in the order of a visit; those without one come last. */
    get groups() {
        const groups = this.stages.map(({value, label}) => ({
            value,
            label,
            photos: this.photos.filter((photo) => photo.stage === value),
        }));
        const others = this.photos.filter((photo) => !photo.stage);
        return [...groups, {value: "", label: _t("Others"), photos: others}].filter(
            (group) => group.photos.length
        );
    }

    get sent() {
        return this.photos.length - this.state.unsent;
    }

    get progress() {
        return _t("%(sent)s of %(all)s photos sent", {sent: this.sent, all: this.photos.length});
    }

    get used() {
        return this.photos.reduce(
            (sum, photo) => sum + (photo.size || this.state.sizes[photo.uuid] || 0),
            0
        );
    }

    get budget() {
        return (this.mission.photo_budget || 0) * MEGA;
    }

    get meter() {
        const used = (this.used / MEGA).toLocaleString(this.store.lang, {maximumFractionDigits: 1});
        return _t("%(used)s MB of %(budget)s MB", {used, budget: this.mission.photo_budget});
    }

    checkName(photo) {
        return this.mission.checks.find((check) => check.id === photo.check_id)?.name || "";
    }

    when(photo) {
        return moment(photo.date, this.mission.tz, this.store.lang);
    }

    open(photo) {
        this.state.open = this.state.open === photo.uuid ? null : photo.uuid;
    }

    get opened() {
        return this.photos.find((photo) => photo.uuid === this.state.open);
    }

    /** After the caption was used, the next photo is another one. */
    onTaken() {
        this.state.caption = "";
    }

    async describe(photo, values) {
        const {uuid, caption, stage} = {...photo, ...values};
        if (caption === photo.caption && stage === photo.stage) {
            return;
        }
        await this.perform("photo.describe", {uuid, caption, stage});
    }
}

addOperation("photo.describe", (mission, operation) => {
    const {uuid, caption, stage} = operation.payload;
    const photo = mission.photos.find((one) => one.uuid === uuid);
    if (photo) {
        Object.assign(photo, {caption: caption || "", stage: stage || ""});
    }
});
addOperationLabel("photo.describe", () => _t("Caption of a photo"));

addPanel("photos", {
    sequence: 30,
    icon: "camera",
    title: () => _t("Photos"),
    component: EvidencePhotosPanel,
    badge: (mission) => photosOf(mission).length || "",
});
