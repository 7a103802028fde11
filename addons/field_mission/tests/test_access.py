from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import FieldMissionCommon

CHILDREN = (
    "field.mission.check",
    "field.mission.check.answer",
    "field.mission.time",
    "field.mission.material",
    "field.mission.event",
    "field.incident",
    "field.photo",
    "field.signature",
)


@tagged("post_install", "-at_install")
class TestAccess(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls._planned()
        cls.other = cls._planned(technician_id=cls.tech2.id)
        cls.hidden = cls.env["field.mission"].create(cls._vals(technician_id=cls.tech.id))
        for mission, user in ((cls.mine, cls.tech_user), (cls.other, cls.tech2_user)):
            work = mission.with_user(user)
            work.action_arrive()
            cls._answer_all(mission, user)
            work.action_add_material({"description": "Seal", "quantity": 1})
            work.action_report_incident({"kind": "other"})
            drawing = cls._send_photo(mission, user, kind="drawing")
            work.action_sign({"name": "Mme L", "drawing": drawing.uuid})

    def test_technicians_see_their_published_missions(self):
        missions = self.env["field.mission"].with_user(self.tech_user)
        self.assertEqual(missions.search([]), self.mine)
        with self.assertRaises(AccessError):
            self.other.with_user(self.tech_user).read(["name"])
        with self.assertRaises(AccessError):
            self.hidden.with_user(self.tech_user).read(["name"])
        for model in CHILDREN:
            found = self.env[model].with_user(self.tech_user).search([])
            self.assertTrue(found, model)
            self.assertEqual(found.mission_id, self.mine, model)

    def test_technicians_write_nothing_directly(self):
        for model in ("field.mission", *CHILDREN, "field.request", "field.site.access"):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(
                    self.env[model].with_user(self.tech_user).has_access(operation), model
                )

    def test_strangers_see_nothing(self):
        for user in (self.customer_user, self.sub_user):
            for model in ("field.mission", *CHILDREN[:4], "field.photo"):
                self.assertFalse(self.env[model].with_user(user).search([]), model)
        with self.assertRaises(AccessError):
            self.env["field.mission"].with_user(self.office).search([])
        for model in ("field.contract", "field.request", "field.mission.event"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.customer_user).search([])

    def test_strangers_act_on_nothing(self):
        for user in (self.tech2_user, self.customer_user, self.sub_user, self.office):
            for call in (
                lambda m: m.action_done(),
                lambda m: m.action_set_conclusion("x"),
                lambda m: m.action_add_material({"description": "x", "quantity": 1}),
                lambda m: m.action_publish(),
                lambda m: m.action_cancel("x"),
                lambda m: m.action_make_pickings(),
            ):
                with self.assertRaises(AccessError):
                    call(self.mine.with_user(user))

    def test_access_codes_open_for_three_days_only(self):
        codes = self.env["field.site.access"]
        code = codes.create({"site_id": self.site.id, "kind": "code", "value": "4512B"})
        as_tech = codes.with_user(self.tech_user)
        self.assertFalse(as_tech.search([("id", "=", code.id)]), "the mission is far away")
        self.mine.sudo().write({"planned_start": fields.Datetime.now() + timedelta(days=1)})
        self.assertEqual(as_tech.search([("id", "=", code.id)]), code)
        self.mine.sudo().write({"planned_start": fields.Datetime.now() + timedelta(days=5)})
        self.assertFalse(as_tech.search([("id", "=", code.id)]))
        self.assertFalse(codes.with_user(self.customer_user).search([]))
        self.assertIn(code, codes.with_user(self.planner).search([]))

    def test_contacts_of_the_sites_of_own_missions(self):
        other_site = self._site("Elsewhere")
        contacts = self.env["field.site.contact"].create(
            [
                {"site_id": site.id, "partner_id": self.customer.id}
                for site in (self.site, other_site)
            ]
        )
        as_tech = contacts.browse().with_user(self.tech_user)
        self.assertEqual(as_tech.search([("id", "in", contacts.ids)]), contacts[0])
        as_planner = contacts.browse().with_user(self.planner)
        self.assertEqual(as_planner.search([("id", "in", contacts.ids)]), contacts)
        for user in (self.customer_user, self.sub_user, self.office):
            with self.assertRaises(AccessError):
                contacts.browse().with_user(user).search([])

    def test_devices_are_the_planners_to_see(self):
        device = self.env["field.device"].create({"uuid": "a" * 32, "user_id": self.tech_user.id})
        self.assertEqual(device.browse().with_user(self.planner).search([]), device)
        for user in (self.tech_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                device.browse().with_user(user).search([])
        company = self.env["res.company"].create({"name": "Company C"})
        stranger = self._user("planner_c", "field_mission.group_field_planner")
        stranger.write({"company_id": company.id, "company_ids": [(6, 0, company.ids)]})
        self.assertFalse(device.browse().with_user(stranger).search([]))

    def test_start_points_are_private(self):
        self.tech.sudo().field_start_latitude = 48.1
        for user in (self.planner, self.tech2_user):
            with self.assertRaises(AccessError):
                self.tech.with_user(user).read(["field_start_latitude"])
            self.assertTrue(self.tech.with_user(user).read(["is_field_technician"]))

    def test_managers_set_technicians_up_without_hr_rights(self):
        setup = self.env["field.technician.setup"]
        with self.assertRaises(AccessError):
            self.tech.with_user(self.manager).write({"field_start_latitude": 48.2})
        for user in (self.planner, self.tech_user, self.customer_user):
            with self.assertRaises(AccessError):
                setup.with_user(user).create({"employee_id": self.tech.id})
        self.tech.field_start_address = "Quimper"
        team = self.env["field.team"].create({"name": "West"})
        form = Form(setup.with_user(self.manager).with_context(default_employee_id=self.tech.id))
        self.assertEqual(form.start_address, "Quimper")
        self.assertTrue(form.is_field_technician)
        form.start_latitude, form.start_longitude = 48.2, -4.0
        form.team_id = team
        form.save().action_save()
        self.assertEqual((self.tech.field_start_latitude, self.tech.field_team_id), (48.2, team))

    def test_planners_do_not_configure(self):
        for model in ("field.service.type", "field.checklist", "field.contract", "field.team"):
            self.assertFalse(self.env[model].with_user(self.planner).has_access("write"), model)
            self.assertTrue(self.env[model].with_user(self.manager).has_access("write"), model)

    def test_planner_plans_without_hr_rights(self):
        mission = (
            self.env["field.mission"]
            .with_user(self.planner)
            .create(
                self._vals(technician_id=self.tech.id, planned_start=datetime(2026, 12, 2, 8, 0))
            )
        )
        mission.action_plan()
        mission.action_publish()
        self.assertEqual(mission.technician_id.with_user(self.planner).name, "Ana Tech")
        with self.assertRaises(AccessError):
            self.tech.with_user(self.planner).read(["private_street"])
        with self.assertRaises(AccessError):
            self.tech.with_user(self.planner).write({"name": "X"})
