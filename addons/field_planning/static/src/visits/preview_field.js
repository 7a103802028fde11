import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * The year strip of a rule: a line a month, a square a day, and below it each visit that is not on
 * the day its rule names, with the reason.
 */
export class VisitPreviewField extends Component {
    static template = "field_planning.VisitPreviewField";
    static props = {...standardFieldProps};

    get preview() {
        return this.props.record.data[this.props.name];
    }

    get days() {
        return [...Array(31).keys()].map((index) => index + 1);
    }

    get moved() {
        return this.preview.visits.filter((visit) => visit.why);
    }

    get months() {
        const marks = this.marks;
        return this.preview.months.map((month) => ({
            ...month,
            squares: this.days.map((day) => this.square(month, day, marks)),
        }));
    }

    get marks() {
        const marks = {};
        for (const visit of this.preview.visits) {
            if (visit.nominal !== visit.day) {
                const kind = visit.day ? "from" : "skipped";
                marks[visit.nominal] = {kind, title: visit.why};
            }
        }
        for (const visit of this.preview.visits) {
            if (visit.day) {
                const title = visit.why ? `${visit.text} – ${visit.why}` : visit.text;
                marks[visit.day] = {kind: visit.why ? "shifted" : "due", title};
            }
        }
        return marks;
    }

    square(month, day, marks) {
        if (day > month.days) {
            return {day, classes: "o_field_strip_none", title: ""};
        }
        const key = `${month.key}-${String(day).padStart(2, "0")}`;
        const classes = [];
        let title = "";
        if ((month.weekday + day - 1) % 7 >= 5) {
            classes.push("o_field_strip_weekend");
        }
        const closed = this.preview.closed[key];
        if (closed) {
            classes.push(`o_field_strip_${closed[0]}`);
            title = closed[1];
        }
        const mark = marks[key];
        if (mark) {
            classes.push(`o_field_strip_${mark.kind}`);
            title = mark.title;
        }
        return {day, classes: classes.join(" "), title};
    }

    get summary() {
        const {due, shifted, skipped} = this.preview.counts;
        return _t("%(due)s visits, %(shifted)s of them shifted, %(skipped)s skipped", {
            due,
            shifted,
            skipped,
        });
    }
}

registry.category("fields").add("field_visit_preview", {
    component: VisitPreviewField,
    displayName: _t("Preview of visits"),
    supportedTypes: ["json"],
});
