import {KeepLast} from "@web/core/utils/concurrency";
import {Model} from "@web/model/model";

export class FieldMapModel extends Model {
    setup({resModel}) {
        this.resModel = resModel;
        this.keepLast = new KeepLast();
        this.data = {groups: [], points: [], lines: [], missing: [], total: 0};
        this.version = 0;
    }

    async load({domain, context}) {
        this.searchParams = {domain, context};
        this.data = await this.keepLast.add(
            this.orm.call("field.map", "get_data", [this.resModel, domain], {context})
        );
        this.version++;
        this.notify();
    }

    async reload() {
        await this.load(this.searchParams);
    }

    hasData() {
        const {points, lines, missing} = this.data;
        return Boolean(points.length || lines.length || missing.length);
    }
}
