from datetime import timedelta

from icalendar import Calendar

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestCalendarLink(FieldPlanningCommon):
    """A technician's missions as a subscription calendar."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Link = cls.env["field.calendar.link"]
        cls.tomorrow = fields.Date.today() + timedelta(days=1)

    def _published(self, name, technician=None, days=1, **vals):
        day = fields.Date.today() + timedelta(days=days)
        mission = self._mission(name, 5, technician=technician, day=day, **vals)
        mission.planned_start = fields.Datetime.to_datetime(day) + timedelta(hours=9)
        mission.action_plan()
        mission.action_publish()
        return mission

    def _events(self, person=None):
        self.env.flush_all()
        self.env.invalidate_all()
        link = self.Link._find(self.Link._renew(person or self.tech))
        events = Calendar.from_ical(link._make_calendar()).walk("VEVENT")
        return events, [str(event["SUMMARY"]) for event in events]

    def test_only_own_published_missions_of_the_window(self):
        self._published("Mill")
        self._published("Farm", technician=self.tech2)
        self._published("Help", technician=self.tech2, helper_ids=[Command.link(self.tech.id)])
        self._published("Old", days=-9)
        self._published("Far", days=62)
        hidden = self._published("Hidden")
        hidden.action_unpublish()
        titles = " ".join(self._events()[1])
        for name, shown in {
            "Mill": True, "Help": True, "Farm": False, "Old": False, "Far": False, "Hidden": False,
        }.items():  # fmt: skip
            self.assertEqual(name in titles, shown, name)

    def test_event_says_when_and_where_and_nothing_private(self):
        mission = self._published(
            "Mill",
            description="SECRET work",
            instructions="SECRET instructions",
        )
        site = mission.site_id
        site.write({"street": "3 rue du Moulin", "city": "Quimper", "phone": "+33298111111"})
        site.site_instructions = "SECRET dog"
        keeper = self.env["res.partner"].create({"name": "Jo Keeper", "phone": "+33298000000"})
        self.env["field.site.contact"].create({"site_id": site.id, "partner_id": keeper.id})
        self.env["field.site.access"].create(
            {"site_id": site.id, "kind": "code", "value": "SECRETCODE"}
        )
        link = self.Link._find(self.Link._renew(self.tech))
        text = link._make_calendar().decode().replace("\r\n ", "")
        self.assertIn("3 rue du Moulin", text)
        self.assertIn(f"/field/m/{mission.id}", text)
        for private in ("SECRET", "Keeper", "0298", "298111111"):
            self.assertNotIn(private, text)
        event = Calendar.from_ical(text).walk("VEVENT")[0]
        self.assertEqual(event.decoded("DTSTART").replace(tzinfo=None), mission.planned_start)
        self.assertEqual(event.decoded("DTEND").replace(tzinfo=None), mission.planned_end)
        self.assertEqual(event["SEQUENCE"], mission.plan_version)
        self.company.field_calendar_phone = True
        text = link._make_calendar().decode().replace("\r\n ", "")
        self.assertIn("Jo Keeper +33", text)
        self.assertNotIn("SECRET", text)

    def test_a_moved_visit_keeps_its_identity_and_a_cancelled_one_says_so(self):
        mission = self._published("Mill")
        first = self._events()[0][0]
        mission.planned_start += timedelta(hours=2)
        moved = self._events()[0][0]
        self.assertEqual(first["UID"], moved["UID"])
        self.assertGreater(moved["SEQUENCE"], first["SEQUENCE"])
        mission.action_cancel("No access")
        gone = self._events()[0][0]
        self.assertEqual(gone["STATUS"], "CANCELLED")
        self.assertGreater(gone["SEQUENCE"], moved["SEQUENCE"])

    def test_a_new_address_ends_the_former_and_only_a_hash_is_kept(self):
        first = self.Link._renew(self.tech)
        self.assertTrue(self.Link._find(first))
        second = self.Link._renew(self.tech)
        self.assertFalse(self.Link._find(first))
        link = self.Link._find(second)
        self.assertNotIn(second, str(link.sudo().read()))
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT 1 FROM field_calendar_link WHERE token_hash LIKE %s", [f"%{second}%"]
        )
        self.assertFalse(self.env.cr.fetchall())
        self.tech.active = False
        self.assertFalse(self.Link._find(second))

    def test_who_may_make_and_stop_an_address(self):
        Wizard = self.env["field.calendar.wizard"]
        action = Wizard.with_user(self.tech_user).action_open_mine()
        wizard = Wizard.with_user(self.tech_user).browse(action["res_id"])
        shown = wizard.action_renew()
        token = shown["context"]["field_calendar_token"]
        shown = wizard.with_context(**shown["context"])
        self.assertIn(token, shown.url)
        self.assertIn("data:image/png", shown.qr)
        self.assertFalse(wizard.with_context(field_calendar_token=False).url)
        self.assertTrue(wizard.has_link)
        wizard.action_revoke()
        self.assertFalse(self.Link._find(token))
        other = self.env["hr.employee"].with_user(self.tech2_user).browse(self.tech.id)
        with self.assertRaises(AccessError):
            other.action_field_calendar()
        stolen = Wizard.with_user(self.tech2_user).create({"employee_id": self.tech.id})
        for name in ("action_renew", "action_revoke"):
            with self.assertRaises(AccessError):
                getattr(stolen, name)()
        for user in (self.sub_user, self.office):
            with self.assertRaises(AccessError):
                Wizard.with_user(user).create({"employee_id": self.tech.id})
        public = self.env["hr.employee.public"].with_user(self.planner).browse(self.tech.id)
        self.assertEqual(public.action_field_calendar()["res_model"], "field.calendar.wizard")
        with self.assertRaises(UserError):
            Wizard.with_user(self.planner).action_open_mine()
        menu = self.env.ref("field_planning.menu_my_calendar").id
        menus = self.env["ir.ui.menu"]
        self.assertTrue(menu in menus.with_user(self.tech_user).load_menus(False))
        self.assertFalse(menu in menus.with_user(self.planner).load_menus(False))
        self.tech2.user_id = self.planner
        self.assertTrue(menu in menus.with_user(self.planner).load_menus(False))
        self.tech2.user_id = self.tech2_user
        self.assertTrue(self.tech_user.is_field_person)
        self.assertFalse(self.planner.is_field_person)
        with self.assertRaises(AccessError):
            self.Link.with_user(self.tech_user).search([])
        with self.assertRaises(AccessError):
            self.Link.with_user(self.planner).search([]).read(["token_hash"])

    def test_planner_of_another_company_makes_none(self):
        company = self.env["res.company"].create({"name": "Else"})
        planner = new_test_user(
            self.env,
            "field_planner_else",
            groups="field_mission.group_field_planner",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        with self.assertRaises(AccessError):
            self.env["hr.employee"].with_user(planner).browse(self.tech.id).action_field_calendar()

    def test_queries_do_not_grow_with_the_missions(self):
        self._published("Mill")
        for number in range(5):
            self._published(f"Site {number}", technician=self.tech2, days=number + 1)
        counts = []
        for person in (self.tech, self.tech2):
            link = self.Link._find(self.Link._renew(person))
            self.env.flush_all()
            for _warm in range(2):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                link._make_calendar()
                count = self.env.cr.sql_log_count - before
            counts.append(count)
        self.assertLessEqual(counts[1], counts[0] + 1)


@tagged("post_install", "-at_install")
class TestCalendarRoute(FieldPlanningCommon, HttpCase):
    """The public address of a calendar."""

    def test_route_serves_by_token_alone(self):
        mission = self._mission("Mill", 5, day=fields.Date.today() + timedelta(days=1))
        mission.planned_start = fields.Datetime.now() + timedelta(days=1)
        mission.action_plan()
        mission.action_publish()
        token = self.env["field.calendar.link"]._renew(self.tech)
        answer = self.url_open(f"/field/planning/{token}.ics")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/calendar; charset=utf-8")
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual(len(Calendar.from_ical(answer.content).walk("VEVENT")), 1)
        again = self.url_open(
            f"/field/planning/{token}.ics", headers={"If-None-Match": answer.headers["ETag"]}
        )
        self.assertEqual((again.status_code, again.content), (304, b""))
        mission.planned_start += timedelta(hours=1)
        self.env.flush_all()
        again = self.url_open(
            f"/field/planning/{token}.ics", headers={"If-None-Match": answer.headers["ETag"]}
        )
        self.assertEqual(again.status_code, 200)
        link = self.env["field.calendar.link"]._find(token)
        self.assertTrue(link.date_read)

    def test_wrong_and_revoked_addresses_look_the_same(self):
        Link = self.env["field.calendar.link"]
        token = Link._renew(self.tech)
        Link._revoke(self.tech)
        answers = [
            self.url_open(f"/field/planning/{text}.ics")
            for text in (token, "x" * 43, token[:-1] + "_", "%00%ff", "a'--", "é" * 20)
        ]
        self.assertEqual({answer.status_code for answer in answers}, {404})
        self.assertEqual({answer.text for answer in answers}, {"Not found\n"})
