import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {ListRenderer} from "@web/views/list/list_renderer";
import {listView} from "@web/views/list/list_view";

/** What the register says in figures; each one filters the screen below. */
export class VisitFigures extends Component {
    static template = "field_planning.VisitFigures";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.state = useState({figures: null});
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    async load() {
        const domain = this.env.searchModel.domain;
        this.state.figures = await this.orm.call("field.visit.due", "get_figures", [domain]);
    }

    get cards() {
        const found = this.state.figures;
        const danger = found.orphans ? "btn-danger" : "btn-success";
        const late = found.late ? "btn-warning" : "btn-light";
        return [
            {
                name: "orphans",
                value: found.orphans,
                label: _t("to decide"),
                classes: danger,
                filter: "orphans",
            },
            {name: "late", value: found.late, label: _t("late"), classes: late, filter: "late"},
            {name: "due", value: found.due, label: _t("visits due"), classes: "btn-light"},
            {
                name: "open",
                value: found.open,
                label: _t("to do"),
                classes: "btn-light",
                filter: "todo",
            },
            {
                name: "moved",
                value: found.moved,
                label: _t("visits moved"),
                classes: "btn-light",
                filter: "moved",
            },
            {
                name: "done",
                value: found.done,
                label: _t("done, %s on time", found.on_time),
                classes: "btn-light",
                filter: "done",
            },
            {
                name: "waived",
                value: found.waived,
                label: _t("visits waived"),
                classes: "btn-light",
                filter: "waived",
            },
            {
                name: "beyond",
                value: found.beyond,
                label: _t("after the contract"),
                classes: "btn-warning",
                filter: "beyond",
            },
        ].filter((card) => card.name !== "beyond" || card.value);
    }

    open(card) {
        const items = this.env.searchModel.getSearchItems(
            (item) => item.type === "filter" && item.name === card.filter
        );
        if (items.length) {
            this.env.searchModel.toggleSearchItem(items[0].id);
        }
    }
}

export class VisitDueListRenderer extends ListRenderer {
    static template = "field_planning.VisitDueListRenderer";
    static components = {...ListRenderer.components, VisitFigures};
}

export class VisitDueKanbanRenderer extends KanbanRenderer {
    static template = "field_planning.VisitDueKanbanRenderer";
    static components = {...KanbanRenderer.components, VisitFigures};
}

registry.category("views").add("field_visit_due_list", {
    ...listView,
    Renderer: VisitDueListRenderer,
});
registry.category("views").add("field_visit_due_kanban", {
    ...kanbanView,
    Renderer: VisitDueKanbanRenderer,
});
