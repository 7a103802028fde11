import {moment} from "../core/clock";
import {operationLabels} from "../core/labels";
import {getOperationLabel} from "../core/registry";
import {FieldComponent} from "./base";
import {Icon} from "./icon";

export class OutboxPage extends FieldComponent {
    static template = "field_mission.Outbox";
    static components = {Icon};

    label(operation) {
        const {kind} = operation;
        return operationLabels()[kind] || getOperationLabel(kind) || kind;
    }

    where(operation) {
        const mission = this.store.mission(operation.mission_id);
        return mission ? `${mission.name} · ${mission.site.name}` : "";
    }

    when(operation) {
        return moment(operation.at, this.store.snapshot.user.tz, this.store.lang);
    }
}
