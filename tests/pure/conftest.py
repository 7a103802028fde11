"""Put the addons' folders on the path: the pure packages are imported without Odoo."""

import sys
from pathlib import Path

ADDONS = Path(__file__).resolve().parents[2] / "addons"
for _addon in sorted(ADDONS.iterdir()):
    sys.path.insert(0, str(_addon))

# Several addons have a package `core`: here it is one, made of all of them.
import core  # noqa: E402

core.__path__ = [str(folder) for folder in sorted(ADDONS.glob("*/core"))]
