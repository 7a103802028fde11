from odoo import api, fields, models
from odoo.tools import format_date

from ..core import offers, slots

OFFERED = 6


class FieldMissionSlots(models.Model):
    """What can be offered to a customer who is on the phone."""

    _inherit = "field.mission"

    @api.model
    def _propose_slots(self, wish):
        """Return the nearest slots for a visit that doesn't exist yet (hook).

        Alone, this addon offers half days; planning puts real free slots of technicians first.

        :param wish: dict ``company`` (``res.company``), ``site`` (``res.partner``),
            ``service_type`` (``field.service.type``), ``minutes`` on site, ``earliest`` (naive UTC)
            and ``deadline`` (naive UTC or False)
        :return: list of JSON-able dicts ``{"key", "day": "YYYY-MM-DD", "half": "morning" |
            "afternoon", "start": UTC text or False, "technician_id": id or False, "text", "hint"}``
        """
        tz = wish["site"]._get_site_tz()
        now = slots.utc_to_local(wish["earliest"], tz)
        last = wish["deadline"] and slots.utc_to_local(wish["deadline"], tz).date()
        halves = wish["company"]._get_field_halves()
        return [
            {
                "key": f"half|{day}|{half}",
                "day": fields.Date.to_string(day),
                "half": half,
                "start": False,
                "technician_id": False,
                "text": f"{self._word_day(day)}, {self._word_half(half)}",
                "hint": "",
            }
            for day, half in offers.half_days(now, last or None, halves, OFFERED)
        ]

    def _take_slot(self, slot):
        """Give one new mission the slot that was chosen (hook).

        :param slot: one of ``_propose_slots``
        :raises UserError: it is no longer free
        """
        self.ensure_one()

    @api.model
    def _word_day(self, day):
        return format_date(self.env, day, date_format="EEE d MMM")

    @api.model
    def _word_half(self, half):
        return self.env._("morning") if half == "morning" else self.env._("afternoon")
