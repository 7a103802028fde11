import {moment} from "../core/clock";
import {_t} from "../core/i18n";
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

    /** Files that wait for a reason of their own; a refused description says its own above. */
    get held() {
        const said = new Set(this.store.refused.map((operation) => operation.payload?.uuid));
        return this.store.held.filter(({uuid}) => !said.has(uuid));
    }

    whyHeld({why, message, size}) {
        const mega = (size / 1024 / 1024).toLocaleString(this.store.lang, {
            maximumFractionDigits: 1,
        });
        return {
            large: _t(
                "The server takes no file of %s MB. It stays on this phone, and the rest is sent: tell the office.",
                mega
            ),
            corrupt: _t("This photo did not arrive whole. It is sent again."),
            refused: message,
        }[why];
    }

    when(operation) {
        return moment(operation.at, this.store.snapshot.user.tz, this.store.lang);
    }
}
