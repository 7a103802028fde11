"""Export the terms of modules from a database: run by tools/i18n.py inside Odoo."""

from pathlib import Path

from odoo.tools.translate import trans_export


def main(env, folder, *modules):
    """Write ``<module>.pot`` into the folder for each module that has terms."""
    for module in modules:
        path = Path(folder, f"{module}.pot")
        with path.open("wb") as file:
            found = trans_export(None, [module], file, "po", env)
        if not found:
            path.unlink()
