import re
from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestSitePage(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls._site("Building B", site_parent_id=cls.site.id)
        cls.room = cls._site("Boiler room", site_parent_id=cls.part.id)
        cls.done = cls._planned(site_id=cls.room.id)
        cls.done.action_start()
        cls._answer_all(cls.done) if cls.done.check_ids else None
        cls.done.action_done()
        cls.coming = cls._planned(site_id=cls.part.id, planned_start=datetime(2026, 12, 1, 8, 0))
        cls.env["field.equipment"].create({"name": "Boiler", "site_id": cls.room.id})
        cls.env["field.nonconformity"].create({"description": "Leak", "site_id": cls.room.id})

    def test_a_site_sums_its_parts(self):
        site, room = self.site.with_user(self.planner), self.room.with_user(self.planner)
        self.assertEqual((site.site_next_count, site.site_past_count), (1, 1))
        self.assertEqual((site.site_equipment_count, site.site_part_count), (1, 2))
        self.assertEqual((site.site_mission_count, site.site_nonconformity_count), (2, 1))
        self.assertEqual((room.site_next_count, room.site_past_count), (0, 1))
        self.assertEqual(site.site_next_visit, self.coming.planned_start)
        missions = self.env["field.mission"]
        domain = site.action_view_site_next()["domain"]
        self.assertEqual(missions.search(domain), self.coming)
        domain = site.action_view_site_past()["domain"]
        self.assertEqual(missions.search(domain), self.done)
        for action in ("equipment", "nonconformities", "documents", "missions", "contracts"):
            found = getattr(site, f"action_view_site_{action}")()
            self.env[found["res_model"]].search(found["domain"])

    def test_contracts_of_the_customer_count(self):
        vals = {"partner_id": self.customer.id, "state": "active"}
        self.env["field.contract"].create(
            [
                {"name": "All sites", **vals},
                {"name": "Other site", "site_ids": [(6, 0, self.part.ids)], **vals},
            ]
        )
        self.site.invalidate_recordset()
        self.assertEqual(self.site.with_user(self.planner).site_contract_count, 1)
        self.assertEqual(self.part.with_user(self.planner).site_contract_count, 2)

    def test_counts_cost_the_same_for_many(self):
        def cost(sites):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            sites.mapped("site_next_count")
            sites.mapped("site_mission_count")
            return self.env.cr.sql_log_count - before

        many = (
            self.site
            | self.part
            | self.room
            | self.env["res.partner"].union(
                *(self._site(str(n), site_parent_id=self.part.id) for n in range(15))
            )
        )
        cost(self.site)
        self.assertLessEqual(cost(many), cost(self.site) + 1)

    def test_timeline(self):
        site = self.site.with_user(self.planner)
        found = site.get_site_timeline()
        kinds = {entry["kind"] for entry in found["entries"]}
        self.assertEqual(kinds, {"visit", "nonconformity", "request"})
        dates = [entry["date"] for entry in found["entries"]]
        self.assertEqual(dates, sorted(dates, reverse=True))
        only = site.get_site_timeline(kinds=["visit"])["entries"]
        self.assertEqual({e["id"] for e in only}, {self.done.id, self.coming.id})
        self.assertFalse(any(entry["here"] for entry in only))
        later = site.get_site_timeline(kinds=["visit"], date_from="2026-12-01")["entries"]
        self.assertEqual([e["id"] for e in later], [self.coming.id])
        first = site.get_site_timeline(limit=1)
        self.assertTrue(first["more"])
        second = site.get_site_timeline(limit=1, offset=1)
        self.assertNotEqual(first["entries"], second["entries"])

    def test_timeline_refuses_what_it_does_not_know(self):
        site = self.site.with_user(self.planner)
        for values in (
            {"kinds": ["salary"]},
            {"kinds": "visit"},
            {"limit": "x"},
            {"date_from": "yesterday"},
        ):
            with self.assertRaises(UserError):
                site.get_site_timeline(**values)
        with self.assertRaises(AccessError):
            self.room.with_user(self.sub_user).get_site_timeline()

    def test_technicians_see_their_own_visits(self):
        mine = self.site.with_user(self.tech_user).get_site_timeline(kinds=["visit"])["entries"]
        self.assertEqual({e["id"] for e in mine}, {self.done.id, self.coming.id})
        other = self.site.with_user(self.tech2_user).get_site_timeline(kinds=["visit"])
        self.assertFalse(other["entries"])


@tagged("post_install", "-at_install")
class TestSiteLabel(FieldPlanningCommon):
    def _link(self, records=None, user=None):
        links = self.env["field.site.link"].with_user(user or self.planner)
        return links._get_or_make(self.site if records is None else records).sudo()

    def test_one_label_each(self):
        link = self._link()
        self.assertEqual(self._link(), link)
        self.assertGreaterEqual(len(link.token), 32)
        boiler = self.env["field.equipment"].create({"name": "Boiler", "site_id": self.site.id})
        self.assertNotEqual(self._link(boiler), link)
        action = self.site.with_user(self.planner).action_print_label()
        self.assertEqual(action["type"], "ir.actions.report")
        html = self.env["ir.actions.report"]._render_qweb_html(
            "field_planning.report_site_label", link.ids
        )[0]
        self.assertIn(b"data:image/png;base64", html)
        link.with_user(self.planner).action_revoke()
        with self.assertRaises(UserError):
            link.with_user(self.planner).action_print()
        self.assertNotEqual(self._link(), link)

    def test_what_is_gone_is_not_found(self):
        links = self.env["field.site.link"]
        link = self._link()
        self.assertEqual(links._find(link.token), link)
        for wrong in ("", "x", None, False, link.token[:-1], link.token + "a", "%" * 32, 7):
            self.assertFalse(links._find(wrong))
        self.site.active = False
        self.assertFalse(links._find(link.token))
        self.site.active = True
        self.site.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(links._find(link.token))
        self.site.company_id = False
        link.with_user(self.planner).action_revoke()
        self.assertFalse(links._find(link.token))
        boiler = self.env["field.equipment"].create({"name": "Boiler", "site_id": self.site.id})
        of_boiler = self._link(boiler)
        self.assertTrue(links._find(of_boiler.token))
        boiler.active = False
        self.assertFalse(links._find(of_boiler.token))

    def test_only_planners_make_labels(self):
        link = self._link()
        for user in (self.tech_user, self.customer_user, self.sub_user, self.office):
            own = link.with_user(user)
            with self.assertRaises(AccessError):
                own.read(["token"])
            with self.assertRaises(AccessError):
                own.action_revoke()
            with self.assertRaises(AccessError):
                self.site.with_user(user).action_print_label()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("stranger", "field_mission.group_field_planner")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            link.with_user(stranger).action_revoke()

    def test_reports_are_limited(self):
        link = self._link()
        for _n in range(5):
            self.assertTrue(link._report("The light is broken", "Ms Test"))
        self.assertFalse(link._report("Once more"))
        self.assertEqual(link.request_count, 5)
        request = link.request_ids[:1]
        self.assertRecordValues(
            request,
            [
                {
                    "origin": "qr",
                    "site_id": self.site.id,
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "requester": "Ms Test",
                }
            ],
        )
        self.assertTrue(request.activity_ids)
        with freeze_time(fields.Datetime.now() + timedelta(hours=2)):
            self.assertTrue(link._report("The light is still broken"))
        with self.assertRaises(UserError):
            link._report("  no ")

    def test_the_page_names_nobody(self):
        visit = self._planned(conclusion="Secret remark")
        visit.action_start()
        if visit.check_ids:
            self._answer_all(visit)
        visit.action_done()
        link = self._link()
        values = link._get_public_values()
        text = str(values)
        self.assertEqual(len(values["visits"]), 1)
        for secret in (self.tech.name, self.customer.name, "Secret remark", visit.name):
            self.assertNotIn(secret, text)

    def test_unpublished_and_foreign_visits_stay_out(self):
        with freeze_time("2026-11-28"):
            hidden = self.env["field.mission"].create(
                self._vals(technician_id=self.tech.id, planned_start=datetime(2026, 11, 30, 8, 0))
            )
            hidden.action_plan()
            link = self._link()
            self.assertFalse(link._get_public_values()["next"])
            hidden.action_publish()
            self.assertEqual(link._get_public_values()["next"]["date"], hidden.mission_date)


@tagged("post_install", "-at_install")
class TestSiteHttp(HttpCase, FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls.env["field.site.link"]._get_or_make(cls.site)
        cls.visit = cls._planned()
        cls.visit.instructions = "Internal instruction"

    def _csrf(self, page):
        return re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)

    def test_label_page(self):
        page = self.url_open(f"/qr/{self.link.token}")
        self.assertEqual(page.status_code, 200)
        self.assertIn(self.site.name, page.text)
        self.assertIn("<textarea", page.text)
        self.assertNotIn(self.tech.name, page.text)
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("noindex", page.headers["X-Robots-Tag"])
        sent = self.url_open(
            f"/qr/{self.link.token}/report",
            data={"csrf_token": self._csrf(page), "text": "<b>No heating</b>", "contact": "Me"},
        )
        self.assertEqual(sent.status_code, 200)
        self.assertTrue(sent.url.endswith("sent=1"))
        request = self.link.request_ids
        self.assertEqual((request.description, request.requester), ("<b>No heating</b>", "Me"))
        # A program fills in what people don't see: it is thanked and forgotten.
        self.url_open(
            f"/qr/{self.link.token}/report",
            data={"csrf_token": self._csrf(page), "text": "Buy now", "website": "x"},
        )
        empty = self.url_open(
            f"/qr/{self.link.token}/report",
            data={"csrf_token": self._csrf(page), "text": " "},
        )
        self.assertEqual(empty.status_code, 400)
        self.link.invalidate_recordset()
        self.assertEqual(len(self.link.request_ids), 1)

    def test_label_page_needs_the_form(self):
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/qr/{self.link.token}/report", data={"text": "No heating"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.link.request_ids)

    def test_too_many_reports(self):
        page = self.url_open(f"/qr/{self.link.token}")
        data = {"csrf_token": self._csrf(page), "text": "The lift is stuck"}
        codes = [
            self.url_open(f"/qr/{self.link.token}/report", data=data).status_code for _n in range(6)
        ]
        self.assertEqual(codes, [200] * 5 + [429])

    def test_wrong_revoked_and_closed_look_the_same(self):
        answers = [self.url_open(f"/qr/{'a' * 32}")]
        self.link.action_revoke()
        answers.append(self.url_open(f"/qr/{self.link.token}"))
        other = self.env["field.site.link"]._get_or_make(self.site)
        self.site.active = False
        answers.append(self.url_open(f"/qr/{other.token}"))
        self.assertEqual({answer.status_code for answer in answers}, {404})

    def test_portal_site(self):
        other = self.env["res.partner"].create({"name": "Foreign", "is_field_site": True})
        self.authenticate("field_customer", "field_customer")
        page = self.url_open("/my/sites")
        self.assertIn(self.site.name, page.text)
        self.assertNotIn("Foreign", page.text)
        page = self.url_open(f"/my/sites/{self.site.id}?year=2026&kind=abc")
        self.assertIn(self.type.name, page.text)
        self.assertNotIn("Internal instruction", page.text)
        refused = self.url_open(f"/my/sites/{other.id}")
        self.assertTrue(refused.url.endswith("/my/sites"))
        self.assertEqual(self.url_open("/my").status_code, 200)

    def test_portal_of_another_customer(self):
        self._user("rival", "base.group_portal")
        self.authenticate("field_rival", "field_rival")
        self.assertNotIn(self.site.name, self.url_open("/my/sites").text)
        self.assertTrue(self.url_open(f"/my/sites/{self.site.id}").url.endswith("/my/sites"))
