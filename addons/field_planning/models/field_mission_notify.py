from collections import defaultdict

from odoo import api, models

# What a board, or the missions of the day, show of a mission.
SHOWN_FIELDS = frozenset(
    ("technician_id", "helper_ids", "planned_start", "planned_end", "planned_duration", "is_locked",
     "site_id", "service_type_id", "state", "published", "validated", "priority", "promised_kind",
     "promised_date", "promised_time", "promised_start", "promised_end", "actual_start",
     "actual_end", "active", "delay_state", "expected_start")
)  # fmt: skip
# Beyond this, a board reads itself again instead of mission by mission.
MOST_IDS = 200
CHANNEL = "field_planning.board"


class FieldMissionNotify(models.Model):
    """Other planners' boards follow every change, once it is committed."""

    _inherit = "field.mission"

    @api.model_create_multi
    def create(self, vals_list):
        """Create missions, and tell the boards."""
        missions = super().create(vals_list)
        missions._notify_board(missions.ids)
        return missions

    def write(self, vals):
        """Change missions, and tell the boards of what they show."""
        result = super().write(vals)
        if SHOWN_FIELDS.intersection(vals):
            self._notify_board(self.ids)
        return result

    def unlink(self):
        """Delete missions, and tell the boards."""
        by_company = {
            company.id: group.ids for company, group in self.grouped("company_id").items()
        }
        result = super().unlink()
        for company_id, ids in by_company.items():
            self._gather_board(company_id, dict.fromkeys(ids, False))
        return result

    @api.model
    def _notify_board(self, ids):
        """Tell the planners of the missions' companies that these missions have changed.

        One message a company and transaction, sent at its commit: ``field_planning/board`` with
        ``missions`` (``[[id, plan_version or False when deleted], …]``, or False = too many: read
        everything again), ``source`` (the board that caused it, by context) and ``user_id``.

        :param ids: ids of missions
        """
        pending = self._get_board_pending()
        pending["ids"].update(ids)
        pending["source"] = self.env.context.get("field_board_source", pending["source"])

    def _gather_board(self, company_id, versions):
        self._get_board_pending()["gone"][company_id].update(versions)

    def _get_board_pending(self):
        data = self.env.cr.precommit.data
        if CHANNEL not in data:
            data[CHANNEL] = {"ids": set(), "gone": defaultdict(dict), "source": False}
            root = self.env(su=True)["field.mission"]
            uid = self.env.uid

            @self.env.cr.precommit.add
            def send():
                # A rolled back savepoint forgets what it gathered, not that it was to be sent.
                if pending := data.pop(CHANNEL, None):
                    root._send_board(pending, uid)

        return data[CHANNEL]

    def _send_board(self, pending, uid):
        messages = pending["gone"]
        missions = self.browse(sorted(pending["ids"])).exists()
        for mission in missions:
            messages[mission.company_id.id][mission.id] = mission.plan_version
        for company_id, versions in messages.items():
            few = len(versions) <= MOST_IDS
            # _sendone: a record is a safe channel, no client can name it.
            self.env["bus.bus"]._sendone(
                (self.env["res.company"].browse(company_id), CHANNEL),
                "field_planning/board",
                {
                    "company_id": company_id,
                    "missions": [list(item) for item in versions.items()] if few else False,
                    "source": pending["source"],
                    "user_id": uid,
                },
            )
