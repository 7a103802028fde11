import {Component, onWillStart} from "@odoo/owl";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

/** "Export to Excel" in the gear menu of missions: everything that the screen's filters show. */
export class ExportMissions extends Component {
    static template = "field_planning.ExportMissions";
    static components = {DropdownItem};
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = {isPlanner: false};
        onWillStart(async () => {
            this.state.isPlanner = await user.hasGroup("field_mission.group_field_planner");
        });
    }

    async export() {
        const {domain, context} = this.env.searchModel;
        const action = await this.orm.call("field.mission", "action_export_xlsx_domain", [domain], {
            context,
        });
        await this.action.doAction(action);
    }
}

registry.category("cogMenu").add(
    "field-export-missions",
    {
        Component: ExportMissions,
        groupNumber: 20,
        isDisplayed: ({config, searchModel}) =>
            searchModel.resModel === "field.mission" && config.viewType !== "form",
    },
    {sequence: 30}
);
