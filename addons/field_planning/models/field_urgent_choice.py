from odoo import fields, models
from odoo.exceptions import UserError

# A start further from what the customer was told than this is another appointment.
DISPLACED_MINUTES = 15


class FieldUrgentChoice(models.Model):
    """The option chosen: written, told, and taken back in one click."""

    _inherit = "field.urgent"

    def action_choose(self, key):
        """Insert the urgent mission as one option says, and move the others as it says.

        :param key: the option's ``key``
        :return: a notification
        :raises UserError: the option is not there, or the day changed meanwhile (named)
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        self._check_draft()
        option = next(
            (item for item in (self.options or {}).get("options", ()) if item["key"] == key), None
        )
        if option is None:
            raise UserError(self.env._("This option is gone. Search again."))
        self._refuse_stale(option)
        moved = self.env["field.mission"].browse(move["id"] for move in option["moves"])
        mission = self.mission_id or self._make_mission()
        before = self._remember(mission | moved)
        displaced = self._find_displaced(option)
        self._write_plan(mission, option)
        # Told is who had been told: a slot that nobody saw is no appointment.
        told = displaced.filtered("published")
        displaced.write({"to_reconfirm": True})
        if self.publish and not mission.published:
            mission.action_publish()
        told._send_customer_messages("change")
        after = {str(m.id): m.plan_version for m in mission | moved}
        # The way back is the server's own note: a planner does not edit it.
        self.sudo().write(
            {
                "state": "applied",
                "mission_id": mission.id,
                "request_id": mission.request_id.id,
                "choice": option,
                "technician_id": option["technician_id"],
                "planned_start": option["start"],
                "cost": option["cost"],
                "displaced_count": len(displaced),
                "undo_data": {"before": before, "after": after, "displaced": displaced.ids},
                "decided_by_id": self.env.uid,
                "date_decided": fields.Datetime.now(),
            }
        )
        return self._say(
            self.env._(
                "%(mission)s: %(technician)s is there at %(time)s.",
                mission=mission.display_name,
                technician=option["technician"],
                time=option["start_text"],
            )
        )

    def _refuse_stale(self, option):
        """Refuse an option when what it was made from changed, and name that."""
        missions = self.env["field.mission"].browse(int(name) for name in option["versions"])
        missions = missions.exists()
        missions.lock_for_update()
        missions.invalidate_recordset(["plan_version", "state"])
        changed = missions.filtered(
            lambda m: m.plan_version != option["versions"][str(m.id)] or m.state != "planned"
        )
        started = missions.filtered(lambda m: m.state in ("in_progress", "done"))
        # What has begun since is where it was: only what should move may not have begun.
        moving = {move["id"] for move in option["moves"]}
        changed -= started.filtered(
            lambda m: m.plan_version == option["versions"][str(m.id)] and m.id not in moving
        )
        gone = len(option["versions"]) - len(missions)
        if changed or gone:
            names = ", ".join(changed.mapped("display_name")) or self.env._("deleted missions")
            raise UserError(
                self.env._("The day changed meanwhile: %s. Search again for options.", names)
            )
        if fields.Datetime.to_datetime(option["start"]) < fields.Datetime.now():
            raise UserError(self.env._("It is too late for this option. Search again."))

    def _make_mission(self):
        return self.env["field.mission"].create(
            {
                "request_id": self.request_id.id,
                "company_id": self.company_id.id,
                "site_id": self.site_id.id,
                "service_type_id": self.service_type_id.id,
                "planned_duration": self.duration,
                "description": self.description,
                "promised_kind": "window",
                "promised_start": self.date_earliest,
                "promised_end": self.date_deadline,
                **({} if self.request_id else {"priority": "3"}),
            }
        )

    @staticmethod
    def _remember(missions):
        """What taking back gives back."""
        return {
            str(mission.id): {
                "state": mission.state,
                "published": mission.published,
                "technician_id": mission.technician_id.id,
                "planned_start": str(mission.planned_start or ""),
                "planned_duration": mission.planned_duration,
                "to_reconfirm": mission.to_reconfirm,
            }
            for mission in missions
        }

    def _find_displaced(self, option):
        """Missions of the option whose customer gets somebody else or another time."""
        found = self.env["field.mission"]
        for move in option["moves"]:
            mission = found.browse(move["id"])
            start = fields.Datetime.to_datetime(move["start"])
            minutes = abs((start - mission.planned_start).total_seconds()) / 60
            other = mission.technician_id.id != move["technician_id"]
            if other or minutes >= DISPLACED_MINUTES:
                found |= mission
        return found

    def _write_plan(self, mission, option):
        """Write technicians and slots through the guarded steps; tours follow once, at the end."""
        moves = [
            {
                "id": move["id"],
                "plan_version": option["versions"][str(move["id"])],
                "technician_id": move["technician_id"],
                "planned_start": fields.Datetime.to_datetime(move["start"]),
            }
            for move in option["moves"]
        ]
        moves.append(
            {
                "id": mission.id,
                "technician_id": option["technician_id"],
                "planned_start": fields.Datetime.to_datetime(option["start"]),
                "planned_duration": self.duration,
            }
        )
        self._move(moves)

    def _move(self, moves, judge=True):
        """Move missions as the planning board does, all of them or none.

        What an option breaks was read by the planner; what forbids a move altogether still does.

        :raises UserError: one of them can't move (named)
        """
        missions = self.env["field.mission"]
        result = missions._place(moves, confirmed=True, judge=judge)
        if result["conflicts"]:
            names = ", ".join(row["name"] for row in result["conflicts"])
            raise UserError(
                self.env._("The day changed meanwhile: %s. Search again for options.", names)
            )
        if result["refused"]:
            lines = [
                f"{missions.browse(row['id']).display_name}: {issue['message']}"
                for row in result["refused"]
                for issue in row["issues"]
            ]
            raise UserError("\n".join(lines))

    def action_undo(self):
        """Give every mission of the choice its former slot and technician again.

        :return: a notification
        :raises UserError: a mission was changed or has begun since (named); nothing changes then
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "applied":
            raise UserError(self.env._("There is nothing to take back."))
        undo = self.sudo().undo_data
        missions = self.env["field.mission"].browse(int(name) for name in undo["before"]).exists()
        missions.lock_for_update()
        missions.invalidate_recordset(["plan_version", "state"])
        changed = missions.filtered(
            lambda m: m.plan_version != undo["after"][str(m.id)] or m.state != "planned"
        )
        if changed or len(missions) < len(undo["before"]):
            names = ", ".join(changed.mapped("display_name")) or self.env._("deleted missions")
            raise UserError(self.env._("Changed since, so nothing was taken back: %s.", names))
        self._move(
            [
                {
                    "id": int(name),
                    "plan_version": undo["after"][name],
                    "technician_id": former["technician_id"],
                    "planned_start": fields.Datetime.to_datetime(former["planned_start"]),
                    "planned_duration": former["planned_duration"],
                    "state": former["state"],
                }
                for name, former in undo["before"].items()
            ],
            # They go back to where they were: that was judged then.
            judge=False,
        )
        for flag, group in missions.grouped(
            lambda m: undo["before"][str(m.id)]["to_reconfirm"]
        ).items():
            group.write({"to_reconfirm": flag})
        displaced = missions.filtered(lambda m: m.id in undo["displaced"])
        displaced.filtered("published")._send_customer_messages("change")
        self.sudo().write(
            {
                "state": "undone",
                "undo_data": False,
                "decided_by_id": self.env.uid,
                "date_decided": fields.Datetime.now(),
            }
        )
        return self._say(self.env._("Taken back: the tours are as they were."))

    def _say(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_mission(self):
        """Open the mission that was inserted.

        :return: action of its form
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }
