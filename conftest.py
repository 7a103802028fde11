"""Let pytest walk a repository that is itself an Odoo module.

Two things stand in its way: it takes the repository's own `__init__.py` for a Python package
named after the folder, and Odoo wants its modules imported as `odoo.addons.<module>`.
"""

from pathlib import Path

import _pytest.pathlib
import pytest

REPO = Path(__file__).resolve().parent
_resolve = _pytest.pathlib.resolve_pkg_root_and_module_name


def _odoo_name(path, *, consider_namespace_packages=False):
    """Name a module of an addon as Odoo does; the nearest manifest above it says which addon."""
    found = _resolve(path, consider_namespace_packages=consider_namespace_packages)
    for folder in path.parents:
        if (folder / "__manifest__.py").exists():
            addon = "field_suite" if folder == REPO else folder.name
            parts = list(path.relative_to(folder).with_suffix("").parts)
            if parts[-1] == "__init__":
                parts.pop()
            return found[0], ".".join(["odoo.addons", addon, *parts])
    return found


def pytest_configure(config):
    """Under `make tdd` (pytest-odoo on a database), rename modules as Odoo names them."""
    if config.pluginmanager.has_plugin("odoo") and config.getoption("--odoo-database", None):
        _pytest.pathlib.resolve_pkg_root_and_module_name = _odoo_name


def pytest_collect_directory(path, parent):
    """Take every folder as a folder: importing a test imports its package anyway."""
    return pytest.Dir.from_parent(parent, path=path)
