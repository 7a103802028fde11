"""What the database holds besides the ORM's tables: set at installation, gone after removal."""

from odoo import fields
from odoo.tools import SQL

INSTALLED = "field_evidence.installed"
# What ``guard.guard_table`` named its functions after.
GUARDED = (
    "field_evidence_journal",
    "field_evidence_dossier",
    "field_evidence_digest",
    "field_evidence_timestamp",
    "field_purge_certificate",
)


def post_init_hook(env):
    """Note since when items are sealed: older missions get a first inventory when touched."""
    parameters = env["ir.config_parameter"].sudo()
    if not parameters.get_param(INSTALLED):
        parameters.set_param(INSTALLED, fields.Datetime.to_string(fields.Datetime.now()))


def uninstall_hook(env):
    """Take the triggers' functions away; the tables go with the models."""
    for name in GUARDED:
        guard = SQL.identifier(f"{name}_guard")
        env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", guard))
    env["ir.config_parameter"].sudo().set_param(INSTALLED, False)
