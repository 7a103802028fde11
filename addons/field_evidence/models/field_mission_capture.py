import json
import re
from datetime import datetime

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.field_mission.core import slots

SIGNATURE_KIND = "field_signature_kind"
MOMENTS = ("arrive", "done")
LONGEST_TEXTS = 60_000  # characters, in all
MOST_TEXTS = 40
CAMERA_TIME = re.compile(r"(19|20)\d\d-\d\d-\d\d \d\d:\d\d:\d\d\Z")
HALF_THE_GLOBE = 20_040_000  # metres
TEXT_KEYS = {"key", "title", "text"}


class FieldMissionCapture(models.Model):
    """What the app captures as proof: texts that are signed, captions, presence on the site."""

    _inherit = "field.mission"

    # ------------------------------------------------------------------ signatures

    def _get_texts_to_sign(self):
        """Say what is agreed to instead of what was done, for an agreement before the work."""
        found = super()._get_texts_to_sign()
        if self.env.context.get(SIGNATURE_KIND) != "before_work":
            return found
        prices = self._get_price_lines()
        for mission in self:
            others = [text for text in found[mission.id] if text["key"] != "statement"]
            agreement = {
                "key": "agreement",
                "title": self.env._("Agreement before the work"),
                "text": mission.sudo()._get_agreement_text(prices[mission.id]),
            }
            found[mission.id] = [agreement, *others]
        return found

    def _get_agreement_text(self, prices):
        """Return what one mission's customer agrees to: the work, and at which price.

        :param prices: lines of ``_get_price_lines``
        """
        lines = [
            self.env._(
                "I agree to the work “%(what)s” on the site “%(where)s” (mission %(name)s).",
                what=self.service_type_id.name,
                where=self.site_id.display_name,
                name=self.name,
            )
        ]
        if self.description:
            lines.append(self.description)
        for line in prices:
            amount = line["currency"].format(line["subtotal"])
            lines.append(
                self.env._("%(name)s: %(amount)s without tax", name=line["name"], amount=amount)
            )
        reference = self.customer_reference or self.contract_id.name
        if reference:
            lines.append(self.env._("Prices as in the order or contract %s.", reference))
        return "\n".join(lines)

    def action_sign(self, values, at=None):
        """Check that the texts sent are those whose SHA-256 the device showed.

        :raises UserError: texts of another form, or that give another hash
        """
        kind = values.get("kind") if isinstance(values, dict) else None
        mission = self.with_context(**{SIGNATURE_KIND: kind if isinstance(kind, str) else None})
        if isinstance(values, dict) and values.get("texts"):
            self._check_signed_texts(values["texts"], values.get("texts_sha256"))
        return super(FieldMissionCapture, mission).action_sign(values, at=at)

    def _check_signed_texts(self, texts, digest):
        fits = (
            isinstance(texts, list)
            and len(texts) <= MOST_TEXTS
            and all(
                isinstance(text, dict)
                and set(text) == TEXT_KEYS
                and all(isinstance(value, str) for value in text.values())
                for text in texts
            )
            and sum(len(text["text"]) for text in texts) <= LONGEST_TEXTS
        )
        if not fits:
            raise UserError(self.env._("The texts that were signed can't be read."))
        if digest and digest != self.env["field.signature"]._digest_texts(texts):
            raise UserError(
                self.env._("The texts that were signed are not those that arrived: sign again.")
            )

    def _get_signed_versions(self):
        """Return the states of one mission's work that were signed, and the one of now, last."""
        self.ensure_one()
        versions = []
        signatures = self.signature_ids.filtered(lambda sign: sign.kind == "after_work")
        for signature in signatures.sorted(lambda sign: (sign.date_server, sign.id)):
            if signature.covers not in versions:
                versions.append(signature.covers)
        # As it is read back from the database.
        now = json.loads(json.dumps(self._get_signed_snapshot()))
        if now in versions:
            versions.remove(now)
        return [*versions, now]

    # ------------------------------------------------------------------ photos

    def _apply_photo_describe(self, payload, _at):
        """Give a photo of one's own its caption and stage; what was sealed before stays."""
        self._check_working()
        photo = self.sudo().photo_ids.filtered(
            lambda one: one.uuid == payload.get("uuid") and one.author_id == self.env.user
        )
        if not photo:
            raise UserError(self.env._("This photo is none of yours."))
        stages = dict(photo._fields["stage"].selection)
        if payload.get("stage") and payload["stage"] not in stages:
            raise UserError(self.env._("“%s” is not known for a file.", payload["stage"]))
        photo.write(
            {
                "caption": str(payload.get("caption") or "").strip()[:500] or False,
                "stage": payload.get("stage") or False,
            }
        )

    def _prepare_photo(self, values, check, at):
        """Keep what the app declares of a photo: camera or gallery, its date, how far away.

        What is malformed is left out: a photo is never refused for it.
        """
        prepared = super()._prepare_photo(values, check, at)
        if values.get("origin") in ("camera", "gallery"):
            prepared["origin"] = values["origin"]
        taken = values.get("taken")
        if isinstance(taken, str) and CAMERA_TIME.match(taken):
            prepared["picture_date"] = self._read_camera_time(taken)
        distance = values.get("distance")
        located = self.company_id.sudo().field_position_mode != "off"
        if located and type(distance) is int and 0 <= distance <= HALF_THE_GLOBE:
            prepared["picture_distance"] = distance
        return prepared

    def _read_camera_time(self, local):
        """Return what a camera's clock says at one mission's site as naive UTC, or False.

        :param local: datetime, or its text ``YYYY-MM-DD HH:MM:SS``
        """
        try:
            moment = datetime.fromisoformat(str(local))
        except ValueError:
            return False
        hour = moment.hour + moment.minute / 60
        return slots.local_to_utc(moment.date(), hour, self._get_tz())

    # ------------------------------------------------------------------ presence

    def _apply_position(self, payload, at):
        """Note whether the person was on the site; nothing where the company doesn't ask."""
        self.ensure_one()
        mode = self.company_id.sudo().field_position_mode
        moment = payload.get("moment")
        if mode == "off":
            return {}
        if moment not in MOMENTS or not isinstance(payload.get("on_site"), bool):
            raise UserError(self.env._("The position is malformed."))
        values = {
            "mission_id": self.id,
            "user_id": self.env.uid,
            "moment": moment,
            "on_site": payload["on_site"],
            "date": self._device_time(at),
        }
        if mode == "coordinates":
            values.update(self._read_coordinates(payload))
        self.env["field.position"].sudo().create(values)
        return {}

    def _read_coordinates(self, payload):
        """Return coordinates that are numbers on the globe, else nothing."""
        found = {}
        for name, bound in (("latitude", 90), ("longitude", 180)):
            value = payload.get(name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                return {}
            if not -bound <= value <= bound:
                return {}
            found[name] = value
        return found

    # ------------------------------------------------------------------ the app

    def _get_app_values(self):
        """Add what evidence shows: the agreement's texts, sizes, versions, whether to locate."""
        values = super()._get_app_values()
        agreements = self.with_context(**{SIGNATURE_KIND: "before_work"})._get_texts_to_sign()
        for mission, shown in zip(self.sudo(), values, strict=True):
            company = mission.company_id
            versions = {sign.id: sign for sign in mission.signature_ids}
            for sign in shown["signatures"]:
                sign["coverage"] = versions[sign["id"]].coverage or ""
            shown.update(
                agreement_texts=agreements[mission.id],
                photo_budget=company.field_photo_budget,
                position=company.field_position_mode,
                position_radius=company.field_position_radius,
                position_days=company.field_position_days,
            )
        return values
