"""Run a script in an Odoo environment: ``python -m tools.in_odoo CONF DATABASE SCRIPT [ARG…]``.

The script is a Python file with ``main(env, *args)``; an argument ``name=value`` is passed by
name. What it writes is committed when it ends well.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from pathlib import Path


def main() -> None:
    """Load Odoo, open the database and call the script's ``main``."""
    conf, database, script, *args = sys.argv[1:]
    import odoo.http  # noqa: F401  Odoo's addons expect it loaded
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", conf, "-d", database, "--no-http"], setup_logging=True)
    logging.getLogger("odoo").setLevel(logging.WARNING)
    # Odoo's own use of what its libraries deprecate says nothing to who runs the demo.
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    spec = importlib.util.spec_from_file_location(Path(script).stem, script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    named = dict(arg.split("=", 1) for arg in args if "=" in arg)
    plain = [arg for arg in args if "=" not in arg]
    with Registry(database).cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        code = module.main(env, *plain, **named)
        cr.commit()
    sys.exit(code if isinstance(code, int) else 0)


main()
