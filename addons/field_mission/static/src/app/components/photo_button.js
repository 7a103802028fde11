import {useRef, useState} from "@odoo/owl";
import {compress} from "../core/photo";
import {readPhotoFacts} from "../core/registry";
import {digest, newUuid} from "../core/store";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

/** Camera and gallery; the picture is on the phone's disk before it counts as taken. */
export class PhotoButton extends FieldComponent {
    static template = "field_mission.PhotoButton";
    static components = {Icon};

    setup() {
        super.setup();
        this.camera = useRef("camera");
        this.gallery = useRef("gallery");
        this.state = useState({busy: false});
    }

    open(which) {
        this[which].el.click();
    }

    async take(event, origin) {
        const files = [...event.target.files];
        event.target.value = "";
        this.state.busy = true;
        try {
            for (const file of files) {
                await this.keep(file, origin);
            }
        } finally {
            this.state.busy = false;
        }
    }

    async keep(file, origin) {
        let picture, facts;
        try {
            facts = await readPhotoFacts(file, this.mission, this.store);
            picture = await compress(file);
        } catch {
            this.store.say("photo");
            return;
        }
        const uuid = newUuid();
        await this.perform(
            "photo",
            {
                uuid,
                kind: "photo",
                stage: this.props.stage || undefined,
                caption: this.props.caption || undefined,
                check_id: this.props.checkId || undefined,
                sha256: await digest(picture.bytes),
                origin,
                ...facts,
            },
            {blob: {uuid, ...picture}}
        );
        await this.props.onTaken?.(uuid);
    }
}
