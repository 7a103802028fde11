import {Component, useRef} from "@odoo/owl";
import {useBus, useService} from "@web/core/utils/hooks";
import {useModel} from "@web/model/model";
import {useSetupAction} from "@web/search/action_hook";
import {CogMenu} from "@web/search/cog_menu/cog_menu";
import {Layout} from "@web/search/layout";
import {SearchBar} from "@web/search/search_bar/search_bar";
import {useSearchBarToggler} from "@web/search/search_bar/search_bar_toggler";
import {standardViewProps} from "@web/views/standard_view_props";

export class FieldMapController extends Component {
    static template = "field_planning.FieldMapView";
    static components = {CogMenu, Layout, SearchBar};
    static props = {...standardViewProps, Model: Function, Renderer: Function};

    setup() {
        this.rootRef = useRef("root");
        this.action = useService("action");
        this.model = useModel(this.props.Model, {resModel: this.props.resModel});
        this.place = this.props.state?.place;
        useBus(this.model.bus, "update", () => this.render(true));
        useSetupAction({
            rootRef: this.rootRef,
            getLocalState: () => ({place: this.place}),
        });
        this.searchBarToggler = useSearchBarToggler();
    }

    onMove(place) {
        this.place = place;
    }

    openRecord(entry) {
        if (entry.model && entry.model !== this.props.resModel) {
            return this.action.doAction({
                type: "ir.actions.act_window",
                res_model: entry.model,
                res_id: entry.id,
                views: [[false, "form"]],
            });
        }
        return this.props.selectRecord(entry.id, {});
    }
}
