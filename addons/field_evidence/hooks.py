"""What the database holds besides the ORM's tables: set at installation, gone after removal."""

from odoo import fields
from odoo.tools import SQL

INSTALLED = "field_evidence.installed"


def post_init_hook(env):
    """Note since when items are sealed: older missions get a first inventory when touched."""
    parameters = env["ir.config_parameter"].sudo()
    if not parameters.get_param(INSTALLED):
        parameters.set_param(INSTALLED, fields.Datetime.to_string(fields.Datetime.now()))


def uninstall_hook(env):
    """Take the triggers' functions away; the tables go with the models."""
    guarded = (
        *("evidence_journal", "evidence_dossier", "evidence_digest"),
        *("evidence_timestamp", "purge_certificate"),
    )
    for name in (f"field_{table}_guard" for table in guarded):
        env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL.identifier(name)))
    env["ir.config_parameter"].sudo().set_param(INSTALLED, False)
