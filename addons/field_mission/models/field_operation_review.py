from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

# Shown of a list of photos or texts: how many, not each.
COUNTED = ("photos", "texts", "versions", "drawing", "sha256", "uuid")


class FieldOperationReview(models.Model):
    """What the office reads of an operation: what was lived, what it has itself, in words."""

    _inherit = "field.operation"

    is_to_decide = fields.Boolean(
        string="To decide", compute="_compute_is_to_decide", search="_search_is_to_decide"
    )
    kind_text = fields.Char(string="What", compute="_compute_review_text")
    lived_text = fields.Text(string="What the technician did", compute="_compute_review_text")
    office_text = fields.Text(string="What the office has", compute="_compute_review_text")

    @api.depends("state", "resolution")
    def _compute_is_to_decide(self):
        for operation in self:
            operation.is_to_decide = operation.state == "conflict" or (
                operation.state == "rejected" and not operation.resolution
            )

    def _search_is_to_decide(self, operator, value):
        if operator != "in":
            return NotImplemented
        waiting = Domain("state", "=", "conflict") | (
            Domain("state", "=", "rejected") & Domain("resolution", "=", False)
        )
        return waiting if True in value else ~waiting

    @api.depends_context("lang", "tz")
    @api.depends("kind", "payload", "server_value", "mission_id")
    def _compute_review_text(self):
        words = self._get_kind_words()
        known = self._read_review_names()
        missions = self.mission_id
        labels = dict(missions._fields["state"]._description_selection(self.env))
        for operation in self:
            operation.kind_text = words.get(operation.kind, operation.kind)
            operation.lived_text = operation._describe_payload(known)
            mission = operation.mission_id.sudo()
            if operation.server_value:
                operation.office_text = operation.server_value.get("text") or self.env._("Nothing")
            elif mission:
                operation.office_text = self.env._(
                    "Mission: %s", labels.get(mission.state, mission.state)
                )
            else:
                operation.office_text = self.env._("No such mission")

    @api.model
    def _get_kind_words(self):
        """Return ``{kind of operation: what a person calls it}`` (hook of whoever adds kinds)."""
        return {
            "mission.travel": self.env._("On the way"),
            "mission.arrive": self.env._("Arrival"),
            "mission.pause": self.env._("Pause"),
            "mission.resume": self.env._("Going on"),
            "mission.done": self.env._("Finished"),
            "mission.reschedule": self.env._("To reschedule"),
            "mission.conclusion": self.env._("Report"),
            "check.set": self.env._("Answer to a check"),
            "time.add": self.env._("Time by hand"),
            "material.add": self.env._("Material"),
            "photo": self.env._("Photo or file"),
            "sign": self.env._("Signature"),
            "incident": self.env._("Incident"),
            "document.read": self.env._("Document read"),
            "suggestion": self.env._("Suggestion"),
        }

    def _read_review_names(self):
        """Return the names of the checks and products in these payloads, read in batches.

        :return: ``{("check_id" | "product_id", id): name}``
        """
        found = {}
        for key, model in (("check_id", "field.mission.check"), ("product_id", "product.product")):
            ids = {(operation.payload or {}).get(key) for operation in self}
            # Only the name, of what a technician told: the office may see all of it.
            records = (
                self.env[model]
                .sudo()
                .browse([one for one in ids if isinstance(one, int) and not isinstance(one, bool)])
            )
            for record in records.exists():
                found[key, record.id] = record.display_name
        return found

    def _describe_payload(self, known):
        """Return what one operation says, a line a fact.

        :param known: as ``_read_review_names`` returns it
        """
        self.ensure_one()
        names = self._get_fact_words()
        lines = []
        for key, value in (self.payload or {}).items():
            if value in (None, False, "", []) or key.endswith("uuid"):
                continue
            if key in COUNTED:
                if isinstance(value, list):
                    lines.append(f"{names.get(key, key)} : {len(value)}")
                continue
            said = known.get((key, value)) if isinstance(value, int) else None
            lines.append(self._word_fact(names.get(key), said or self._word_value(value)))
        return "\n".join(lines)

    @api.model
    def _word_fact(self, name, value):
        return f"{name} : {value}" if name else str(value)

    @api.model
    def _word_value(self, value):
        if value is True:
            return self.env._("yes")
        if isinstance(value, float):
            return self.env["ir.qweb.field"].user_lang().format("%.10g", value, grouping=True)
        if isinstance(value, str) and len(value) == 19 and value[4] == "-" and value[13] == ":":
            return format_datetime(self.env, value.replace("T", " "), dt_format="short")
        return {
            "yes": self.env._("yes"),
            "no": self.env._("no"),
            "na": self.env._("not applicable"),
        }.get(value, value)

    @api.model
    def _get_fact_words(self):
        """Return ``{key of a payload: what a person calls it}``; other keys show their value."""
        return {
            "check_id": self.env._("Check"),
            "product_id": self.env._("Product"),
            "quantity": self.env._("Quantity"),
            "number": self.env._("Measure"),
            "photos": self.env._("Photos"),
            "texts": self.env._("Texts"),
            "start": self.env._("From"),
            "stop": self.env._("Until"),
            "reason": self.env._("Reason"),
            "name": self.env._("Name"),
            "quality": self.env._("As"),
            "reserves": self.env._("Reserves"),
            "note": self.env._("Note"),
        }
