import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.holidays import CalendarError, read_ics

LARGEST = 2_000_000


class FieldHolidayImport(models.TransientModel):
    """Take in the school calendar that the ministry publishes for a zone, as an ICS file."""

    _name = "field.holiday.import"
    _description = "Import of school holidays"

    file = fields.Binary(string="ICS file", required=True)
    file_name = fields.Char()
    zone_id = fields.Many2one("field.school.zone", string="School zone", required=True)
    replace = fields.Boolean(
        string="Replace the zone's holidays of the same days",
        default=True,
        help="Else only periods that are not there yet are added.",
    )
    summary = fields.Text(compute="_compute_summary", string="What was read")

    @api.depends("file", "zone_id")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = False
            if not wizard.file:
                continue
            try:
                periods = wizard._read()
            except UserError as error:
                wizard.summary = str(error)
                continue
            wizard.summary = "\n".join(
                f"{period.name or '?'} : {period.first:%d/%m/%Y} – {period.last:%d/%m/%Y}"
                for period in periods[:40]
            )

    def _read(self):
        try:
            data = base64.b64decode(self.file or b"", validate=True)
        except (binascii.Error, ValueError) as error:
            raise UserError(self.env._("This is no calendar file (ICS).")) from error
        if len(data) > LARGEST:
            raise UserError(self.env._("This calendar is larger than 2 MB: is it the right file?"))
        try:
            return read_ics(data)
        except CalendarError as error:
            raise UserError(
                {
                    "not_ics": self.env._("This is no calendar file (ICS)."),
                    "empty": self.env._("This calendar holds no period."),
                    "bad_event": self.env._(
                        "“%s” has no usable dates in this calendar.", error.detail
                    ),
                }[error.code]
            ) from error

    def action_import(self):
        """Write the periods of the file for the zone.

        Periods of one day or more count; those that are there already are not doubled.

        :raises UserError: an unreadable file
        """
        self.ensure_one()
        holidays = self.env["field.holiday"]
        holidays.check_access("create")
        # Start of term and the like are no holidays: they last no more than a day.
        periods = [
            one for one in self._read() if one.last > one.first or "pont" in one.name.lower()
        ]
        if not periods:
            raise UserError(self.env._("This calendar holds no period."))
        first, last = min(p.first for p in periods), max(p.last for p in periods)
        existing = holidays.search(
            [
                ("kind", "=", "school"),
                ("zone_ids", "in", self.zone_id.ids),
                ("date_from", "<=", last),
                ("date_to", ">=", first),
            ]
        )
        if self.replace:
            self._give_up(existing)
            existing = holidays.browse()
        taken = {(one.date_from, one.date_to) for one in existing}
        made = holidays.create(
            [
                {
                    "name": period.name or self.env._("School holidays"),
                    "kind": "school",
                    "date_from": period.first,
                    "date_to": period.last,
                    "zone_ids": [fields.Command.set(self.zone_id.ids)],
                }
                for period in periods
                if (period.first, period.last) not in taken
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_holiday_action"
        )
        action["domain"] = [("id", "in", (made | existing).ids)]
        action["context"] = {}
        return action

    def _give_up(self, holidays):
        """Take the zone off holidays; those of no other zone go."""
        shared = holidays.filtered(lambda one: len(one.zone_ids) > 1)
        shared.write({"zone_ids": [fields.Command.unlink(self.zone_id.id)]})
        (holidays - shared).unlink()
