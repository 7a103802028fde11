import {Component, useState} from "@odoo/owl";
import {decimal} from "../core/format";
import {_t} from "../core/i18n";

/** What every part of the app shares: the store, translations and the way a mission changes. */
export class FieldComponent extends Component {
    static props = ["*"];

    setup() {
        this.store = useState(this.env.store);
        this._t = _t;
    }

    /** The mission as it is now, not as it was when the page opened. */
    get mission() {
        return this.store.mission(this.props.missionId);
    }

    get working() {
        return (
            this.mission.state === "in_progress" ||
            (this.mission.state === "done" && !this.mission.validated)
        );
    }

    /** A quantity in the user's language. */
    decimal(value) {
        return decimal(value, this.store.lang);
    }

    perform(kind, payload, options) {
        return this.store.perform(kind, this.mission, payload, options);
    }
}
