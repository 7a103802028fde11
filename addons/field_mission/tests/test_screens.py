from datetime import datetime, timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestScreens(FieldMissionCommon):
    """Forms and windows, each as the person who uses them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls.env["field.contract"].create(
            {"name": "Yearly", "partner_id": cls.customer.id, "date_start": "2026-01-01"}
        )
        cls.contract.action_activate()

    def test_new_mission_by_phone(self):
        """The site is enough: customer, contract, duration and request follow."""
        missions = self.env["field.mission"].with_user(self.planner)
        with Form(missions.with_context(default_origin="phone", default_priority="0")) as form:
            form.site_id = self.site
            form.service_type_id = self.type
            self.assertEqual(form.partner_id, self.customer)
            self.assertEqual(form.contract_id, self.contract)
            self.assertEqual(form.planned_duration, 1.5)
            form.promised_kind = "morning"
            form.promised_date = "2026-11-30"
            form.description = "The boiler is cold"
            form.requester = "Mrs Riou, 02 98 00 00 00"
            form.customer_reference = "PO 77"
            form.date_deadline = "2026-12-01 10:00:00"
        mission = form.record
        self.assertRecordValues(
            mission.request_id,
            [
                {
                    "partner_id": self.customer.id,
                    "contract_id": self.contract.id,
                    "origin": "phone",
                    "requester": "Mrs Riou, 02 98 00 00 00",
                    "customer_reference": "PO 77",
                    "date_deadline": datetime(2026, 12, 1, 10),
                    "description": "The boiler is cold",
                }
            ],
        )
        self.assertEqual(mission.promised_start, datetime(2026, 11, 30, 7))
        self.assertEqual(mission.state, "draft")
        self.assertIn("technician", mission.blocker_text)

    def test_promise_asks_for_its_day(self):
        form = Form(self.env["field.mission"].with_user(self.planner))
        form.site_id = self.site
        form.service_type_id = self.type
        form.promised_kind = "exact"
        with self.assertRaises(AssertionError):
            form.save()
        form.promised_date = "2026-11-30"
        form.promised_time = 8.5
        self.assertEqual(form.save().promised_start, datetime(2026, 11, 30, 7, 30))

    def test_one_more_visit_of_a_request(self):
        """The button of the request makes a mission of the same request."""
        request = self.env["field.request"].create(
            {"site_id": self.site.id, "service_type_id": self.type.id, "priority": "2"}
        )
        form = Form(
            self.env["field.mission"]
            .with_user(self.planner)
            .with_context(
                default_request_id=request.id,
                default_site_id=self.site.id,
                default_service_type_id=self.type.id,
            )
        )
        mission = form.save()
        self.assertEqual(mission.request_id, request)
        self.assertEqual(mission.priority, "2")
        self.assertEqual(request.mission_count, 1)

    def test_buttons_follow_the_state(self):
        mission = self.env["field.mission"].create(self._vals())
        as_planner = mission.with_user(self.planner)
        self.assertEqual(as_planner.allowed_steps, ["plan", "cancel"])
        with Form(as_planner) as form:
            form.technician_id = self.tech
            form.planned_start = "2026-11-30 08:00:00"
        as_planner.action_plan()
        as_planner.invalidate_recordset()
        self.assertIn("unplan", as_planner.allowed_steps)
        self.assertFalse(as_planner.blocker_text)

    def test_validated_mission_is_read_only(self):
        mission = self._planned(service_type_id=self.bare_type.id)
        mission.with_user(self.tech_user).action_start()
        mission.with_user(self.tech_user).action_done()
        mission.with_user(self.planner).action_validate()
        form = Form(mission.with_user(self.planner))
        for name in ("site_id", "planned_start", "promised_kind", "conclusion"):
            with self.assertRaises(AssertionError, msg=name):
                setattr(form, name, False)

    def test_forms_open_for_technicians(self):
        mission = self._planned()
        for view in ("field_mission_view_form", "field_mission_view_form_my"):
            form = Form(mission.with_user(self.tech_user), view=f"field_mission.{view}")
            self.assertEqual(form.site_id, self.site)

    def test_far_mission_opens_without_its_codes(self):
        """The form of a mission opens although its access codes are closed that day."""
        self.env["field.site.access"].create(
            {"site_id": self.site.id, "kind": "code", "value": "4512B"}
        )
        mission = self._planned(planned_start=fields.Datetime.now() + timedelta(days=20))
        as_tech = mission.with_user(self.tech_user)
        self.assertFalse(as_tech.site_access_ids)
        Form(as_tech, view="field_mission.field_mission_view_form_my")
        mission.sudo().planned_start = fields.Datetime.now() + timedelta(days=1)
        as_tech.invalidate_recordset()
        self.assertEqual(as_tech.site_access_ids.value, "4512B")
        self.assertEqual(as_tech._get_order_accesses().value, "4512B")

    def test_windows_open_for_those_who_have_the_menu(self):
        """Every window of the menus loads its views and reads its lists, for each role."""
        self._planned()
        menus = self.env["ir.ui.menu"]
        root = self.env.ref("field_mission.menu_field_root")
        for user in (self.tech_user, self.planner, self.manager):
            visible = menus.with_user(user)._visible_menu_ids()
            for menu in menus.browse(visible).filtered(
                lambda m: m.parent_path.startswith(root.parent_path)
            ):
                action = menu.action
                if not action or action._name != "ir.actions.act_window":
                    continue
                if not menu.get_external_id()[menu.id].startswith("field_mission."):
                    continue
                with self.subTest(menu=menu.complete_name, user=user.login):
                    self._read_window(action, user)

    def _read_window(self, action, user):
        """Load the views of a window and read what its list and kanban show."""
        records = self.env[action.res_model].with_user(user)
        views = records.get_views(
            [*action.views, (action.search_view_id.id, "search")], {"action_id": action.id}
        )["views"]
        found = records.search([], limit=3)
        for kind in {"list", "kanban"} & set(views):
            arch = etree.fromstring(views[kind]["arch"])
            names = {node.get("name") for node in arch.iter("field")}
            found.web_read({name: {} for name in names if name in records._fields})

    def test_technicians_see_their_menu_only(self):
        menus = self.env["ir.ui.menu"].with_user(self.tech_user)
        visible = menus.browse(menus._visible_menu_ids())
        names = {
            xmlid.split(".")[1]
            for xmlid in visible.get_external_id().values()
            if xmlid.startswith("field_mission.")
        }
        self.assertIn("menu_field_missions_my", names)
        for name in ("menu_field_missions_all", "menu_field_sites", "menu_field_configuration"):
            self.assertNotIn(name, names)

    def test_my_missions(self):
        mine = self._planned()
        self._planned(technician_id=self.tech2.id, planned_start=datetime(2026, 11, 30, 12))
        unpublished = self.env["field.mission"].create(self._vals(technician_id=self.tech.id))
        # A search does not wait for a stored many2many to be computed; a request's end does.
        self.env.flush_all()
        found = (
            self.env["field.mission"]
            .with_user(self.tech_user)
            .search([("is_mine", "=", True), ("published", "=", True)])
        )
        self.assertIn(mine, found)
        self.assertNotIn(unpublished, found)
        self.assertEqual(found.technician_id, self.tech)

    def test_running_segment_drives_the_buttons(self):
        mission = self._planned().with_user(self.tech_user)
        self.assertFalse(mission.running_kind)
        mission.action_travel()
        mission.invalidate_recordset()
        self.assertEqual(mission.running_kind, "travel")
        self.assertEqual(mission.with_user(self.planner).running_kind, "travel")
        mission.action_arrive()
        mission.invalidate_recordset()
        self.assertEqual(mission.running_kind, "on_site")
        mission.action_pause()
        mission.invalidate_recordset()
        self.assertEqual(mission.running_kind, "break")

    def test_search_filters(self):
        """Each filter of the search view is a domain that the server understands."""
        view = self.env["field.mission"].get_view(
            self.env.ref("field_mission.field_mission_view_search").id, "search"
        )
        arch = etree.fromstring(view["arch"])
        domains = [node.get("domain") for node in arch.iter("filter") if node.get("domain")]
        self.assertGreater(len(domains), 15)
        missions = self.env["field.mission"].with_user(self.planner)
        for text in domains:
            with self.subTest(domain=text):
                missions.search(safe_eval(text, {"uid": self.env.uid}), limit=1)
        late = self._planned(planned_start=fields.Datetime.now() - timedelta(hours=5))
        self.assertIn(late, missions.search([("is_late", "=", True)]))

    def test_technicians_screen_without_hr_rights(self):
        """Planner and manager read technicians as public employees; the manager sets them up."""
        employees = self.env["hr.employee.public"]
        self.tech.field_team_id = self.env["field.team"].create({"name": "West"})
        self.env.flush_all()
        for user in (self.planner, self.manager):
            with Form(
                employees.with_user(user).browse(self.tech.id),
                view="field_mission.hr_employee_public_view_form_technician",
            ) as form:
                self.assertEqual(form.field_team_id.name, "West")
        self._planned()
        person = employees.with_user(self.planner).browse(self.tech.id)
        self.assertEqual(person.field_mission_count, 1)
        self.assertEqual(
            self.env["field.mission"].search(person.action_view_field_missions()["domain"]),
            self.env["field.mission"].search([("technician_id", "=", self.tech.id)]),
        )
        team = self.tech.field_team_id.with_user(self.manager)
        self.assertEqual(team.member_count, 1)

    def test_site_form(self):
        with Form(
            self.env["res.partner"]
            .with_user(self.planner)
            .with_context(default_is_field_site=True),
            view="field_mission.res_partner_view_form_site",
        ) as form:
            form.name = "Depot"
            form.site_customer_id = self.customer
            form.zip = "56000"
            form.city = "Vannes"
            with form.site_access_ids.new() as line:
                line.kind = "code"
                line.value = "12A"
        site = form.record
        self.assertTrue(site.is_field_site)
        self.assertEqual(site.site_address_state, "to_check")
        self.assertEqual(site.site_access_ids.value, "12A")
        self.assertEqual(self.customer.with_user(self.planner).customer_site_count, 2)

    def test_site_pages_stay_out_of_other_peoples_contacts(self):
        """A colleague without any field right opens a contact without touching our models."""
        arch = self.env["res.partner"].with_user(self.office).get_view(view_type="form")["arch"]
        self.assertNotIn("site_access_ids", arch)
        Form(self.site.with_user(self.office))

    def test_reason_is_asked_for_several_missions(self):
        missions = self._planned() + self._planned(planned_start=datetime(2026, 11, 30, 12))
        action = (
            missions.with_user(self.planner).with_context(field_step="cancel").action_ask_reason()
        )
        wizard = Form(
            self.env[action["res_model"]].with_user(self.planner).with_context(**action["context"])
        )
        with self.assertRaises(AssertionError):
            wizard.save()
        wizard.reason = "Site closed"
        wizard.save().action_apply()
        self.assertEqual(set(missions.mapped("state")), {"cancelled"})
        self.assertEqual(missions[0].cancel_reason, "Site closed")

    def test_reason_dialog_gives_no_more_rights(self):
        mission = self._planned()
        wizards = self.env["field.reason.wizard"].with_user(self.tech_user)
        wizard = wizards.create({"mission_ids": mission.ids, "step": "cancel", "reason": "No"})
        with self.assertRaises(AccessError):
            wizard.action_apply()
        stranger = self.env["field.reason.wizard"].with_user(self.tech2_user)
        with self.assertRaises(UserError):
            stranger.create(
                {"mission_ids": mission.ids, "step": "reschedule", "reason": "No"}
            ).action_apply()
        self.assertEqual(mission.state, "planned")

    def test_stat_buttons(self):
        mission = self._planned().with_user(self.planner)
        for name in (
            "action_view_request",
            "action_view_incidents",
            "action_view_photos",
            "action_view_site_nonconformities",
        ):
            action = getattr(mission, name)()
            self.env[action["res_model"]].with_user(self.planner).search(action.get("domain", []))
        self.assertIn("/my/missions/", mission.action_preview()["url"])

    def test_counts_do_not_grow_with_the_records(self):
        """The kanban's and list's computed columns ask the database once for all."""
        start = datetime(2026, 12, 7, 7)
        for number in range(6):
            self._planned(planned_start=start + timedelta(hours=2 * number))
        ids = self.env["field.mission"].search([("technician_id", "=", self.tech.id)]).ids
        names = ["site_address", "running_kind", "check_progress", "incident_count", "is_late"]

        def queries(count):
            self.env.invalidate_all()
            missions = self.env["field.mission"].with_user(self.planner).browse(ids[:count])
            before = self.env.cr.sql_log_count
            missions.read(names)
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertEqual(queries(1), queries(6))
