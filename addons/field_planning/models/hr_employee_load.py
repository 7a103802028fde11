from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from odoo import models

# Missions that keep their people busy at their slot.
KEEPING = ("planned", "in_progress", "done")


@dataclass
class DayLoad:
    """What one person has to do on one day.

    :param missions: number of missions
    :param work: minutes on site
    :param travel: minutes on the road, as far as the tour knows
    :param available: minutes of working time, absences and lunch taken out
    """

    missions: int = 0
    work: int = 0
    travel: int = 0
    available: int = 0

    @property
    def busy(self):
        """Minutes of work and travel."""
        return self.work + self.travel

    def __add__(self, other):
        return DayLoad(
            self.missions + other.missions,
            self.work + other.work,
            self.travel + other.travel,
            self.available + other.available,
        )


class HrEmployeeLoad(models.Model):
    _inherit = "hr.employee"

    def _get_field_loads(self, date_from, date_to, without=None):
        """Return what people have to do on each day, their part as helpers included.

        :param date_from: first day
        :param date_to: last day, included
        :param without: ``field.mission`` that do not count
        :return: ``{(employee_id, day): DayLoad}``, an entry for each person and day
        """
        # Hours and tours of colleagues: a planner sees sums, technicians never come here.
        people = self.sudo()
        found = {key: DayLoad() for key in self._field_day_keys(date_from, date_to)}
        if not found:
            return found
        for key, work_day in people._get_field_days(date_from, date_to).items():
            found[key].available = work_day.seconds // 60
        missions = (
            self.env["field.mission"]
            .sudo()
            .search_fetch(
                [
                    ("id", "not in", without.ids if without else []),
                    ("state", "in", KEEPING),
                    ("planned_date", ">=", date_from),
                    ("planned_date", "<=", date_to),
                    "|",
                    ("technician_id", "in", self.ids),
                    ("helper_ids", "in", self.ids),
                ],
                ["planned_date", "planned_duration", "technician_id", "helper_ids"],
            )
        )
        for mission in missions:
            for person in mission.technician_id | mission.helper_ids:
                if load := found.get((person.id, mission.planned_date)):
                    load.missions += 1
                    load.work += round(mission.planned_duration * 60)
        tours = (
            self.env["field.tour"]
            .sudo()
            .search_fetch(
                [
                    ("technician_id", "in", self.ids),
                    ("date", ">=", date_from),
                    ("date", "<=", date_to),
                ],
                ["technician_id", "date", "travel_minutes"],
            )
        )
        for tour in tours:
            load = found[tour.technician_id.id, tour.date]
            # The travel of a day whose only mission is left out is not travelled.
            load.travel += tour.travel_minutes if load.missions else 0
        return found

    def _field_day_keys(self, date_from, date_to):
        days = [date_from + timedelta(days=n) for n in range((date_to - date_from).days + 1)]
        return [(employee_id, day) for employee_id in self.ids for day in days]

    def _get_week_loads(self, day, without=None):
        """Return the loads of the week that holds a day, summed.

        :param day: ``datetime.date``
        :param without: ``field.mission`` that do not count
        :return: ``{employee_id: DayLoad}``
        """
        monday = day - timedelta(days=day.weekday())
        sums = defaultdict(DayLoad, {employee_id: DayLoad() for employee_id in self.ids})
        loads = self._get_field_loads(monday, monday + timedelta(days=6), without)
        for (employee_id, _day), load in loads.items():
            sums[employee_id] += load
        return sums
