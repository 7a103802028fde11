import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {deserializeDateTime, formatDateTime} from "@web/core/l10n/dates";
import {localization} from "@web/core/l10n/localization";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const {DateTime} = luxon;
const PAGE = 30;

export class FieldSiteTimeline extends Component {
    static template = "field_planning.FieldSiteTimeline";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({kind: "", period: "", entries: [], more: false});
        this.kinds = [
            ["", _t("Everything"), "fa-stream"],
            ["visit", _t("Visits"), "fa-wrench"],
            ["nonconformity", _t("Non-conformities"), "fa-warning"],
            ["incident", _t("Incidents"), "fa-bolt"],
            ["request", _t("Requests"), "fa-inbox"],
            ["document", _t("Documents"), "fa-file-text-o"],
        ];
        this.periods = [
            ["", _t("Any time")],
            ["coming", _t("To come")],
            ["3", _t("Last 3 months")],
            ["12", _t("Last 12 months")],
        ];
        onWillStart(() => this.load());
        onWillUpdateProps((next) => {
            if (next.record.resId !== this.props.record.resId) {
                return this.load(next.record.resId);
            }
            return undefined;
        });
    }

    async load(resId = this.props.record.resId, offset = 0) {
        if (!resId) {
            Object.assign(this.state, {entries: [], more: false});
            return;
        }
        const today = DateTime.now();
        const {kind, period} = this.state;
        const since = Number(period) ? today.minus({months: Number(period)}) : null;
        const found = await this.orm.call("res.partner", "get_site_timeline", [[resId]], {
            kinds: kind ? [kind] : [],
            date_from: period === "coming" ? today.toISODate() : since?.toISODate() || false,
            date_to: since ? today.toISODate() : false,
            limit: PAGE,
            offset,
        });
        this.state.entries = offset ? [...this.state.entries, ...found.entries] : found.entries;
        this.state.more = found.more;
    }

    setKind(kind) {
        this.state.kind = kind;
        return this.load();
    }

    setPeriod(ev) {
        this.state.period = ev.target.value;
        return this.load();
    }

    more() {
        return this.load(this.props.record.resId, this.state.entries.length);
    }

    icon(entry) {
        return this.kinds.find(([kind]) => kind === entry.kind)[2];
    }

    when(entry) {
        return formatDateTime(deserializeDateTime(entry.date), {
            format: `${localization.dateFormat} HH:mm`,
        });
    }

    open(entry) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: entry.model,
            res_id: entry.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("field_site_timeline", {
    component: FieldSiteTimeline,
});
