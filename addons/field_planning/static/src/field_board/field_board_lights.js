/** The readiness lights of the missions, read after the board is painted: it waits for none. */

/** Missions asked about at once: a row or two are drawn again, not the whole board. */
export const LIGHTS_AT_ONCE = 200;

export class BoardLights {
    /**
     * @param {object} calls
     * @param {(ids: number[]) => Promise<object[]>} calls.read asks the server
     * @param {(ids: number[]) => Promise | void} calls.draw draws these missions again
     */
    constructor({read, draw}) {
        Object.assign(this, {read, draw});
        this.lights = new Map();
        this.wanted = new Set();
        this.running = null;
    }

    /** The light of a mission, `null` where none is known: `{ level, reasons }`. */
    of(id) {
        return this.lights.get(id) || null;
    }

    /**
     * Ask for lights, one call at a time: what others change meanwhile is asked with the next one.
     *
     * @param {number[]} ids in the order in which they are wanted
     * @returns {Promise} done when all that is wanted is known
     */
    ask(ids) {
        ids.forEach((id) => this.wanted.add(id));
        if (!this.running) {
            this.running = this._run().finally(() => (this.running = null));
        }
        return this.running;
    }

    stop() {
        this.wanted.clear();
    }

    async _run() {
        while (this.wanted.size) {
            const ids = [...this.wanted].slice(0, LIGHTS_AT_ONCE);
            ids.forEach((id) => this.wanted.delete(id));
            await this.draw(this._take(ids, await this.read(ids)));
        }
    }

    /** Keep an answer; return the ids whose light is another one now. */
    _take(ids, rows) {
        const found = new Map(rows.map(({id, level, reasons}) => [id, {level, reasons}]));
        return ids.filter((id) => {
            const [before, after] = [this.lights.get(id), found.get(id)];
            if (JSON.stringify(before) === JSON.stringify(after)) {
                return false;
            }
            this.lights.delete(id);
            if (after) {
                this.lights.set(id, after);
            }
            return true;
        });
    }
}
