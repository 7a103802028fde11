import hashlib
import json

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldSignature(models.Model):
    _name = "field.signature"
    _description = "Signature on a mission"
    _order = "date, id"

    uuid = fields.Char(readonly=True, copy=False)
    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True
    )
    kind = fields.Selection(
        [
            ("before_work", "Agreement before the work"),
            ("after_work", "Statement after the work"),
            ("check", "Check"),
            ("document", "Document"),
        ],
        required=True,
        readonly=True,
    )
    name = fields.Char(string="Signed by", readonly=True)
    quality = fields.Char(readonly=True, help="Customer, caretaker, site manager…")
    refusal_reason = fields.Char(
        readonly=True, help="Why there is no signature: refusal or absence, with its reason."
    )
    reserves = fields.Text(readonly=True, help="What the customer wants noted with the signature.")
    texts = fields.Json(readonly=True, help="What was on the screen when it was signed.")
    texts_sha256 = fields.Char(readonly=True)
    texts_shown = fields.Html(compute="_compute_texts_shown", string="Texts shown")
    covers = fields.Json(readonly=True, help="State of the work that the signature covers.")
    drawing_id = fields.Many2one("field.photo", readonly=True, ondelete="restrict")
    image = fields.Binary(related="drawing_id.image", string="Picture")
    date = fields.Datetime(required=True, readonly=True, string="Signed on", help="Device time.")
    date_server = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, string="Known on"
    )
    author_id = fields.Many2one("res.users", required=True, readonly=True, string="Collected by")

    _uuid_unique = models.UniqueIndex(
        "(uuid) WHERE uuid IS NOT NULL", "This signature was already recorded."
    )
    _signed_or_reason = models.Constraint(
        "CHECK(name IS NOT NULL OR refusal_reason IS NOT NULL)",
        "Give the name of who signs, or why nobody does.",
    )

    @api.depends("texts")
    def _compute_texts_shown(self):
        for signature in self:
            signature.texts_shown = self._render_texts(signature.texts or ())

    @api.model
    def _render_texts(self, texts):
        """Return the texts to sign as safe HTML.

        :param texts: list of ``{"key", "title", "text"}``
        """
        return Markup("").join(
            Markup("<h5>%s</h5><p>%s</p>") % (text.get("title") or "", text.get("text") or "")
            for text in texts
        )

    @api.model
    def _digest_texts(self, texts):
        """Return the SHA-256 of the texts shown, in their canonical JSON form (hex)."""
        canonical = json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: what somebody signed can't change."""
        raise UserError(self.env._("A signature can't be changed: collect a new one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A signature can't be deleted."))
