import {registry} from "@web/core/registry";
import {FieldMapController} from "./map_controller";
import {FieldMapModel} from "./map_model";
import {FieldMapRenderer} from "./map_renderer";

export const fieldMapView = {
    type: "field_map",
    Controller: FieldMapController,
    Model: FieldMapModel,
    Renderer: FieldMapRenderer,
    searchMenuTypes: ["filter", "favorite"],

    props: (genericProps, view) => ({
        ...genericProps,
        Model: view.Model,
        Renderer: view.Renderer,
    }),
};

registry.category("views").add("field_map", fieldMapView);
