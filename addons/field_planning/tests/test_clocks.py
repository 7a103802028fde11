from datetime import date, datetime, timedelta

from icalendar import Calendar

from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import MONDAY, FieldPlanningCommon
from .visits_common import FieldVisitCommon

# The clock goes back an hour: 25 hours in Paris.
AUTUMN = date(2026, 10, 25)
SPRING = date(2027, 3, 28)


class ClockCommon(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["hr.employee"].search(
            [("is_field_technician", "=", True), ("id", "not in", cls.people.ids)]
        ).is_field_technician = False
        # No lunch: hours are counted to the minute.
        cls.company.field_lunch_minutes = 0

    def _work(self, hours, person=None, **vals):
        person = person or self.tech
        person.resource_calendar_id = self._calendar("Shift", hours, range(7), **vals)

    def _at(self, start, name="Visit", person=None, minutes=60, **vals):
        """A planned mission at a UTC start."""
        mission = self._mission(
            name,
            5,
            technician=person or self.tech,
            promised_kind="none",
            promised_date=False,
            planned_duration=minutes / 60,
            **vals,
        )
        mission.planned_start = start
        mission.action_plan()
        return mission

    def _outsider(self):
        """A planner of another company."""
        other = self.env["res.company"].create({"name": "Other"})
        return new_test_user(
            self.env,
            "clock_outsider",
            groups="field_mission.group_field_planner",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )


@tagged("post_install", "-at_install")
class TestClocksOnScreens(ClockCommon):
    """Days of 23 and 25 hours, shifts over midnight, other time zones: board, calendar, load."""

    def _calendar_days(self, first, last=None, user=None):
        self.env.flush_all()
        missions = self.env["field.mission"].with_user(user or self.planner)
        return missions.get_calendar_days([], str(first), str(last or first), self.tech.ids)["days"]

    def _load(self, day):
        load = self.env["field.load"].with_user(self.planner)
        found = load.get_load(
            {"date_from": str(day), "date_to": str(day), "scale": "day", "group": "technician"}
        )
        return next(row for row in found["rows"] if row["name"] == "Ana Tech")["cells"][0]

    def test_the_calendar_counts_the_hours_that_a_day_has(self):
        self._work([(0, 24)])
        for day, hours in ((AUTUMN, 25), (SPRING, 23), (MONDAY, 24)):
            with self.subTest(day=day):
                self.assertEqual(self._calendar_days(day)[str(day)]["available"], hours)
                self.assertEqual(self._load(day)["available"], hours)

    def test_a_night_shift_is_the_evening_s(self):
        """22:00 to 6:00: eight hours of Monday, a visit at two in the night among them."""
        self._work([(0, 6), (22, 24)])
        self._at(datetime(2026, 12, 1, 1, 0), "Night")
        tuesday = MONDAY + timedelta(days=1)
        days = self._calendar_days(MONDAY, tuesday)
        self.assertEqual([days[str(d)]["available"] for d in (MONDAY, tuesday)], [8, 8])
        self.assertEqual(self._load(MONDAY)["available"], 8)
        self.assertEqual(self._tour(day=MONDAY).stop_ids.mission_id.site_id.name, "Night")

    def test_the_night_on_which_the_clock_goes_back_is_longer(self):
        self._work([(0, 6), (22, 24)])
        self.assertEqual(self._load(AUTUMN - timedelta(days=1))["available"], 9)
        self.assertEqual(self._load(SPRING - timedelta(days=1))["available"], 7)

    def test_hours_of_the_board_on_such_days(self):
        self._work([(0, 24)])
        # 2:30 comes twice: the two visits are an hour apart, and both in sight.
        first = self._at(datetime(2026, 10, 25, 0, 30), "First 2:30", minutes=30)
        second = self._at(datetime(2026, 10, 25, 1, 30), "Second 2:30", minutes=30)
        board = self.env["field.mission"].with_user(self.planner)
        data = board.field_board_read(
            [("id", "in", (first | second).ids)], "2026-10-24 22:00:00", "2026-10-25 23:00:00"
        )
        starts = sorted(row["start"] for row in data["missions"])
        self.assertEqual(starts[1] - starts[0], 3600)
        row = next(one for one in data["people"] if one["id"] == self.tech.id)
        day = next(one for one in row["days"] if one["day"] == str(AUTUMN))
        self.assertEqual(sum(stop - start for start, stop in day["work"]), 25 * 3600)
        # Dropped on the first one's hour it overlaps, an hour later on the clock it does not.
        third = self._mission("Third", 5, promised_kind="none", promised_date=False)
        for start, codes in (
            (datetime(2026, 10, 25, 0, 30), ["overlap"]),
            (datetime(2026, 10, 25, 2, 0), []),
        ):
            move = {
                "id": third.id,
                "plan_version": third.plan_version,
                "technician_id": self.tech.id,
                "planned_start": str(start),
                "planned_duration": 0.5,
            }
            answer = board.action_place([move])
            asked = [issue["code"] for one in answer["to_confirm"] for issue in one["issues"]]
            self.assertEqual(asked, codes)
        self.assertEqual(third.planned_start, datetime(2026, 10, 25, 2, 0))

    def test_a_technician_of_another_time_zone(self):
        """8:00-17:00 in Réunion is 5:00-14:00 in Paris: their day, not the company's."""
        self.tech.tz = "Indian/Reunion"
        self._work([(8, 17)], tz="Indian/Reunion")
        self._at(datetime(2026, 11, 30, 12, 0))
        self.assertEqual(self._load(MONDAY)["available"], 9)
        self.assertEqual(self._load(MONDAY)["planned"], 1)
        self.assertEqual(self._calendar_days(MONDAY)[str(MONDAY)]["available"], 9)
        # 22:00 UTC is two in the morning of Tuesday there.
        late = self._at(datetime(2026, 11, 30, 22, 0), "Late")
        self.assertEqual(late.tour_id.date, MONDAY + timedelta(days=1))

    def test_another_company_counts_nothing_of_ours(self):
        self._at(datetime(2026, 11, 30, 9, 0))
        outsider = self._outsider()
        missions = self.env["field.mission"].with_user(outsider)
        day = missions.get_calendar_days([], str(MONDAY), str(MONDAY))["days"][str(MONDAY)]
        self.assertEqual(day, {"count": 0, "planned": 0, "available": 0})
        tours = self.env["field.tour"].with_user(outsider)
        day = tours.get_calendar_days([], str(MONDAY), str(MONDAY))["days"][str(MONDAY)]
        self.assertEqual(day, {"count": 0, "planned": 0, "available": 0})
        overview = self.env["field.day"].with_user(outsider).get_overview()
        self.assertEqual(overview["lines"], [])
        for model in ("field.mission", "field.tour"):
            data = self.env["field.map"].with_user(outsider).get_data(model, [])
            self.assertEqual((data["points"], data["lines"], data["missing"]), ([], [], []))


@tagged("post_install", "-at_install")
class TestClocksOutside(ClockCommon):
    """What technicians and customers are given on such days."""

    def _event(self, mission):
        mission.action_publish()
        link = self.env["field.calendar.link"]
        link = link._find(link._renew(mission.technician_id))
        with freeze_time(mission.planned_start - timedelta(days=1)):
            events = Calendar.from_ical(link._make_calendar()).walk("VEVENT")
        (event,) = events
        utc = [
            (moment - moment.utcoffset()).replace(tzinfo=None)
            for moment in (event.decoded("DTSTART"), event.decoded("DTEND"))
        ]
        return event, utc

    def test_the_calendar_subscription_over_midnight_and_the_change(self):
        """From 23:00 to 4:00 is six hours when the clock goes back."""
        self._work([(0, 24)])
        start = datetime(2026, 10, 24, 21, 0)
        event, (first, last) = self._event(self._at(start, minutes=360))
        self.assertEqual((first, last - first), (start, timedelta(hours=6)))
        self.assertEqual(event.decoded("DTSTART").date(), date(2026, 10, 24))

    def test_the_calendar_subscription_of_another_time_zone(self):
        self.tech.tz = "Indian/Reunion"
        start = datetime(2026, 11, 30, 22, 0)
        _event, (first, last) = self._event(self._at(start))
        self.assertEqual((first, last), (start, start + timedelta(hours=1)))

    @freeze_time("2026-10-25 00:10:00")
    def test_an_urgent_mission_in_the_night_of_the_change(self):
        """At 2:10, the first time: until 2:50 the second time is an hour and forty minutes."""
        self._work([(0, 24)])
        urgent = (
            self.env["field.urgent"]
            .with_user(self.planner)
            .create(
                {
                    "site_id": self._place("Leak", 6).id,
                    "service_type_id": self.type.id,
                    "duration": 0.5,
                    "date_earliest": datetime(2026, 10, 25, 0, 10),
                    "date_deadline": datetime(2026, 10, 25, 1, 50),
                    "technician_ids": [Command.set(self.tech.ids)],
                }
            )
        )
        option = urgent.options["options"][0]
        urgent.action_choose(option["key"])
        mission = urgent.mission_id
        self.assertLessEqual(datetime(2026, 10, 25, 0, 10), mission.planned_start)
        self.assertLessEqual(mission.planned_start, datetime(2026, 10, 25, 1, 50))
        self.assertEqual(mission.tour_id.date, AUTUMN)


@tagged("post_install", "-at_install")
class TestClocksOfPlans(FieldVisitCommon):
    def test_recurring_visits_are_at_the_hour_of_their_site(self):
        """The same 9:30 each week: in Paris it moves against UTC, in Réunion it does not."""
        self.site2.tz = "Indian/Reunion"
        plan = self._plan_visits(
            site_ids=[Command.set((self.site | self.site2).ids)],
            date_start=date(2027, 3, 22),
            promised_kind="exact",
            promised_time=9.5,
            horizon_days=140,
        )
        self._generate(plan)
        weeks = (date(2027, 3, 22), date(2027, 4, 12))
        starts = {(due.site_id, due.due_date): due.mission_id.planned_start for due in plan.due_ids}
        found = {site: [starts[site, day] for day in weeks] for site in (self.site, self.site2)}
        self.assertEqual(
            found[self.site], [datetime(2027, 3, 22, 8, 30), datetime(2027, 4, 12, 7, 30)]
        )
        self.assertEqual(
            found[self.site2], [datetime(2027, 3, 22, 5, 30), datetime(2027, 4, 12, 5, 30)]
        )
