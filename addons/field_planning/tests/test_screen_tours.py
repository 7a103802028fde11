from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import HOME, FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestScreenTours(HttpCase, FieldPlanningCommon):
    """What a planner does on the screens of the planning, and what is in the database after it.

    The browser has its own clock: the days are the real ones, and people work round the clock. All
    live where it is about noon now: no test falls on two days, whenever it runs.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner.lang = "en_US"
        cls.company.field_silence_minutes = 0
        cls.people.resource_calendar_id = cls._calendar("All", [(0, 24)], range(7))
        cls.now = fields.Datetime.now().replace(second=0)
        # Signs are the other way round in these names: Etc/GMT+5 is five hours behind.
        cls.zone = f"Etc/GMT{cls.now.hour - 12:+d}"
        cls.planner.tz = cls.company.partner_id.tz = cls.zone
        cls.people.tz = cls.people.resource_calendar_id.tz = cls.zone
        cls.today = fields.Date.context_today(cls.planner.with_context(tz=cls.zone))
        cls.team = cls.env["field.team"].create({"name": "Tour load team"})
        cls.tech.field_team_id = cls.team

    def _planned(self, name, start, **vals):
        """A planned mission of Ana, nothing else being in sight."""
        mission = self._mission(name, 5, promised_kind="none", promised_date=False, **vals)
        mission.site_id.tz = self.zone
        mission.planned_start = start
        mission.action_plan()
        return mission

    def _only(self, action, domain):
        """Show the planner nothing but these records in an action, whatever the database holds."""
        action = self.env.ref(action)
        self.env["ir.filters"].create(
            {
                "name": "Tour",
                "model_id": action.res_model,
                "action_id": action.id,
                "user_ids": [Command.link(self.planner.id)],
                "is_default": True,
                "domain": str(domain),
                "context": "{}",
                "sort": "[]",
            }
        )

    def _noon(self, days=0):
        """Noon where all live, UTC."""
        return (self.now + timedelta(days=days)).replace(minute=0)

    def test_urgent_chosen_and_taken_back(self):
        site = self._place("Tour emergency", 6)
        kind = self.env["field.service.type"].create(
            {"name": "Tour repair", "default_duration": 0.5}
        )
        path = "/odoo/field-urgent"
        self.start_tour(path, "field_urgent_choose", login=self.planner.login)
        urgent = self.env["field.urgent"].search([("site_id", "=", site.id)])
        mission = urgent.mission_id
        self.assertEqual((urgent.state, mission.state), ("applied", "planned"))
        self.assertEqual((mission.service_type_id, mission.site_id), (kind, site))
        self.assertEqual(mission.technician_id, urgent.technician_id)
        self.assertTrue(mission.tour_id)
        path = f"/odoo/field-urgents/{urgent.id}"
        self.start_tour(path, "field_urgent_take_back", login=self.planner.login)
        self.assertEqual((urgent.state, mission.state), ("undone", "draft"))
        self.assertFalse(mission.technician_id or mission.tour_id)

    def test_publish_after_the_preview(self):
        mission = self._planned("Tour publish", self._noon(1))
        action = (
            self.env["field.publish"].with_user(self.planner).action_open(mission_ids=mission.ids)
        )
        path = f"/odoo/field.publish/{action['res_id']}"
        self.start_tour(path, "field_publish_preview", login=self.planner.login)
        self.assertTrue(mission.published)
        told = mission.customer_message_ids
        self.assertEqual((told.kind, told.user_id), ("confirmation", self.planner))

    def test_absent_today(self):
        mission = self._planned("Tour absent", max(self.now, self._noon()))
        path = "/odoo/action-field_planning.action_absent_today"
        self.start_tour(path, "field_absent_today", login=self.planner.login)
        self.assertEqual(mission.state, "draft")
        self.assertFalse(mission.technician_id)
        absence = self.env["field.absent.today"].search([("employee_id", "=", self.tech.id)])
        self.assertEqual((absence.state, absence.reason), ("done", "Van broken down"))
        self.assertEqual(absence.run_id.mission_ids, mission)

    def test_visit_plan_with_its_preview(self):
        contract = self.env["field.contract"].create(
            {
                "name": "Tour contract",
                "partner_id": self.customer.id,
                "date_start": self.today,
                "date_end": self.today + timedelta(days=365),
                "state": "active",
            }
        )
        plan = self.env["field.visit.plan"].create(
            {
                "contract_id": contract.id,
                "site_ids": [Command.set(self.site.ids)],
                "service_type_id": self.type.id,
                "date_start": self.today + timedelta(days=1),
                "rule_unit": "week",
                "rule_interval": 1,
            }
        )
        path = f"/odoo/field-visit-plans/{plan.id}"
        self.start_tour(path, "field_visit_plan_preview", login=self.planner.login)
        self.env.invalidate_all()
        self.assertEqual((plan.state, plan.rule_interval), ("active", 2))
        shown = [visit["day"] for visit in plan.preview["visits"] if visit["day"]]
        self.assertGreater(sum(plan._generate_batches()), 1)
        made = [str(day) for day in sorted(plan.due_ids.mapped("due_date"))]
        self.assertEqual(made, shown[: len(made)], "what the preview showed, and no other day")

    def test_the_day_and_who_is_told_of_a_delay(self):
        start = self.now - timedelta(hours=2)
        mission = self._planned("Tour late", start)
        mission.write(
            {
                "promised_kind": "window",
                "promised_start": start,
                "promised_end": start + timedelta(minutes=30),
            }
        )
        mission.action_publish()
        self.env["field.mission"]._update_delays(self.company, self.now)
        self.assertTrue(mission.breaks_promise)
        self.start_tour("/odoo/field-day", "field_day_tell", login=self.planner.login)
        told = mission.customer_message_ids.filtered(lambda row: row.kind == "delay")
        self.assertEqual((told.user_id, told.partner_id), (self.planner, self.customer))
        self.assertGreater(mission.delay_told_to, self.now)
        self.assertFalse(mission.breaks_promise)

    def test_load_and_what_is_behind_a_cell(self):
        self._planned("Tour load site", self._noon(), planned_duration=3)
        self.start_tour("/odoo/field-load", "field_load_drill", login=self.planner.login)
        load = self.env["field.load"].with_user(self.planner)
        load = load.get_load({"date_from": str(self.today), "date_to": str(self.today)})
        row = next(row for row in load["rows"] if row["name"] == self.team.name)
        self.assertEqual((row["total"]["missions"], row["total"]["planned"]), (1, 3))

    def test_calendar_with_the_hours_of_the_days(self):
        self._planned("Tour calendar", self._noon(), planned_duration=3)
        self._only("field_mission.field_mission_action", [("technician_id", "=", self.tech.id)])
        self.start_tour("/odoo/field-missions", "field_calendar_month", login=self.planner.login)
        kept = self.planner.res_users_settings_id.field_calendar
        self.assertEqual(kept["field.mission"]["color"], "team_id")

    def test_map_lists_what_it_cannot_show(self):
        here = self._planned("Tour place", self._noon())
        nowhere = self._planned("Tour nowhere", self._noon() + timedelta(hours=2))
        nowhere.site_id.write({"partner_latitude": 0, "partner_longitude": 0})
        # West of all others, in the map's corner with the legend.
        west = self._planned("Tour west", self._noon() + timedelta(hours=4))
        west.site_id.partner_longitude = HOME[1] - 0.5
        shown = here | nowhere | west
        self._only("field_planning.field_mission_action_map", [("id", "in", shown.ids)])
        self.start_tour("/odoo/field-map", "field_map_missions", login=self.planner.login)

    def test_pin_of_a_site(self):
        site = self._place("Tour pin", 5)
        self.assertNotEqual(site.partner_latitude, HOME[0] + 1)
        path = f"/odoo/field-addresses/{site.id}"
        self.start_tour(path, "field_map_pin", login=self.planner.login)
        self.assertEqual((site.partner_latitude, site.partner_longitude), (48.5, -4.25))
        self.assertEqual((site.site_geo_state, site.site_geo_precision), ("located", "manual"))
