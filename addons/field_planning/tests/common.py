from datetime import date, datetime, timedelta

from odoo.fields import Command

from odoo.addons.field_mission.tests.common import FieldMissionCommon

MONDAY = date(2026, 11, 30)
HOME = (48.0, -4.1)


class FieldPlanningCommon(FieldMissionCommon):
    """Technicians at Quimper, 8:00-17:00, and missions around them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls._calendar("8-17", [(8, 17)])
        cls.skill_type = cls.env["hr.skill.type"].create(
            {
                "name": "Field",
                "skill_ids": [Command.create({"name": name}) for name in ("Electric", "Gas")],
                "skill_level_ids": [
                    Command.create({"name": "Yes", "level_progress": 100, "default_level": True})
                ],
            }
        )
        cls.electric, cls.gas = cls.skill_type.skill_ids
        cls.people = cls.tech | cls.tech2 | cls.subcontractor
        cls.people.write(
            {
                "resource_calendar_id": cls.calendar.id,
                "field_start_latitude": HOME[0],
                "field_start_longitude": HOME[1],
            }
        )
        cls.type.default_duration = 1.0
        cls.type.checklist_id = False

    @classmethod
    def _calendar(cls, name, hours, days=range(5), **vals):
        """A calendar with the same ``[(from, to)]`` on each of ``days``."""
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "tz": "Europe/Paris",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": name,
                                "dayofweek": str(day),
                                "hour_from": first,
                                "hour_to": last,
                                "day_period": "morning" if last <= 12 else "afternoon",
                            }
                        )
                        for day in days
                        for first, last in hours
                    ),
                ],
                **vals,
            }
        )

    @classmethod
    def _give_skill(cls, employee, skill, **vals):
        return cls.env["hr.employee.skill"].create(
            {
                "employee_id": employee.id,
                "skill_id": skill.id,
                "skill_type_id": cls.skill_type.id,
                "skill_level_id": cls.skill_type.skill_level_ids.id,
                "valid_from": date(2026, 1, 1),
                **vals,
            }
        )

    @classmethod
    def _leave(cls, employee, start, stop, name="Flu"):
        """An approved absence, as hr_holidays leaves it in the calendar."""
        return cls.env["resource.calendar.leaves"].create(
            {
                "name": name,
                "resource_id": employee.resource_id.id if employee else False,
                "calendar_id": employee.resource_calendar_id.id if employee else False,
                "company_id": cls.company.id,
                "date_from": start,
                "date_to": stop,
            }
        )

    @classmethod
    def _place(cls, name, east, north=0.0, **vals):
        """A site some kilometres away from home."""
        return cls._site(
            name,
            partner_latitude=HOME[0] + north / 111.2,
            partner_longitude=HOME[1] + east / 74.6,
            tz="Europe/Paris",
            **vals,
        )

    @classmethod
    def _mission(cls, name, east, hour=None, technician=None, day=MONDAY, **vals):
        """A draft mission, promised at a local hour or for the day."""
        values = {
            "site_id": cls._place(name, east).id,
            "service_type_id": cls.type.id,
            "technician_id": (cls.tech if technician is None else technician).id,
            "promised_kind": "day" if hour is None else "exact",
            "promised_time": hour or 0,
            "promised_date": day,
            **vals,
        }
        return cls.env["field.mission"].create(values)

    @classmethod
    def _plan(cls, mission, hour, day=MONDAY):
        """Plan a mission at a local hour of winter."""
        start = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour - 1)
        mission.planned_start = start
        mission.action_plan()
        return mission

    @classmethod
    def _run(cls, user=None, **vals):
        """A finished run over Monday."""
        run = cls.env["field.optimization"].with_user(user or cls.planner)
        run = run.create({"date_from": MONDAY, "date_to": MONDAY, **vals})
        return run._run_now()

    def _tour(self, technician=None, day=MONDAY):
        return self.env["field.tour"].search(
            [("technician_id", "=", (technician or self.tech).id), ("date", "=", day)]
        )

    @staticmethod
    def _local(moment):
        """Local hour and minute of a winter instant."""
        local = moment + timedelta(hours=1)
        return local.hour, local.minute
