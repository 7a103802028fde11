from odoo import fields, models


class FieldDocumentAck(models.Model):
    """Somebody said that they read a version of a document, for a mission. Never changed."""

    _name = "field.document.ack"
    _description = "Document read"
    _order = "date desc, id desc"
    _rec_name = "version_id"

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    version_id = fields.Many2one(
        "field.document.version", required=True, readonly=True, index=True, ondelete="restrict"
    )
    document_id = fields.Many2one(
        related="version_id.document_id", store=True, precompute=True, index=True
    )
    sha256 = fields.Char(related="version_id.sha256", store=True, precompute=True)
    user_id = fields.Many2one(
        "res.users", string="Read by", required=True, readonly=True, index=True
    )
    person = fields.Char(string="Name", required=True, readonly=True, help="As it was then.")
    date = fields.Datetime(string="Read on", required=True, readonly=True, help="Device time.")
    date_server = fields.Datetime(
        string="Known on", required=True, readonly=True, default=fields.Datetime.now
    )
    company_id = fields.Many2one(
        related="mission_id.company_id", store=True, precompute=True, index=True
    )

    _once = models.Constraint(
        "unique(mission_id, version_id, user_id)",
        "This person has read this version for this mission already.",
    )
