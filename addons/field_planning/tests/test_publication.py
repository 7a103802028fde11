from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import MONDAY, FieldPlanningCommon

SUNDAY = "2026-11-29 10:00:00"
THAT_DAY = "2026-11-30 06:00:00"


@tagged("post_install", "-at_install")
class TestPublication(FieldPlanningCommon):
    """What technicians see and are told, before and after a plan is published."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is told is read in English, whatever language the company speaks.
        (cls.tech_user | cls.tech2_user | cls.planner).lang = "en_US"
        cls.mission = cls._plan(cls._mission("North", 5, 9), 9)

    def setUp(self):
        super().setUp()
        self.env.cr.precommit.run()

    def _news(self, user):
        """Messages for a user since the last call of the kind."""
        self.env.cr.precommit.run()
        return self.env["mail.message"].search(
            [
                ("partner_ids", "in", user.partner_id.ids),
                ("message_type", "=", "user_notification"),
                ("subject", "like", "tour"),
            ],
            order="id",
        )

    def _sees(self, user):
        # As at the end of a request.
        self.env.flush_all()
        mine = self.env["field.mission"].with_user(user)
        return self.mission in mine.search([("id", "=", self.mission.id)])

    # ------------------------------------------------------------------ nothing before

    def test_nothing_is_seen_before_publication(self):
        missions = self.env["field.mission"].with_user(self.tech_user)
        self.assertFalse(self._sees(self.tech_user))
        self.assertFalse(missions.name_search(self.mission.name))
        self.assertFalse(missions._read_group([("id", "=", self.mission.id)], ["site_id"]))
        grouped = missions.formatted_read_group(
            [("id", "=", self.mission.id)], ["state"], ["__count"]
        )
        self.assertFalse(grouped)
        self.assertFalse(missions.search_count([("site_id", "=", self.mission.site_id.id)]))
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech_user).read(["planned_start"])
        self.assertFalse(self.env["field.tour"].with_user(self.tech_user).search([]))
        self.assertFalse(self.env["field.tour.stop"].with_user(self.tech_user).search([]))
        self.assertFalse(missions._get_app_snapshot()["missions"])
        self.mission.with_user(self.planner).action_publish()
        self.assertTrue(self._sees(self.tech_user))
        self.assertTrue(self.env["field.tour.stop"].with_user(self.tech_user).search([]))

    @freeze_time(SUNDAY)
    def test_a_change_is_a_draft_until_published_again(self):
        self.mission.action_publish()
        self.env.cr.precommit.run()
        before = self._news(self.tech_user)
        self.mission.with_user(self.planner).write(
            {"technician_id": self.tech2.id, "planned_start": "2026-11-30 13:00:00"}
        )
        self.assertEqual(self.mission.publish_state, "changed")
        self.assertTrue(self._sees(self.tech_user))
        self.assertFalse(self._sees(self.tech2_user))
        stops = self.env["field.tour.stop"].with_user(self.tech2_user)
        self.assertFalse(stops.search([("mission_id", "=", self.mission.id)]))
        shown = self.env["field.mission"].with_user(self.tech_user)._get_app_snapshot()
        self.assertEqual(shown["missions"][0]["planned_start"], "2026-11-30 08:00:00")
        self.assertEqual(shown["missions"][0]["planned_end"], "2026-11-30 09:00:00")
        self.assertEqual(shown["missions"][0]["technician"], "Ana Tech")
        self.assertTrue(shown["missions"][0]["responsible"])
        self.assertEqual(self._news(self.tech_user), before)
        self.mission.with_user(self.planner).action_publish()
        self.assertEqual(self.mission.publish_state, "current")
        self.assertFalse(self._sees(self.tech_user))
        self.assertTrue(self._sees(self.tech2_user))
        self.assertIn("Taken off", (self._news(self.tech_user) - before).body)
        self.assertIn("New", self._news(self.tech2_user).body)

    @freeze_time(SUNDAY)
    def test_the_app_keeps_what_was_published_when_it_moves_far_away(self):
        self.mission.action_publish()
        self.mission.with_user(self.planner).planned_start = "2026-12-20 09:00:00"
        shown = self.env["field.mission"].with_user(self.tech_user)._get_app_snapshot()
        self.assertEqual(shown["missions"][0]["day"], "2026-11-30")

    @freeze_time(SUNDAY)
    def test_back_to_what_was_published_is_no_change(self):
        self.mission.action_publish()
        start = self.mission.planned_start
        self.mission.planned_start = start + timedelta(hours=2)
        self.assertTrue(self.mission.is_published_otherwise)
        found = self.env["field.mission"].search([("is_published_otherwise", "=", True)])
        self.assertIn(self.mission, found)
        self.mission.planned_start = start
        self.assertEqual(self.mission.publish_state, "current")

    # ------------------------------------------------------------------ today

    @freeze_time(THAT_DAY)
    def test_a_change_of_today_counts_and_is_told_at_once(self):
        self.mission.action_publish()
        before = self._news(self.tech_user)
        mission = self.mission.with_user(self.planner)
        mission.planned_start = "2026-11-30 10:00:00"
        mission.planned_start = "2026-11-30 11:00:00"
        self.assertEqual(mission.publish_state, "current")
        told = self._news(self.tech_user) - before
        self.assertEqual(len(told), 1, "one message for one change, however many writes")
        self.assertEqual(told.subject, "Your tour of today changed")
        self.assertIn("Moved", told.body)
        mission.technician_id = self.tech2
        self.assertTrue(self._sees(self.tech2_user))
        self.assertFalse(self._sees(self.tech_user))
        self.assertIn("Taken off", (self._news(self.tech_user) - before - told).body)
        self.assertIn("New", self._news(self.tech2_user).body)

    @freeze_time(THAT_DAY)
    def test_taken_back_today(self):
        self.mission.action_publish()
        before = self._news(self.tech_user)
        self.mission.with_user(self.planner).action_unplan()
        self.assertIn("Taken off", (self._news(self.tech_user) - before).body)
        self.assertFalse(self.mission.published_start)

    @freeze_time(SUNDAY)
    def test_withdrawn_of_another_day_is_told_with_the_publication(self):
        self.mission.action_publish()
        before = self._news(self.tech_user)
        self.mission.with_user(self.planner).action_cancel("Sold")
        self.assertEqual(self.mission.publish_state, "withdrawn")
        self.assertEqual(self._news(self.tech_user), before)
        wizard = self._preview()
        line = wizard.line_ids.filtered(lambda line: line.mission_id == self.mission)
        self.assertEqual(line.change, "withdrawn")
        wizard.action_publish()
        self.assertIn("Taken off", (self._news(self.tech_user) - before).body)
        self.assertFalse(self.mission.publish_state)

    @freeze_time(SUNDAY)
    def test_nothing_new_tells_nobody(self):
        self.mission.action_publish()
        before = self._news(self.tech_user)
        self.mission.action_publish()
        self.assertEqual(self._news(self.tech_user), before)

    @freeze_time(SUNDAY)
    def test_a_subcontractor_without_a_user_is_told_by_mail(self):
        person = self._technician("Di Sub", False, work_email="di@example.com")
        person.work_contact_id.lang = "en_US"
        self.mission.technician_id = person
        self.mission.action_publish()
        self.env.cr.precommit.run()
        mail = self.env["mail.mail"].search([("recipient_ids", "in", person.work_contact_id.ids)])
        self.assertEqual(mail.state, "outgoing", "queued: no mail server stops a publication")
        self.assertIn("New", mail.body_html)

    @freeze_time(SUNDAY)
    def test_in_the_language_of_the_technician(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.tech_user.lang = "fr_FR"
        self.mission.action_publish()
        self.env.cr.precommit.run()
        told = self.env["mail.message"].search(
            [("partner_ids", "in", self.tech_user.partner_id.ids)], order="id desc", limit=1
        )
        self.assertIn("30 novembre", told.subject)

    # ------------------------------------------------------------------ roles while it is a draft

    @freeze_time(SUNDAY)
    def test_a_visit_that_starts_as_published(self):
        self.mission.action_publish()
        self.mission.write({"technician_id": self.tech2.id})
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech2_user).action_start()
        self.mission.with_user(self.tech_user).action_start()
        self.assertEqual(self.mission.technician_id, self.tech)
        self.assertEqual(self.mission.publish_state, "current")
        self.mission.with_user(self.tech_user).action_done()

    @freeze_time(SUNDAY)
    def test_a_visit_started_by_the_planner_goes_by_the_plan(self):
        self.mission.action_publish()
        self.mission.write({"technician_id": self.tech2.id})
        self.mission.with_user(self.planner).action_start()
        self.assertEqual(self.mission.technician_id, self.tech2)
        self.assertEqual(self.mission.published_technician_id, self.tech2)
        self.assertTrue(self._sees(self.tech2_user))

    def test_the_snapshot_is_nobodys_to_write(self):
        for values in ({"published_start": "2026-01-01"}, {"told_start": "2026-01-01"}):
            with self.assertRaises(UserError):
                self.mission.with_user(self.planner).write(values)
        with self.assertRaises(UserError):
            self.env["field.mission"].create(
                {
                    "site_id": self.site.id,
                    "service_type_id": self.type.id,
                    "published_start": "2026-01-01 00:00:00",
                }
            )

    # ------------------------------------------------------------------ the preview

    def _preview(self, user=None, **scope):
        wizards = self.env["field.publish"].with_user(user or self.planner)
        scope = scope or {"date_from": "2026-11-30", "date_to": "2026-11-30"}
        return wizards.browse(wizards.action_open(**scope)["res_id"])

    @freeze_time(SUNDAY)
    def test_the_preview_says_what_changes(self):
        moved = self._plan(self._mission("East", 6), 11)
        given = self._plan(self._mission("West", -6), 13)
        same = self._plan(self._mission("South", 2), 15)
        (moved | given | same).action_publish()
        (moved | given | same)._send_customer_messages("confirmation")
        moved.write({"planned_start": "2026-11-30 15:00:00"})
        given.write({"technician_id": self.tech2.id})
        wizard = self._preview()
        found = {line.mission_id: line.change for line in wizard.line_ids}
        self.assertEqual(found, {self.mission: "new", moved: "moved", given: "reassigned"})
        self.assertEqual(wizard.unchanged_count, 1)
        by_mission = {line.mission_id: line for line in wizard.line_ids}
        self.assertIn("→", by_mission[moved].text)
        self.assertEqual(by_mission[self.mission].message, "confirmation")
        self.assertEqual(by_mission[moved].message, "change")
        self.assertFalse(by_mission[given].message, "the customer's slot stays")
        self.assertIn("customer@example.com", by_mission[moved].recipient_text)
        # Two visits of one customer, and what the customer knows is not told again.
        self.assertEqual(len(wizard.line_ids.filtered("tell")), 2)
        self.assertEqual(wizard.headline, "3 changes, 1 customer to tell, no promise at risk")
        self.assertIn("outside", by_mission[moved].ready_text)
        self.assertEqual(by_mission[moved].readiness, "orange")

    @freeze_time(SUNDAY)
    def test_a_day_is_the_local_day_of_the_site(self):
        next_day = self._plan(self._mission("Next", 6), 9, MONDAY + timedelta(days=1))
        next_day.action_publish()
        next_day.write({"planned_start": "2026-12-01 09:00:00"})
        found = self.env["field.mission"]._find_to_publish(self.company, MONDAY, MONDAY)
        self.assertIn(self.mission, found)
        self.assertNotIn(next_day, found)
        tuesday = MONDAY + timedelta(days=1)
        found = self.env["field.mission"]._find_to_publish(self.company, tuesday, tuesday)
        self.assertIn(next_day, found)

    @freeze_time(SUNDAY)
    def test_publish_is_idempotent(self):
        wizard = self._preview()
        wizard.action_publish()
        self.assertTrue(self.mission.published)
        self.assertEqual(self.mission.published_version, self.mission.plan_version)
        messages = self.mission.customer_message_ids
        self.assertEqual(messages.mapped("kind"), ["confirmation"])
        self.assertFalse(wizard.line_ids)
        wizard.action_publish()
        self._preview().action_publish()
        self.assertEqual(self.mission.customer_message_ids, messages)

    @freeze_time(SUNDAY)
    def test_what_is_not_ticked_is_left(self):
        other = self._plan(self._mission("East", 6), 11)
        wizard = self._preview()
        lines = {line.mission_id: line for line in wizard.line_ids}
        lines[other].publish = False
        lines[self.mission].tell = False
        wizard.action_publish()
        self.assertTrue(self.mission.published)
        self.assertFalse(other.published)
        self.assertFalse(self.mission.customer_message_ids)
        self.assertFalse(other.customer_message_ids, "nobody is told of a draft")

    @freeze_time(SUNDAY)
    def test_a_stale_preview_publishes_nothing(self):
        wizard = self._preview()
        self.mission.planned_start += timedelta(hours=1)
        with self.assertRaises(UserError):
            wizard.action_publish()
        wizard.action_refresh()
        wizard.action_publish()
        self.assertTrue(self.mission.published)

    @freeze_time(SUNDAY)
    def test_promises_at_risk(self):
        self.mission.planned_start = "2026-11-30 14:00:00"
        self.mission.request_id.date_deadline = "2026-11-30 12:00:00"
        line = self._preview().line_ids
        self.assertIn("was promised", line.risk_text)
        self.assertIn("must be done by", line.risk_text)
        self.assertIn("1 promise at risk", line.wizard_id.headline)

    @freeze_time(SUNDAY)
    def test_not_ready_needs_a_reason(self):
        self.mission.service_type_id.skill_ids = self.electric
        self.mission.site_id.site_address_issue = "No such street"
        wizard = self._preview()
        self.assertEqual(wizard.line_ids.readiness, "red")
        self.assertIn("Electric", wizard.line_ids.ready_text)
        self.assertIn("No such street", wizard.line_ids.ready_text)
        with self.assertRaises(UserError):
            wizard.action_publish()
        wizard.reason = "Bo comes along"
        wizard.action_publish()
        self.assertTrue(self.mission.published)
        self.assertIn("Bo comes along", self.mission.event_ids.mapped("reason"))
        self._give_skill(self.tech, self.electric)
        self.assertNotIn(
            "skill_missing", [row["code"] for row in self.mission._get_readiness()[self.mission.id]]
        )

    def test_parts_are_in_the_van(self):
        self.mission.site_id.write({"phone": "+33 1 23 45 67 89", "site_access_free": True})
        part = self.env["product.product"].create(
            {"name": "Pump", "type": "consu", "is_storable": True}
        )
        self.env["field.mission.material"].create(
            {"mission_id": self.mission.id, "product_id": part.id, "planned_quantity": 2}
        )
        codes = [row["code"] for row in self.mission._get_readiness()[self.mission.id]]
        self.assertEqual(codes, ["parts"])
        self.env["stock.quant"]._update_available_quantity(part, self.van, 2)
        self.assertFalse(self.mission._get_readiness()[self.mission.id])

    @freeze_time(SUNDAY)
    def test_scopes(self):
        other = self._plan(self._mission("East", 6, technician=self.tech2), 11)
        self.assertEqual(self._preview().line_ids.mission_id, self.mission | other)
        one = self._preview(date_from="2026-11-30", technician_ids=self.tech2.ids)
        self.assertEqual(one.line_ids.mission_id, other)
        self.assertEqual(self._preview(mission_ids=other.ids).line_ids.mission_id, other)
        self.assertFalse(self._preview(date_from="2026-12-05").line_ids)
        tour = self._tour().with_user(self.planner)
        action = tour.action_open_publish()
        wizard = self.env["field.publish"].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.mission_id, self.mission)

    @freeze_time(SUNDAY)
    def test_the_form(self):
        wizard = self._preview()
        with Form(wizard) as form:
            self.assertTrue(form.is_current)
            form.date_to = "2026-12-04"
            self.assertFalse(form.is_current)
        with self.assertRaises(UserError):
            wizard.action_publish()
        wizard.action_refresh()
        with Form(wizard) as form, form.line_ids.edit(0) as line:
            line.publish = False
        self.assertTrue(wizard.is_current)

    # ------------------------------------------------------------------ who may

    def test_planners_only(self):
        wizard = self._preview()
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                self.env["field.publish"].with_user(user).action_open()
            with self.assertRaises(AccessError):
                wizard.with_user(user).action_publish()
            with self.assertRaises(AccessError):
                self.env["field.customer.message"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.mission.with_user(user).action_open_publish()
        second = self._user("planner2", "field_mission.group_field_planner")
        with self.assertRaises(AccessError):
            wizard.with_user(second).action_publish()

    def test_malformed_scopes(self):
        wizards = self.env["field.publish"].with_user(self.planner)
        for bad in ({"date_from": "soon"}, {"mission_ids": ["x"]}, {"technician_ids": 3}):
            with self.assertRaises(UserError):
                wizards.action_open(**bad)
        with self.assertRaises(UserError):
            wizards.action_open(date_from="2026-01-01", date_to="2026-12-31")

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.planner.company_ids = [Command.link(other.id)]
        wizard = self._preview(user=self.planner.with_company(other))
        self.assertTrue(wizard.line_ids)
        wizards = self.env["field.publish"].with_user(self.planner).with_company(other)
        wizard = wizards.browse(wizards.action_open("2026-11-30", "2026-11-30")["res_id"])
        self.assertEqual(wizard.company_id, other)
        self.assertFalse(wizard.line_ids)

    # ------------------------------------------------------------------ batches

    def _count(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    @freeze_time(SUNDAY)
    def test_constant_queries(self):
        def batch(number, hours):
            missions = self.env["field.mission"]
            for index in range(number):
                missions |= self._plan(
                    self._mission(f"S{hours}-{index}", 3, technician=self.tech2), hours
                )
            return missions

        # Warm, then one against many.
        batch(1, 9).action_publish()
        one, many = batch(1, 10), batch(12, 11)
        with patch.object(
            type(self.env["field.tour.news"]), "_send", autospec=True, return_value=None
        ):
            counts = [
                self._count(lambda group=group: group._get_publish_changes())
                for group in (one, many)
            ]
            self.assertLessEqual(counts[1], counts[0] + 4)
            counts = [
                self._count(lambda group=group: group.with_user(self.planner).action_publish())
                for group in (one, many)
            ]
            self.assertLessEqual(counts[1], counts[0] + 4)
            counts = [
                self._count(lambda group=group: group._send_customer_messages("confirmation"))
                for group in (one, many)
            ]
            self.assertLessEqual(counts[1], counts[0] + 4)
        self.assertEqual(fields.Date.to_string(MONDAY), "2026-11-30")
