import {Component, onWillUnmount} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {usePopover} from "@web/core/popover/popover_hook";
import {useBus, useService} from "@web/core/utils/hooks";
import {useModel} from "@web/model/model";
import {useSetupAction} from "@web/search/action_hook";
import {CogMenu} from "@web/search/cog_menu/cog_menu";
import {Layout} from "@web/search/layout";
import {SearchBar} from "@web/search/search_bar/search_bar";
import {useSearchBarToggler} from "@web/search/search_bar/search_bar_toggler";
import {standardViewProps} from "@web/views/standard_view_props";

import {FieldBoardAgenda} from "./field_board_agenda";
import {FieldBoardCard, FieldBoardConfirmDialog, FieldBoardMoveDialog} from "./field_board_dialogs";
import {FieldBoardToolbar} from "./field_board_renderer";

const CHANNEL = "field_planning.board";

export class FieldBoardController extends Component {
    static template = "field_planning.FieldBoardView";
    static components = {Layout, CogMenu, SearchBar, FieldBoardToolbar, FieldBoardAgenda};
    static props = {...standardViewProps, Model: Function, Renderer: Function, archInfo: Object};

    setup() {
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.action = useService("action");
        this.popover = usePopover(FieldBoardCard, {
            position: "right-start",
            closeOnClickAway: true,
            // Beside a finger there is no room: the card comes up from below.
            useBottomSheet: this.env.isSmall,
        });
        const local = this.props.state?.boardState || {};
        this.model = useModel(this.props.Model, {
            resModel: this.props.resModel,
            scale: this.env.isSmall ? "day" : local.scale || this.props.archInfo.scale,
            date: local.date || this.props.context.field_board_date,
            ui: {
                confirm: (items, loads) => this.confirm(items, loads),
                refuse: (items) => this.refuse(items),
                tell: (message, type) => this.notification.add(message, {type}),
            },
        });
        if (this.env.isSmall) {
            this.model.tray.open = false;
        }
        useBus(this.model.bus, "update", () => this.render());
        useSetupAction({
            getLocalState: () => ({
                boardState: {scale: this.model.scale, date: this.model.date.toISODate()},
            }),
        });
        this.searchBarToggler = useSearchBarToggler();
        this.actions = {
            open: ([mission]) => this.openMission(mission),
            move: (missions) =>
                this.dialog.add(FieldBoardMoveDialog, {model: this.model, missions}),
            publish: (missions) => this.publish(missions),
            lock: (missions) =>
                this.model.setLocked(missions, !missions.every((mission) => mission.is_locked)),
            tray: (missions) => this.model.toTray(missions),
        };
        this.listen();
    }

    listen() {
        const bus = useService("bus_service");
        const onLive = (message) => this.model.onLive(message);
        bus.subscribe("field_planning/board", onLive);
        bus.addChannel(CHANNEL);
        onWillUnmount(() => {
            bus.unsubscribe("field_planning/board", onLive);
            bus.deleteChannel(CHANNEL);
            this.model.destroy();
        });
    }

    openCard(element, id) {
        const {model, actions} = this;
        this.popover.open(element, {model, id, actions});
    }

    openMission(mission) {
        const activeIds = [...this.model.missions.keys()];
        return this.props.selectRecord(mission.id, {activeIds});
    }

    confirm(items, loads = []) {
        return new Promise((resolve) => {
            this.dialog.add(
                FieldBoardConfirmDialog,
                {items, loads, confirm: () => resolve(true), cancel: () => resolve(false)},
                {onClose: () => resolve(false)}
            );
        });
    }

    refuse(items) {
        for (const item of items.slice(0, 4)) {
            const reasons = item.issues.map((issue) => issue.message).join(" ");
            this.notification.add(reasons, {title: item.site || item.name, type: "danger"});
        }
        if (items.length > 4) {
            this.notification.add(_t("%s more missions stay where they were.", items.length - 4), {
                type: "danger",
            });
        }
    }

    /** Open the preview of what publishing changes: for these missions, or the days shown. */
    async publish(missions) {
        const {days} = this.model;
        const ids = missions.filter((one) => one.state === "planned").map((one) => one.id);
        if (missions.length && !ids.length) {
            this.notification.add(_t("Nothing here is left to publish."), {type: "info"});
            return;
        }
        const action = await this.orm.call("field.publish", "action_open", [], {
            date_from: days[0].key,
            date_to: days[days.length - 1].key,
            mission_ids: ids,
        });
        await this.action.doAction(action);
    }
}
