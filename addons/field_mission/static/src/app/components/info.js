import {accessLabels} from "../core/labels";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

export class InfoPanel extends FieldComponent {
    static template = "field_mission.InfoPanel";
    static components = {Icon};

    accessLabel(kind) {
        return accessLabels()[kind];
    }

    get toBring() {
        return this.mission.materials.filter((line) => line.planned);
    }
}
