"""The main job on another company's files: the real charging stations beside the checkout.

The import itself is compared line by line by `field_planning`; here the promise has to survive the
tours, the technicians' days and the invoices.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from odoo.tests import TransactionCase, tagged

from ..demo.job import run

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
PLANNING = SHARED / "planning_semaine_49.xlsx"
PARIS = ZoneInfo("Europe/Paris")
# So many of the first two days' missions are carried out: enough for each kind of work.
WORKED = 14


def utc(day, hours):
    """A local hour of a day as the naive UTC that Odoo keeps."""
    local = datetime.combine(day, time(), tzinfo=PARIS) + timedelta(hours=hours)
    return local.astimezone(UTC).replace(tzinfo=None)


@tagged("post_install", "-at_install", "field_chain")
class TestSharedChain(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not PLANNING.exists():
            print(f"NOT RUN: {PLANNING.name} is not beside the checkout (../shared/data)")
            return
        cls.result = run(
            cls.env,
            planning=PLANNING,
            technicians=SHARED / "planning_semaine_49.technicians.csv",
            sites=SHARED / "bornes_recharge.csv",
            say=lambda _line: None,
            commit=False,
            limit=WORKED,
        )
        cls.env.invalidate_all()
        truth = json.loads((SHARED / "planning_semaine_49.expected.json").read_text())
        cls.truth = {row["row"]: row for row in truth}
        lines = cls.env["field.import.line"].search([("kind", "=", "planning")])
        cls.missions = {line.row_number: line.mission_id for line in lines if line.mission_id}

    def setUp(self):
        super().setUp()
        if not PLANNING.exists():
            self.skipTest(f"{PLANNING.name} is not beside the checkout")

    def test_promises_are_what_the_sheet_says_and_nothing_moved_them(self):
        accepted = [row for row in self.truth.values() if row["status"] in ("ok", "unassigned")]
        self.assertEqual(sorted(self.missions), sorted(row["row"] for row in accepted))
        for row in accepted:
            mission = self.missions[row["row"]]
            day = date.fromisoformat(row["date"])
            when = row["time"]
            with self.subTest(row=row["row"]):
                self.assertEqual(mission.promised_date, day)
                if isinstance(when, list):
                    start = utc(day, when[0] + when[1] / 60)
                    self.assertEqual(mission.promised_kind, "exact")
                    self.assertEqual((mission.promised_start, mission.promised_end), (start, start))
                else:
                    self.assertEqual(mission.promised_kind, when or "day")
                if mission.technician_id and row["technician"]:
                    self.assertEqual(mission.technician_id.name, row["technician"])

    def test_planned_visits_keep_their_promise(self):
        """What the optimiser placed starts in the promised window; the rest says why not."""
        placed = self.env["field.mission"].union(*self.missions.values())
        waiting = placed.filtered(lambda mission: mission.state == "draft")
        run_of_tours = self.env["field.optimization"].search([("state", "=", "accepted")])
        clashes = run_of_tours.unplaced_ids
        self.assertLessEqual(waiting, clashes.mission_id)
        self.assertTrue(all(stop.reason for stop in clashes))
        for mission in placed - waiting:
            earliest, latest = mission._get_promise_windows()[mission.id]
            with self.subTest(mission=mission.name):
                self.assertLessEqual(earliest, mission.planned_start)
                self.assertLessEqual(mission.planned_start, latest)
                self.assertEqual(mission.planned_date, mission.promised_date)

    def test_skills_are_respected(self):
        for mission in self.missions.values():
            if mission.state == "draft":
                continue
            held = mission.technician_id._get_field_skills(mission.planned_date)
            with self.subTest(mission=mission.name):
                needed = set(mission.service_type_id.skill_ids.ids)
                self.assertLessEqual(needed, held[mission.technician_id.id])

    def test_work_done_is_invoiced_with_its_proof(self):
        done = self.env["field.mission"].union(*self.missions.values())
        done = done.filtered(lambda mission: mission.state == "done")
        self.assertGreaterEqual(len(done), WORKED - 2)
        self.assertEqual(set(done.mapped("evidence_verdict")), {"intact"})
        charges = done.charge_ids
        self.assertEqual(set(charges.mapped("state")), {"invoiced"})
        for invoice in charges.sale_order_id.invoice_ids:
            self.assertEqual(invoice.state, "posted")
            self.assertAlmostEqual(
                invoice.amount_tax, round(invoice.amount_untaxed * 0.2, 2), places=2
            )
            reports = self.env["ir.attachment"].search(
                [
                    ("res_model", "=", "account.move"),
                    ("res_id", "=", invoice.id),
                    ("mimetype", "=", "application/pdf"),
                ]
            )
            self.assertTrue(reports)
