import uuid
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.field_mission.core.slots import local_to_utc, utc_to_local
from odoo.addons.field_mission.models.field_mission import STATE_KEY, STATE_TOKEN

from ..core.publication import window_around

# Missions that one run of the reminder looks at before it commits.
REMINDED_AT_ONCE = 200
# A slot told so shortly before is not reminded of.
FRESH = timedelta(hours=6)


class FieldMissionMessage(models.Model):
    """What customers are told of their visits, by whom and when."""

    _inherit = "field.mission"

    customer_message_ids = fields.One2many(
        "field.customer.message",
        "mission_id",
        string="Messages to the customer",
        groups="field_mission.group_field_planner",
    )
    customer_message_count = fields.Integer(
        compute="_compute_customer_message_count",
        string="Number of messages",
        groups="field_mission.group_field_planner",
    )

    @api.depends("customer_message_ids")
    def _compute_customer_message_count(self):
        rows = self.env["field.customer.message"]._read_group(
            [("mission_id", "in", self.ids)], ["mission_id"], ["__count"]
        )
        counts = {mission.id: count for mission, count in rows}
        for mission in self:
            mission.customer_message_count = counts.get(mission.id, 0)

    def action_view_customer_messages(self):
        """Open the messages sent to the customers of these missions.

        :return: action of the messages
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_customer_message_action"
        )
        return {**action, "domain": [("mission_id", "in", self.ids)], "context": {}}

    # ------------------------------------------------------------------ what is told

    def _get_customer_window(self):
        """Without an hour promised, the customer is told a slot around the published start.

        The slot has the width set on the company and stays inside a promised day. Before
        publication nothing is announced; with ``field_window_planned`` in the context it is the
        slot that publishing would announce.
        """
        found = super()._get_customer_window()
        ahead = self.env.context.get("field_window_planned")
        for mission in self:
            start = mission.planned_start if ahead else mission.published_start
            if mission.promised_kind not in ("none", "day") or not start:
                continue
            if not ahead and not mission.published:
                continue
            width = mission.company_id.sudo().field_window_minutes
            first, last = window_around(start, width)
            low, high = found[mission.id]
            if low and high and low <= start <= high:
                first, last = max(first, low), min(last, high)
            found[mission.id] = (first, last)
        return found

    def _get_portal_slot(self):
        """The page of a mission says the slot that the messages said."""
        self.ensure_one()
        start, end = self._get_customer_window()[self.id]
        if self.promised_kind == "day" and start and start != self.promised_start:
            return self.env["field.customer.message"]._get_slot_text(start, end, self._get_tz())
        return super()._get_portal_slot()

    def _get_message_kinds(self):
        """Return which message the customer of each mission lacks, as things stand.

        :return: ``{mission_id: "confirmation", "change", "cancellation" or False}``
        """
        now = fields.Datetime.now()
        windows = self.with_context(field_window_planned=True)._get_customer_window()
        found = {}
        for mission in self:
            kind = False
            start, end = windows[mission.id]
            if mission.state == "planned" and start and end >= now:
                if not mission.told_start:
                    kind = "confirmation"
                elif (mission.told_start, mission.told_end) != (start, end):
                    kind = "change"
            elif mission.state in ("draft", "to_reschedule", "cancelled") and mission.told_start:
                kind = (
                    "cancellation" if mission.told_end >= now and not mission.actual_start else kind
                )
            found[mission.id] = kind
        return found

    def _get_recipients(self):
        """Return who is told of the visits, and how.

        Those are the contacts of the site who want it, else the customer. How is the contact's
        choice, else the customer's, else the company's; a customer who wants no messages gets
        none, nor do the contacts of the site.

        :return: ``{mission_id: [(partner or empty, channel or False, address or False, why not)]}``
        """
        messages = self.env["field.customer.message"]
        channels_of = messages._get_channels()
        addresses = {}
        found = {}
        for mission in self.sudo():
            customer = mission.partner_id
            general = self._get_message_choice(customer, mission.company_id)
            if not channels_of[general]:
                why = self.env._("%s wants no messages.", customer.display_name)
                found[mission.id] = [(customer.browse(), False, False, why)]
                continue
            contacts = mission.site_id.site_contact_ids.filtered("planning").partner_id
            rows = []
            for partner in contacts or customer:
                choice = partner.field_message_choice or general
                if not channels_of[choice]:
                    why = self.env._("%s wants no messages.", partner.display_name)
                    rows.append((partner.browse(), False, False, why))
                for channel in channels_of[choice]:
                    if (partner, channel) not in addresses:
                        addresses[partner, channel] = messages._prepare_address(partner, channel)
                    address = addresses[partner, channel]
                    rows.append((partner, channel, address["address"], address["reason"]))
            found[mission.id] = rows
        return found

    @api.model
    def _get_message_choice(self, partner, company):
        """Return how a customer is told: own choice, the one of the main contact, the company's."""
        return (
            partner.field_message_choice
            or partner.commercial_partner_id.field_message_choice
            or company.field_message_choice
        )

    # ------------------------------------------------------------------ sending

    def _send_customer_messages(self, kind, expected=None):
        """Tell the customers of these missions; messages wait in a queue, nothing is sent here.

        Kinds that the company switched off, slots that the customer knows already and customers
        who want no messages are left out. Calling it twice tells nothing twice.

        :param kind: ``confirmation``, ``change``, ``cancellation``, ``reminder``, ``delay``
            (needs the new hour) or ``visit_notice`` (a technician comes, outside the usual way),
            ``missed_visit`` (needs the hour at which nobody let the technician in)
        :param expected: ``{mission_id: (from, until)}`` naive UTC, when to expect the technician;
            ``until`` may be None
        :return: ``field.customer.message`` made (sudo)
        """
        messages = self.env["field.customer.message"].sudo()
        on = self.filtered(lambda m: m.company_id.sudo()._sends_field_message(kind)).sudo()
        windows = on._get_customer_window()
        told = {mission.id: mission._get_told_for(kind, windows[mission.id]) for mission in on}
        due = on.filtered(lambda mission: told[mission.id])
        recipients = due._get_recipients()
        rows = []
        for mission in due:
            start, end = told[mission.id]
            when, until = (expected or {}).get(mission.id) or (None, None)
            common = {
                "mission_id": mission.id,
                "company_id": mission.company_id.id,
                "kind": kind,
                "slot_start": start,
                "slot_end": end,
                "former_start": mission.told_start,
                "former_end": mission.told_end,
                "expected_start": when,
                "expected_end": until,
                "slot_key": mission._get_slot_key(kind, start, end, (when, until)),
                "user_id": self.env.uid,
            }
            for partner, channel, address, why in recipients[mission.id]:
                rows.append(
                    {
                        **common,
                        "partner_id": partner.id,
                        "channel": channel or "mail",
                        "address": address,
                        "state": "queued" if address else "skipped",
                        "reason": why,
                    }
                )
        made = messages.create(due._without_known(kind, rows))
        due._note_told(kind, told)
        if made:
            messages._wake_queue()
        return made

    def _get_told_for(self, kind, window):
        """Return the slot that a message of this kind is about, or None where it has no sense."""
        self.ensure_one()
        start, end = window
        known = (self.told_start or None, self.told_end or None)
        if kind == "cancellation":
            return known if known[0] else None
        if kind == "missed_visit":
            return known
        if kind == "delay":
            return (start, end) if start else known if known[0] else (None, None)
        if not start or self.state != "planned":
            return None
        if kind in ("confirmation", "change") and known == (start, end):
            return None
        return start, end

    def _get_slot_key(self, kind, start, end, expected):
        """Return what makes two messages of a kind the same message."""
        self.ensure_one()
        parts = [start, end]
        if kind in ("confirmation", "change", "cancellation"):
            # A slot given back and taken again is worth a new message.
            parts.append(self.told_count)
        parts += [
            moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)
            for moment in expected
            if moment
        ]
        return "|".join(str(part or "") for part in parts)

    def _without_known(self, kind, rows):
        """Return the rows of messages that don't exist yet."""
        names = ("mission_id", "channel", "partner_id", "slot_key")
        known = {
            (row.mission_id.id, row.channel, row.partner_id.id, row.slot_key)
            for row in self.env["field.customer.message"]
            .sudo()
            .search_fetch([("mission_id", "in", self.ids), ("kind", "=", kind)], names)
        }
        kept = []
        for row in rows:
            key = tuple(row[name] for name in names)
            if key not in known:
                known.add(key)
                kept.append(row)
        return kept

    def _note_told(self, kind, told):
        """Remember the slot that customers know by now."""
        ended = ("cancellation", "missed_visit")
        if kind not in ("confirmation", "change", "visit_notice", *ended):
            return
        for mission in self.with_context(**{STATE_KEY: STATE_TOKEN}):
            slot = told[mission.id] if kind not in ended else (False, False)
            if (mission.told_start or False, mission.told_end or False) != slot:
                mission.write(
                    {
                        "told_start": slot[0],
                        "told_end": slot[1],
                        "told_count": mission.told_count + 1,
                    }
                )

    def _fill_access_tokens(self):
        """Give missions the token that the link in a message needs (sudo)."""
        for mission in self.sudo():
            if not mission.access_token:
                mission.access_token = str(uuid.uuid4())

    # ------------------------------------------------------------------ the day before

    @api.model
    def _cron_remind(self):
        """Remind the customers of tomorrow's visits, at the hour set, in the site's time."""
        companies = self.env["res.company"].search([("field_message_reminder", "=", True)])
        due = self._find_to_remind(companies)
        for first in range(0, len(due), REMINDED_AT_ONCE):
            batch = due[first : first + REMINDED_AT_ONCE]
            batch._send_customer_messages("reminder")
            left = len(due) - first - len(batch)
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=left):
                break

    @api.model
    def _find_to_remind(self, companies):
        """Return the missions whose customers are to be reminded now (sudo)."""
        now = fields.Datetime.now()
        found = self.sudo().search(
            [
                ("company_id", "in", companies.ids),
                ("state", "=", "planned"),
                ("published", "=", True),
                ("publish_state", "=", "current"),
                ("planned_start", ">", now),
                ("planned_start", "<", now + timedelta(days=3)),
            ]
        )
        found = found.filtered(lambda mission: mission._is_reminder_due(now))
        windows = found._get_customer_window()
        recent = (
            self.env["field.customer.message"]
            .sudo()
            .search_fetch(
                [("mission_id", "in", found.ids)],
                ["mission_id", "kind", "slot_start", "slot_end", "create_date", "state"],
            )
        )
        known = {
            (row.mission_id.id, row.slot_start or None, row.slot_end or None)
            for row in recent
            if row.kind == "reminder"
            or (
                row.kind in ("confirmation", "change", "visit_notice")
                and row.state != "skipped"
                and row.create_date > now - FRESH
            )
        }
        return found.filtered(
            lambda mission: (
                windows[mission.id][0] and (mission.id, *windows[mission.id]) not in known
            )
        )

    def _is_reminder_due(self, now):
        """Whether it is the evening before one visit, at or after the hour set."""
        self.ensure_one()
        tz = self._get_tz()
        day = utc_to_local(self.planned_start, tz).date()
        hour = self.company_id.field_message_reminder_hour
        due = local_to_utc(day - timedelta(days=1), hour, tz)
        return due <= now < local_to_utc(day, 0, tz)
