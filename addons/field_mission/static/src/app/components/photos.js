import {onWillDestroy, onWillStart, useState} from "@odoo/owl";
import {moment} from "../core/clock";
import {_t} from "../core/i18n";
import {stageLabels} from "../core/labels";
import {FieldComponent} from "./base";
import {Icon} from "./icon";
import {PhotoButton} from "./photo_button";

export class PhotosPanel extends FieldComponent {
    static template = "field_mission.PhotosPanel";
    static components = {Icon, PhotoButton};

    setup() {
        super.setup();
        this.state = useState({stage: this.mission.state === "planned" ? "before" : "during"});
        this.urls = useState({});
        onWillStart(() => this.load());
        onWillDestroy(() => Object.values(this.urls).forEach((url) => URL.revokeObjectURL(url)));
    }

    /** Pictures still on the phone can be shown; those sent are looked at in the office. */
    async load() {
        for (const photo of this.photos) {
            if (!this.urls[photo.uuid]) {
                const blob = await this.store.database.get("blobs", photo.uuid);
                if (blob) {
                    const picture = new Blob([blob.bytes], {type: blob.mimetype});
                    this.urls[photo.uuid] = URL.createObjectURL(picture);
                }
            }
        }
    }

    get photos() {
        return this.mission.photos.filter((photo) => photo.kind === "photo");
    }

    get stages() {
        return Object.entries(stageLabels()).map(([value, label]) => ({value, label}));
    }

    stageLabel(photo) {
        return stageLabels()[photo.stage] || _t("Photo");
    }

    when(photo) {
        return moment(photo.date, this.mission.tz, this.store.lang);
    }
}
