import {Component, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** Is the condition of a check met? As `core/checks.py` decides it for missions. */
function isMet({when, choice}, asked) {
    if (when === "yes" || when === "no") {
        return asked.yesno === when;
    }
    return when === "choice" ? asked.choice === choice : asked.result === when;
}

/**
 * Which checks are asked, given the answers so far.
 *
 * @param {Array<object>} checks in the order of the checklist
 * @param {object} answers by number: `{yesno, choice, result}`
 * @returns {Array<object>} the checks that are asked
 */
export function askedChecks(checks, answers) {
    const gone = new Set();
    return checks.filter(({number, shown_if: condition}) => {
        if (
            condition &&
            (gone.has(condition.number) ||
                !isMet(condition, answers[condition.number] || {result: "todo"}))
        ) {
            gone.add(number);
            return false;
        }
        return true;
    });
}

/** A checklist in the frame of a phone, to be tried out; nothing is written. */
export class ChecklistPreview extends Component {
    static template = "field_mission.ChecklistPreview";
    static components = {Dialog};
    static props = {close: Function, name: String, checks: Array};

    setup() {
        this.state = useState({answers: {}});
    }

    get asked() {
        return askedChecks(this.props.checks, this.state.answers);
    }

    get left() {
        return this.asked.filter(
            ({kind, required, number}) =>
                kind !== "section" && required && !this.state.answers[number]
        ).length;
    }

    answer(check) {
        return this.state.answers[check.number] || {};
    }

    set(check, values, result) {
        this.state.answers[check.number] = {...values, result};
    }

    setYesNo(check, yesno) {
        this.set(check, {yesno}, {yes: "ok", no: "fail", na: "na"}[yesno]);
    }

    setChoice(check, choice) {
        this.set(check, {choice}, check.fail_choices.includes(choice) ? "fail" : "ok");
    }

    setNumber(check, text) {
        const number = Number.parseFloat(text.replace(",", "."));
        if (Number.isNaN(number)) {
            delete this.state.answers[check.number];
            return;
        }
        const wrong =
            (check.has_min && number < check.min_value) ||
            (check.has_max && number > check.max_value);
        this.set(check, {number}, wrong ? "fail" : "ok");
    }

    setText(check, text) {
        if (text.trim()) {
            this.set(check, {text}, "ok");
        } else {
            delete this.state.answers[check.number];
        }
    }
}

/** The button that saves the checklist and opens its preview. */
export class ChecklistPreviewButton extends Component {
    static template = "field_mission.ChecklistPreviewButton";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
    }

    async open() {
        const {record} = this.props;
        if (!(await record.save())) {
            return;
        }
        const preview = await this.orm.call(record.resModel, "get_preview", [[record.resId]]);
        this.dialog.add(ChecklistPreview, preview);
    }
}

registry.category("view_widgets").add("field_checklist_preview", {
    component: ChecklistPreviewButton,
});
