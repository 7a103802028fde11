from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestMeasures(FieldMissionCommon):
    """What is measured is drawn over time; what is edited is seen as the technician will."""

    def test_measures_of_equipment_over_time(self):
        boilers = self.env["field.equipment"].create(
            [{"name": name, "site_id": self.site.id} for name in ("Boiler 1", "Boiler 2")]
        )
        values = {}
        for number, visited in ((1.2, boilers[0]), (1.6, boilers[0]), (1.9, boilers)):
            mission = self._planned(equipment_ids=[(6, 0, visited.ids)])
            mission.action_start()
            self._answer_all(mission)
            check = mission.check_ids.filtered(lambda check: check.name == "Pressure")
            mission.with_user(self.tech_user).action_answer_checks(
                [{"check_id": check.id, "number": number}]
            )
            mission.with_user(self.tech_user).action_done()
            values[number] = check
        self.env.flush_all()
        first = boilers[0].with_user(self.planner)
        self.assertEqual(first.measure_count, 2, "a visit to both says nothing of one")
        action = first.action_view_measures()
        checks = self.env["field.mission.check"].with_user(self.planner)
        found = checks.search(action["domain"])
        self.assertEqual(found, values[1.2] | values[1.6])
        rows = checks._read_group(action["domain"], ["name"], ["value_number:avg"])
        self.assertEqual(rows[0][0], "Pressure")
        self.assertAlmostEqual(rows[0][1], 1.4)
        self.assertTrue(all(check.answered_on for check in found))
        site = self.site.with_user(self.planner).action_view_site_measures()
        self.assertEqual(len(checks.search(site["domain"])), 3)

    def test_the_preview_is_what_missions_get(self):
        preview = self.checklist.with_user(self.manager).get_preview()
        checks = {check["name"]: check for check in preview["checks"]}
        self.assertEqual(list(checks), ["Safety", "Valve closed", "Pressure", "State"])
        self.assertEqual(checks["State"]["options"], ["Good", "Worn", "Broken"])
        self.assertEqual(checks["State"]["fail_choices"], ["Broken"])
        self.assertIn("bar", checks["Pressure"]["bounds"])
        with self.assertRaises(AccessError):
            self.checklist.with_user(self.customer_user).get_preview()

    def test_a_second_new_version_goes_on_with_the_first(self):
        checklist = self.checklist.with_user(self.manager)
        first = checklist.action_new_version()
        self.assertEqual(checklist.action_new_version()["res_id"], first["res_id"])
        draft = self.env["field.checklist"].browse(first["res_id"])
        self.assertEqual((draft.version, draft.state), (2, "draft"))
