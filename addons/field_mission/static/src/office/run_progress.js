import {Component, useEffect, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const PERIOD = 1000;

/**
 * Progress of a run in the background (optimiser, import, dossier). While it runs, the server is asked once a second; whoever
 * waits takes the result in, so that no cron has to be waited for.
 */
export class RunProgress extends Component {
    static template = "field_mission.RunProgress";
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({progress: 0});
        this.asking = false;
        useEffect(
            (running) => {
                if (!running) {
                    return undefined;
                }
                const timer = browser.setInterval(() => this.ask(), PERIOD);
                return () => browser.clearInterval(timer);
            },
            () => [this.isRunning]
        );
    }

    get isRunning() {
        const {record} = this.props;
        return Boolean(record.resId) && record.data.state === "running";
    }

    get percent() {
        return Math.round(Math.max(this.state.progress, this.props.record.data.progress || 0));
    }

    async ask() {
        if (this.asking) {
            return;
        }
        this.asking = true;
        try {
            const {record} = this.props;
            const answer = await this.orm.silent.call(record.resModel, "poll", [[record.resId]]);
            this.state.progress = answer.progress;
            if (answer.state !== "running") {
                await record.load();
            }
        } finally {
            this.asking = false;
        }
    }
}

registry.category("fields").add("field_run_progress", {
    component: RunProgress,
    supportedTypes: ["float"],
});
