import math

from odoo import fields, models
from odoo.exceptions import UserError

LARGEST_VALUE = 1e9


class FieldMissionSuggestion(models.Model):
    _inherit = "field.mission"

    suggestion_ids = fields.One2many(
        "field.suggestion",
        "mission_id",
        string="Suggestions",
        groups="field_mission.group_field_technician",
    )

    def action_suggest(self, values, at=None):
        """Suggest something seen on one mission.

        :param values: ``{"kind": "opportunity" | "improvement", "name", "description", "value",
            "photos": [uuid, …]}``; without a name the first line of the description is taken
        :param at: device time, UTC
        :return: id of the suggestion
        :raises UserError: nothing is suggested, or a value that is no amount
        """
        self._check_working(("planned", "in_progress", "done", "to_reschedule"))
        self._check_values(values)
        suggestions = self.env["field.suggestion"].sudo()
        kind = values.get("kind") or "opportunity"
        if kind not in dict(suggestions._fields["kind"].selection):
            raise UserError(self.env._("“%s” is no kind of suggestion.", kind))
        text = str(values.get("description") or "").strip()
        name = str(values.get("name") or "").strip() or text.split("\n")[0][:80]
        if not name:
            raise UserError(self.env._("Say in a few words what you suggest."))
        uuids = values.get("photos") or []
        uuids = [uuid for uuid in uuids if isinstance(uuid, str)] if type(uuids) is list else []
        photos = self.sudo().photo_ids.filtered(lambda photo: photo.uuid in uuids)
        return suggestions.create(
            {
                "mission_id": self.id,
                "kind": kind,
                "name": name,
                "description": text or False,
                "value": self._read_value(values.get("value")),
                "photo_ids": [fields.Command.set(photos.ids)],
                "date": self._device_time(at),
                "author_id": self.env.uid,
            }
        ).id

    def _read_value(self, value):
        """Return a rough value as an amount; nothing given is 0."""
        if value in (None, False, ""):
            return 0.0
        known = isinstance(value, int | float) and not isinstance(value, bool)
        if not known or not math.isfinite(value) or not 0 <= value <= LARGEST_VALUE:
            raise UserError(self.env._("“%s” is no amount.", value))
        return float(value)

    def _apply_suggestion(self, payload, at):
        return {"id": self.action_suggest(payload, at=at)}

    def _get_app_values(self):
        """Add the user's own suggestions and what became of them."""
        found = super()._get_app_values()
        own = self.env["field.suggestion"].search(
            [("mission_id", "in", self.ids), ("author_id", "=", self.env.uid)]
        )
        labels = dict(own._fields["state"]._description_selection(self.env))
        by_mission = own.grouped(lambda suggestion: suggestion.mission_id.id)
        for values in found:
            values["suggestions"] = [
                {
                    "id": suggestion.id,
                    "kind": suggestion.kind,
                    "name": suggestion.name,
                    "state": suggestion.state,
                    "state_label": labels[suggestion.state],
                    "news": suggestion._get_news() if suggestion.state != "new" else "",
                }
                for suggestion in by_mission.get(values["id"], ())
            ]
        return found


class FieldOperationSuggestion(models.Model):
    _inherit = "field.operation"

    def _get_kinds(self):
        """Add suggestions."""
        return {**super()._get_kinds(), "suggestion.add": "_apply_suggestion"}
