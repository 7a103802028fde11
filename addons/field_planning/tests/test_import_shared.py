from collections import Counter

import pytz

from odoo.tests import tagged

from .import_common import NEEDS, ImportCommon, read_expected, read_shared

PLANNING = "planning_semaine_49.xlsx"
PARIS = pytz.timezone("Europe/Paris")


@tagged("post_install", "-at_install")
class TestImportShared(ImportCommon):
    """The real files: sites, technicians, then the planning, compared line by line."""

    def setUp(self):
        super().setUp()
        if self._no_shared(PLANNING):
            self.skipTest(f"{PLANNING} is not beside the checkout")
        self.expected = read_expected()

    def _import_all(self):
        sites = self._run(read_shared("bornes_recharge.csv"), "bornes_recharge.csv", "sites")
        people = self._run(
            read_shared("planning_semaine_49.technicians.csv"),
            "technicians.csv",
            "technicians",
            user=self.manager,
        )
        self._work(sites, people)
        self.assertEqual((sites.state, people.state), ("done", "done"))
        return sites, people

    def test_planning_line_by_line(self):
        """Every expected line becomes what is expected, none is lost, none is invented."""
        sites, people = self._import_all()
        self.assertEqual(sites.done_count, 964)
        self.assertEqual(people.done_count, 12)
        partners_before = self.env["res.partner"].search_count([])
        run = self._run(read_shared(PLANNING), PLANNING)
        self.assertEqual(run.state, "ready")
        self.assertFalse(self._missions(), "the dry run writes nothing")
        self.assertEqual({line.row_number for line in run.line_ids}, set(self.expected))
        wanted = Counter(entry["status"] for entry in self.expected.values())
        self.assertEqual(Counter(run.line_ids.mapped("status")), wanted)
        for line in run.line_ids:
            self.assertEqual(line.status, self.expected[line.row_number]["status"], line.message)
            if line.status not in ("ok", "unassigned"):
                self.assertTrue(line.message, f"line {line.row_number} says why")
        self._work(run)
        self.assertEqual(run.state, "done")
        missions = self._missions()
        self.assertEqual(len(missions), wanted["ok"] + wanted["unassigned"])
        for line in run.line_ids.filtered(lambda line: line.status == "done"):
            self._compare(line, self.expected[line.row_number])
        self.assertEqual(
            self.env["res.partner"].search_count([]), partners_before, "no site was made twice"
        )
        print(f"IMPORT {PLANNING}: {len(missions)} missions, {dict(wanted)}, all lines as expected")  # pylint: disable=print-used

    def _missions(self):
        return self.env["field.mission"].search([("company_id", "=", self.company.id)])

    def _compare(self, line, entry):
        mission = line.mission_id
        where = f"line {line.row_number}: {entry}"
        self.assertEqual(mission.state, "draft", where)
        self.assertEqual(str(mission.promised_date), entry["date"], where)
        self.assertEqual(mission.technician_id.name or None, entry["technician"], where)
        self.assertEqual(mission.partner_id.name, entry["customer"].strip(), where)
        self.assertEqual(mission.site_id.name, entry["site"], where)
        self.assertAlmostEqual(mission.site_id.partner_latitude, entry["lat"], 5, where)
        self.assertAlmostEqual(mission.site_id.partner_longitude, entry["lon"], 5, where)
        if not line.twins:
            self.assertEqual(mission.site_id.site_code, entry["station"], where)
        self.assertEqual(mission.service_type_id.name, entry["type"], where)
        minutes = entry["minutes"] or NEEDS[entry["type"]][1] * 60
        self.assertAlmostEqual(mission.planned_duration * 60, minutes, 4, where)
        self.assertEqual(mission.priority == "3", entry["urgent"], where)
        self.assertEqual(line.remark or None, entry["note"], where)
        self._compare_promise(mission, entry, where)
        self.assertIn(str(line.row_number), mission.source_row)
        self.assertEqual(mission.origin, "import")

    def _compare_promise(self, mission, entry, where):
        start = pytz.utc.localize(mission.promised_start).astimezone(PARIS)
        end = pytz.utc.localize(mission.promised_end).astimezone(PARIS)
        self.assertEqual(str(start.date()), entry["date"], where)
        wanted = {None: "day", "morning": "morning", "afternoon": "afternoon"}
        if isinstance(entry["time"], list):
            self.assertEqual(mission.promised_kind, "exact", where)
            self.assertEqual([start.hour, start.minute], entry["time"], where)
            self.assertEqual(start, end, where)
            self.assertEqual(mission.promised_tolerance, 15, where)
            return
        self.assertEqual(mission.promised_kind, wanted[entry["time"]], where)
        hours = {"day": (8, 18), "morning": (8, 12), "afternoon": (13, 18)}
        self.assertEqual((start.hour, end.hour), hours[mission.promised_kind], where)

    def test_codes_and_access(self):
        """INSEE codes never become postcodes; access codes go where access codes belong."""
        self._import_all()
        run = self._run(read_shared(PLANNING), PLANNING)
        self._work(run)
        quimper = self.env["res.partner"].search([("site_code", "=", "FRS29PSDE29YHKE")])
        self.assertEqual(quimper.site_insee_code, "29232")
        self.assertNotEqual(quimper.zip, "29232")
        insee = self.env["res.partner"].search([("is_field_site", "=", True)])
        self.assertFalse(
            [site.name for site in insee if site.zip and site.zip == site.site_insee_code]
        )
        with_code = run.line_ids.filtered(
            lambda line: "4512B" in (line.remark or "") and line.status == "done"
        )
        self.assertTrue(with_code)
        for line in with_code:
            access = line.mission_id.site_id.site_access_ids
            self.assertEqual((access.kind, access.value), ("code", "4512B"))
            self.assertNotIn("4512B", line.mission_id.description or "")

    def test_planning_first(self):
        """Without any site known, customers and sites are made on acceptance, once each."""
        people = self._run(
            read_shared("planning_semaine_49.technicians.csv"),
            "technicians.csv",
            "technicians",
            user=self.manager,
        )
        self._work(people)
        before = self.env["res.partner"].search_count([])
        run = self._run(read_shared(PLANNING), PLANNING)
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        ready = run.line_ids.filtered(lambda line: line.status in ("ok", "unassigned"))
        self.assertEqual(len(ready), 262)
        self._work(run)
        self.assertEqual(run.done_count, 262)
        customers = {e["customer"].strip() for e in self.expected.values()}
        made = self.env["res.partner"].search(
            [("name", "in", list(customers)), ("is_field_site", "=", False)]
        )
        self.assertEqual(sorted(made.mapped("name")), sorted(customers))
        # The same file again: every line is recognised, nothing is made.
        count = self.env["res.partner"].search_count([])
        again = self._run(read_shared(PLANNING), PLANNING)
        self.assertFalse(again.ready_count)
        self.assertEqual(len(again.line_ids.filtered(lambda line: line.status == "imported")), 262)
        self.assertEqual(self.env["res.partner"].search_count([]), count)
        # The list of sites afterwards completes these sites where they are the same place.
        later = self._run(read_shared("bornes_recharge.csv"), "bornes_recharge.csv", "sites")
        self.assertTrue(later.line_ids.filtered(lambda line: line.action == "complete"))

    def test_technicians(self):
        """Start point, hours and skills are those of the file."""
        _sites, people = self._import_all()
        employees = people.line_ids.employee_id
        self.assertEqual(len(employees), 12)
        first = employees.filtered(lambda e: e.name == "Technicien 01")
        self.assertAlmostEqual(first.field_start_latitude, 48.030977, 6)
        day = self.env["resource.calendar"].browse(first.resource_calendar_id.id).attendance_ids
        self.assertEqual({(a.hour_from, a.hour_to) for a in day}, {(8.0, 17.0)})
        self.assertEqual(len(day), 5)
        skills = first.employee_skill_ids.skill_id.mapped("name")
        self.assertEqual(
            sorted(skills), ["Contrôle électrique", "Installation IRVE", "Maintenance IRVE"]
        )
        short = employees.filtered(lambda e: e.name == "Technicien 04")
        self.assertEqual(set(short.resource_calendar_id.attendance_ids.mapped("hour_to")), {16.0})
