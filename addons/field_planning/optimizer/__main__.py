"""``python addons/field_planning/optimizer``: solve what comes on standard input.

Input ``{"problem", "seconds"?, "level"?, "backend"?, "refine"?}``, output the result, both JSON;
lines ``progress 0.50`` on standard error meanwhile. With ``"urgent": visit`` the output is what
:func:`optimizer.offers` says. Exit code 2: the problem is wrong, the message is on
standard error.

``python addons/field_planning/optimizer worker`` supervises one run of the database
(:mod:`.worker`). Imports no Odoo.
"""

import json
import os
import sys
from pathlib import Path


def main() -> int:
    """Solve standard input; see the module's documentation."""
    # Run by path: the package's own folder must not hide other modules by its file names.
    folder = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != folder]
    sys.path.append(str(folder.parent))
    from optimizer import ProblemError, offers, solve

    if sys.argv[1:] == ["worker"]:
        from optimizer.worker import main as work

        return work()
    request = json.load(sys.stdin)
    # Somebody waits for an urgent one.
    if hasattr(os, "nice") and "urgent" not in request:
        os.nice(10)

    def progress(share: float) -> None:
        sys.stderr.write(f"progress {share:.2f}\n")
        sys.stderr.flush()

    try:
        if "urgent" in request:
            options = {key: request[key] for key in ("overtime", "backend") if key in request}
            json.dump(offers(request["problem"], request["urgent"], **options), sys.stdout)
            return 0
        result = solve(
            request["problem"],
            seconds=request.get("seconds"),
            level=request.get("level"),
            backend=request.get("backend"),
            refine=request.get("refine"),
            progress=progress,
        )
    except ProblemError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    json.dump(result, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
