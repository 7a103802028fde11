from datetime import datetime
from zoneinfo import ZoneInfo

from odoo.fields import Command
from odoo.tests import freeze_time

from odoo.addons.field_mission.tests.common import FieldMissionCommon

PARIS = ZoneInfo("Europe/Paris")


def paris(text):
    """Return the naive UTC datetime of a wall-clock time in Paris, week of 30 November 2026."""
    wall = datetime.fromisoformat(text).replace(tzinfo=PARIS)
    return wall.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def at(text):
    """Freeze the server's clock at a wall-clock time in Paris."""
    return freeze_time(paris(text))


class SlaCommon(FieldMissionCommon):
    """A contract with a response target in office hours (8-12, 14-18, Monday to Friday)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Who enters closing days lives in Paris; Odoo reads them in the user's time zone.
        cls.env.user.tz = "Europe/Paris"
        (cls.planner | cls.manager).lang = "en_US"
        # The database may hold data of its own.
        cls.env["field.sla.policy"].search([]).active = False
        cls.env["field.request.sla"].search([("next_check", "!=", False)]).next_check = False
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Office 8-12 14-18",
                "tz": "Europe/Paris",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": f"{day} {start}",
                                "dayofweek": str(day),
                                "hour_from": start,
                                "hour_to": stop,
                                "day_period": "morning" if start < 12 else "afternoon",
                            }
                        )
                        for day in range(5)
                        for start, stop in ((8, 12), (14, 18))
                    ),
                ],
            }
        )
        cls.contract = cls.env["field.contract"].create(
            {
                "name": "Gold",
                "partner_id": cls.customer.id,
                "date_start": "2026-01-01",
                "state": "active",
            }
        )
        cls.policy = cls._policy(
            "Gold", {"on_site": 4.0}, contract_ids=[Command.set(cls.contract.ids)]
        )

    @classmethod
    def _policy(cls, name, targets, **vals):
        return cls.env["field.sla.policy"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "calendar_id": cls.calendar.id,
                "target_ids": [
                    Command.create({"kind": kind, "hours": hours})
                    for kind, hours in targets.items()
                ],
                **vals,
            }
        )

    def _mission(self, received, **vals):
        """Return a mission of the bare type, asked for at a wall-clock time in Paris."""
        with at(received):
            return (
                self.env["field.mission"]
                .with_user(self.planner)
                .create(
                    self._vals(
                        service_type_id=self.bare_type.id,
                        technician_id=self.tech.id,
                        planned_start=paris(received),
                        date_received=paris(received),
                        **vals,
                    )
                )
            )

    def _publish(self, mission, when):
        with at(when):
            mission = mission.with_user(self.planner)
            mission.action_plan()
            mission.action_publish()
        return mission

    def _arrive(self, mission, device, server=None, user=None):
        with at(server or device):
            mission.with_user(user or self.tech_user).action_arrive(at=paris(device))

    def _finish(self, mission, device, server=None):
        with at(server or device):
            mission.with_user(self.tech_user).action_done(at=paris(device))

    def _line(self, mission, kind="on_site"):
        return mission.sudo().request_id.sla_ids.filtered(lambda line: line.kind == kind)
