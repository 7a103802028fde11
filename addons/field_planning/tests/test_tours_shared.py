import logging
from collections import Counter
from datetime import date, datetime, timedelta

import pytz

from odoo.tests import tagged

from .import_common import NEEDS, ImportCommon, read_expected, read_shared

_logger = logging.getLogger(__name__)

PLANNING = "planning_semaine_49.xlsx"
PARIS = pytz.timezone("Europe/Paris")
MONDAY, FRIDAY = date(2026, 11, 30), date(2026, 12, 4)
# Lines that no order can save, found by hand: two exact promises too near to each other, a
# promise after hours, two installations from which the technician would be back too late.
CLASHING = ({36, 37}, {140, 141}, {63}, {121}, {145})


@tagged("post_install", "-at_install")
class TestToursShared(ImportCommon):
    """The real week, from the spreadsheet to published tours, checked against the sheet itself."""

    def setUp(self):
        super().setUp()
        if self._no_shared(PLANNING):
            self.skipTest(f"{PLANNING} is not beside the checkout")
        self.expected = read_expected()
        people = self._run(
            read_shared("planning_semaine_49.technicians.csv"),
            "technicians.csv",
            "technicians",
            user=self.manager,
        )
        self._work(people)
        sites = self._run(read_shared("bornes_recharge.csv"), "bornes_recharge.csv", "sites")
        self._work(sites)
        for service_type in self.types:
            wanted = NEEDS[service_type.name][0]
            service_type.skill_ids = self.env["hr.skill"].search([("name", "in", wanted)])
        run = self._run(read_shared(PLANNING), PLANNING)
        self._work(run)
        self.by_row = {
            line.row_number: line.mission_id
            for line in run.line_ids.filtered("mission_id")
            if self.expected[line.row_number]["status"] in ("ok", "unassigned")
        }

    def _optimise(self, **vals):
        run = (
            self.env["field.optimization"]
            .with_user(self.planner)
            .with_context(allowed_company_ids=self.company.ids)
            .create({"date_from": MONDAY, "date_to": FRIDAY, "company_id": self.company.id, **vals})
        )
        run._run_now()
        self.assertEqual(run.state, "proposed", run.error)
        return run

    def test_the_week_becomes_tours(self):
        run = self._optimise()
        aside = run.stop_ids.filtered(lambda stop: not stop.placed)
        self.assertEqual(run.visit_count + len(aside), 258)
        self.assertLess(run.km_after, run.km_before)
        self.assertLess(run.minutes_after, run.minutes_before)
        run.action_accept()
        conflicts = self.env["field.tour.stop"].search(
            [("conflict", "=", True), ("company_id", "=", self.company.id)]
        )
        for row, mission in self.by_row.items():
            self._check_row(row, self.expected[row], mission)
        for rows in CLASHING:
            named = conflicts.filtered(
                lambda stop, rows=rows: stop.mission_id in [self.by_row[row] for row in rows]
            )
            self.assertEqual(len(named), len(rows), f"lines {rows} are shown as clashing")
            self.assertTrue(any(named.mapped("set_aside")))
        self.assertTrue(all(stop.conflict_reason for stop in conflicts))
        tours = conflicts.tour_id.search([("company_id", "=", self.company.id)])
        self.assertEqual(len(tours), 59)
        tours.with_user(self.planner).action_publish()
        self.assertEqual(set(tours.mapped("state")), {"published"})
        _logger.info(
            "TOURS %s: %s tours, %s visits, %.0f -> %.0f km, %s -> %s min, %s conflicts: %s",
            PLANNING,
            len(tours),
            run.visit_count,
            run.km_before,
            run.km_after,
            run.minutes_before,
            run.minutes_after,
            len(aside),
            dict(Counter(stop.reason["code"] for stop in aside)),
        )

    def _check_row(self, row, entry, mission):
        where = f"line {row}: {entry}"
        if entry["status"] == "unassigned":
            self.assertEqual(mission.state, "draft", where)
            self.assertFalse(mission.stop_ids, where)
            return
        stop = mission.stop_ids
        self.assertEqual(len(stop), 1, where)
        self.assertEqual(stop.tour_id.technician_id.name, entry["technician"], where)
        self.assertEqual(str(stop.tour_id.date), entry["date"], where)
        if stop.set_aside:
            self.assertEqual(mission.state, "draft", where)
            self.assertTrue(stop.conflict_reason, where)
            return
        self.assertEqual(mission.state, "planned", where)
        self._check_slot(entry, mission, where)

    def _check_slot(self, entry, mission, where):
        start = pytz.utc.localize(mission.planned_start).astimezone(PARIS).replace(tzinfo=None)
        self.assertEqual(str(start.date()), entry["date"], where)
        midnight = datetime.combine(start.date(), datetime.min.time())
        hours = {"morning": (8, 12), "afternoon": (13, 18), None: (8, 17)}
        if isinstance(entry["time"], list):
            promised = midnight + timedelta(hours=entry["time"][0], minutes=entry["time"][1])
            self.assertLessEqual(abs(start - promised), timedelta(minutes=15), where)
        else:
            first, last = hours[entry["time"]]
            self.assertTrue(
                midnight + timedelta(hours=first) <= start <= midnight + timedelta(hours=last),
                where,
            )
        minutes = entry["minutes"] or NEEDS[entry["type"]][1] * 60
        close = 16 if entry["technician"] in ("Technicien 04", "Technicien 12") else 17
        self.assertLessEqual(
            start + timedelta(minutes=minutes), midnight + timedelta(hours=close), where
        )

    def test_the_tray_is_placed_when_asked(self):
        run = self._optimise(mode="fill")
        run.action_accept()
        lone = [self.by_row[r] for r, e in self.expected.items() if e["status"] == "unassigned"]
        self.assertEqual(len(lone), 4)
        for mission in lone:
            if mission.state == "planned":
                self.assertTrue(mission.technician_id)
            else:
                self.assertIn(mission, run.unplaced_ids.mission_id)
        for row, mission in self.by_row.items():
            if self.expected[row]["status"] == "ok":
                self.assertEqual(mission.technician_id.name, self.expected[row]["technician"])
