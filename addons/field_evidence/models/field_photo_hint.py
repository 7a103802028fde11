from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime


class FieldPhotoHint(models.Model):
    """Something about a photo that the office may want to look at; never an accusation.

    Made by a background run, read by the office only: neither technicians nor customers see that
    a hint exists. One that was looked at is dismissed with a reason and stays.
    """

    _name = "field.photo.hint"
    _description = "Hint about a photo"
    _order = "dismissed, id desc"
    _rec_name = "reason"

    photo_id = fields.Many2one(
        "field.photo", required=True, readonly=True, index=True, ondelete="cascade"
    )
    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True, index=True
    )
    kind = fields.Selection(
        [
            ("reused", "Used before"),
            ("old", "Taken long before"),
            ("far", "Taken elsewhere"),
            ("gallery", "From the gallery"),
        ],
        required=True,
        readonly=True,
    )
    other_photo_id = fields.Many2one("field.photo", readonly=True, index=True, ondelete="cascade")
    other_mission_id = fields.Many2one(related="other_photo_id.mission_id", string="Other mission")
    same_bytes = fields.Boolean(readonly=True, help="The file is the same, byte by byte.")
    distance = fields.Integer(string="Distance (m)", readonly=True, aggregator=None)
    image = fields.Binary(related="photo_id.image", string="Picture")
    other_image = fields.Binary(related="other_photo_id.image", string="Other picture")
    reason = fields.Char(string="What to look at", compute="_compute_reason")
    dismissed = fields.Boolean(readonly=True)
    dismissed_reason = fields.Char(string="Why it is nothing", readonly=True)
    dismissed_by_id = fields.Many2one("res.users", string="Dismissed by", readonly=True)
    dismissed_date = fields.Datetime(string="Dismissed on", readonly=True)

    _once = models.UniqueIndex(
        "(photo_id, kind, COALESCE(other_photo_id, 0))", "This hint was given already."
    )

    @api.depends("kind", "other_photo_id", "distance", "same_bytes", "photo_id.picture_date")
    @api.depends_context("lang", "tz")
    def _compute_reason(self):
        for hint in self:
            hint.reason = getattr(hint, f"_tell_{hint.kind}")() if hint.kind else False

    def _tell_reused(self):
        other = self.other_photo_id
        values = {
            "mission": other.mission_id.name,
            "date": self._local(other.capture_date),
            "site": other.mission_id.site_id.display_name,
        }
        if self.mission_id == other.mission_id:
            return self.env._(
                "The same file stands for two moments or checks of this mission: it was sent"
                " before on %(date)s.",
                **values,
            )
        if self.same_bytes:
            return self.env._(
                "The same file as a photo of %(mission)s, %(date)s, %(site)s.", **values
            )
        return self.env._(
            "Shows the same picture as a photo of %(mission)s, %(date)s, %(site)s.", **values
        )

    def _tell_old(self):
        return self.env._(
            "Taken on %(taken)s according to the file, %(days)s day(s) before it was added.",
            taken=self._local(self.photo_id.picture_date),
            days=(self.photo_id.capture_date - self.photo_id.picture_date).days,
        )

    def _tell_far(self):
        return self.env._(
            "Taken %s km from the site according to the file.",
            f"{self.distance / 1000:.1f}".replace(
                ".", self.env["res.lang"]._get_data(code=self.env.lang).decimal_point or "."
            ),
        )

    def _tell_gallery(self):
        return self.env._("Chosen from the phone's gallery, not taken with the camera.")

    def _local(self, moment):
        return format_datetime(self.env, moment, tz=self.mission_id._get_tz(), dt_format="short")

    # ------------------------------------------------------------------ dismissal

    def action_ask_dismissal(self):
        """Ask why these hints are nothing, then dismiss them (managers).

        :return: action of a dialog
        """
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why is it nothing?"),
            "res_model": "field.photo.hint.dismissal",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hint_ids": self.ids},
        }

    def action_dismiss(self, reason):
        """Note that these hints were looked at and why they are nothing; they stay readable.

        :param reason: in words
        :raises AccessError: for anybody else than a manager
        :raises UserError: no reason, or a hint dismissed before
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_manager"):
            raise AccessError(self.env._("Only a manager may dismiss a hint."))
        text = reason.strip() if isinstance(reason, str) else ""
        if not text:
            raise UserError(self.env._("Say why it is nothing."))
        if self.filtered("dismissed"):
            raise UserError(self.env._("This hint was dismissed already: the reason given stays."))
        # The right to write is nobody's: this is the only change that a hint knows.
        self.sudo().write(
            {
                "dismissed": True,
                "dismissed_reason": text,
                "dismissed_by_id": self.env.uid,
                "dismissed_date": fields.Datetime.now(),
            }
        )
        return True
