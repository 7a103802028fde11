/** What can be undone and redone: inverse moves as the server gave them. */

const DEEPEST = 100;

export class BoardHistory {
    constructor() {
        this.undos = [];
        this.redos = [];
    }

    get canUndo() {
        return this.undos.length > 0;
    }

    get canRedo() {
        return this.redos.length > 0;
    }

    /** A planner moved something: what was undone before can't be redone any more. */
    push(moves) {
        if (moves.length) {
            this.undos.push(moves);
            this.undos = this.undos.slice(-DEEPEST);
            this.redos = [];
        }
    }

    /** Our own moves raised the versions: the inverse moves still apply. */
    follow(versions) {
        for (const moves of [...this.undos, ...this.redos]) {
            for (const move of moves) {
                if (versions.has(move.id)) {
                    move.plan_version = versions.get(move.id);
                }
            }
        }
    }

    /** Somebody else moved these: undoing would overwrite them. */
    forget(ids) {
        const keep = (stack) =>
            stack
                .map((moves) => moves.filter((move) => !ids.has(move.id)))
                .filter((moves) => moves.length);
        this.undos = keep(this.undos);
        this.redos = keep(this.redos);
    }
}
