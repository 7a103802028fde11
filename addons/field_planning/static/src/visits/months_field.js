import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const {DateTime} = luxon;

/** Months as buttons, kept as "7,8". */
export class VisitMonthsField extends Component {
    static template = "field_planning.VisitMonthsField";
    static props = {...standardFieldProps};

    get chosen() {
        const text = this.props.record.data[this.props.name] || "";
        return new Set(
            text
                .split(/[,;]/)
                .map((word) => parseInt(word))
                .filter((month) => month >= 1 && month <= 12)
        );
    }

    get months() {
        const chosen = this.chosen;
        return [...Array(12).keys()].map((index) => ({
            number: index + 1,
            label: DateTime.local(2026, index + 1, 1).toFormat("LLL"),
            name: DateTime.local(2026, index + 1, 1).toFormat("LLLL"),
            chosen: chosen.has(index + 1),
        }));
    }

    toggle(month) {
        if (this.props.readonly) {
            return;
        }
        const chosen = this.chosen;
        if (!chosen.delete(month)) {
            chosen.add(month);
        }
        const text = [...chosen].sort((a, b) => a - b).join(",");
        this.props.record.update({[this.props.name]: text || false});
    }
}

registry.category("fields").add("field_visit_months", {
    component: VisitMonthsField,
    displayName: _t("Months"),
    supportedTypes: ["char"],
});
