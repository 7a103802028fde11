import {registry} from "@web/core/registry";

import {FieldBoardController} from "./field_board_controller";
import {FieldBoardModel} from "./field_board_model";
import {FieldBoardRenderer} from "./field_board_renderer";

export class FieldBoardArchParser {
    parse(xmlDoc) {
        return {scale: xmlDoc.getAttribute("scale") || undefined};
    }
}

export const fieldBoardView = {
    type: "field_board",
    ArchParser: FieldBoardArchParser,
    Controller: FieldBoardController,
    Model: FieldBoardModel,
    Renderer: FieldBoardRenderer,
    searchMenuTypes: ["filter", "groupBy", "favorite"],

    props: (genericProps, view) => ({
        ...genericProps,
        archInfo: new view.ArchParser().parse(genericProps.arch),
        Model: view.Model,
        Renderer: view.Renderer,
    }),
};

registry.category("views").add("field_board", fieldBoardView);
