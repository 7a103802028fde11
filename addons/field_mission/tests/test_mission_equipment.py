from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestMissionEquipment(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls._site("Stair B", site_parent_id=cls.site.id)
        cls.elsewhere = cls._site("Site Z")
        cls.boiler, cls.lift, cls.stranger = cls.env["field.equipment"].create(
            [
                {"name": "Boiler", "serial": "B-1", "site_id": cls.site.id},
                {"name": "Lift", "site_id": cls.part.id},
                {"name": "Stranger", "site_id": cls.elsewhere.id},
            ]
        )

    def test_a_visit_says_which_equipment_it_is_about(self):
        mission = (
            self.env["field.mission"]
            .with_user(self.planner)
            .create(self._vals(equipment_ids=[Command.set((self.boiler | self.lift).ids)]))
        )
        self.assertEqual(mission.equipment_ids, self.boiler | self.lift)
        self.assertEqual(self.boiler.with_user(self.planner).mission_ids, mission)
        mission.equipment_ids = self.boiler
        label = mission._fields["equipment_ids"]._description_string(self.env)
        self.assertIn(label, mission.event_ids.mapped("summary"))

    def test_equipment_of_another_site_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Stranger is not on the site"):
            self.env["field.mission"].create(
                self._vals(equipment_ids=[Command.set(self.stranger.ids)])
            )
        mission = self.env["field.mission"].create(
            self._vals(equipment_ids=[Command.set(self.boiler.ids)])
        )
        with self.assertRaisesRegex(ValidationError, "Boiler .* is not on the site"):
            mission.site_id = self.elsewhere

    def test_form_drops_the_equipment_of_the_former_site(self):
        form = Form(self.env["field.mission"].with_user(self.planner))
        form.site_id = self.site
        form.service_type_id = self.type
        form.equipment_ids.add(self.boiler)
        form.site_id = self.elsewhere
        form.equipment_ids.add(self.stranger)
        self.assertEqual(form.save().equipment_ids, self.stranger)

    def test_the_technician_sees_it_first_and_only_of_own_missions(self):
        soon = fields.Datetime.now().replace(hour=9, minute=0, second=0, microsecond=0)
        mission = self._planned(
            planned_start=soon + timedelta(days=1),
            equipment_ids=[Command.set(self.lift.ids)],
        )
        self.env.flush_all()
        snapshot = self.env["field.mission"].with_user(self.tech_user)._get_app_snapshot()
        [shown] = [row for row in snapshot["missions"] if row["id"] == mission.id]
        self.assertEqual(
            [(item["name"], item["visited"]) for item in shown["equipment"]],
            [("Lift", True), ("Boiler (B-1)", False)],
        )
        self.assertEqual(self.lift.with_user(self.tech_user).mission_ids, mission)
        self.env.invalidate_all()
        self.assertFalse(self.lift.with_user(self.tech2_user).mission_ids)
        with self.assertRaises(AccessError):
            mission.with_user(self.tech_user).equipment_ids = self.boiler
        with self.assertRaises(AccessError):
            mission.with_user(self.sub_user).read(["equipment_ids"])

    def test_a_nonconformity_names_equipment_of_the_visit(self):
        mission = self._planned(equipment_ids=[Command.set(self.lift.ids)])
        mission.with_user(self.tech_user).action_start()
        report = mission.with_user(self.tech_user).action_report_nonconformity
        report({"description": "Door rubs", "equipment_id": self.lift.id})
        self.assertEqual(mission.sudo().nonconformity_ids.equipment_id, self.lift)
        with self.assertRaisesRegex(UserError, "not on the mission's site"):
            report({"description": "Door rubs", "equipment_id": self.stranger.id})

    def test_visits_without_equipment_cost_no_query(self):
        missions = self.env["field.mission"].create([self._vals() for _one in range(3)])
        self.env.flush_all()
        with self.assertQueries([]):
            missions._check_equipment_site()
