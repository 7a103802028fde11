"""The main job: a planning spreadsheet goes in, posted invoices with their proof come out.

    python -m tools.in_odoo CONF DATABASE tools/demo_job.py [planning=… technicians=… sites=…]

`make demo` calls it on a database where the suite is installed. The steps lie in `demo/`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

# One of each role: role, login, password. The demo listens on 127.0.0.1 only.
LOGINS = [
    ("planner", "planner", "planner"),
    ("technician", "technician", "technician"),
    ("accountant", "accountant", "accountant"),
    ("manager", "manager", "manager"),
    ("customer", "customer", "customer"),
    ("subcontractor", "subcontractor", "subcontractor"),
]


def main(env, planning=None, technicians=None, sites=None):
    """Run what is still to be done of the main job and print its table.

    Each step is committed; an interrupted run goes on where it stopped, a second run changes
    nothing.

    :param env: environment of the superuser, suite installed
    :param planning: path of a planning spreadsheet (default: the demo company's own)
    :param technicians: path of the technicians' file that goes with it
    :param sites: path of a file of sites
    :return: ``demo.table.Result``
    """
    from odoo.addons.field_suite.demo.job import run

    result = run(
        env,
        planning=planning,
        technicians=technicians,
        sites=sites,
        folder=_reports_folder(env.cr.dbname),
    )
    print(result.text(), flush=True)
    return result


def _reports_folder(database):
    """A folder of the database's reports: in the checkout, or beside it where that is read-only."""
    folder = Path(__file__).resolve().parents[1] / "var" / "reports" / database
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / "field-suite-reports" / database
    return folder
