from datetime import date, datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import MONDAY, FieldPlanningCommon

TUESDAY = date(2026, 12, 1)


class SubcontractorCommon(FieldPlanningCommon):
    """Cy with a vendor and valid papers; he accepts each mission where a test says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.field_absence_user_ids = cls.planner
        cls.env["field.certificate.type"].search([]).is_required = False
        cls.vigilance = cls.env["field.certificate.type"].create(
            {"name": "Vigilance", "kind": "vigilance", "validity_months": 6, "warn_days": 30}
        )
        cls.vendor = cls.env["res.partner"].create(
            {"name": "Cy and sons", "is_company": True, "email": "cy@vendor.example.com"}
        )
        cls.subcontractor.field_vendor_id = cls.vendor
        cls.paper = cls._paper()

    @classmethod
    def _paper(cls, start="2026-07-01", stop="2026-11-30", verified=True, **vals):
        paper = cls.env["field.certificate"].create(
            {
                "employee_id": cls.subcontractor.id,
                "type_id": cls.vigilance.id,
                "number": "ABC123",
                "date_from": start,
                "date_to": stop,
                **vals,
            }
        )
        if verified:
            paper.action_verify()
        return paper

    @classmethod
    def _issues(cls, mission, day=MONDAY, hour=9, user=None, **vals):
        start = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour - 1)
        placement = {
            "mission_id": mission.id,
            "employee_id": cls.subcontractor.id,
            "start": start,
            "minutes": 60,
            **vals,
        }
        missions = cls.env["field.mission"].with_user(user or cls.planner)
        found = missions._get_placement_issues([placement])[mission.id]
        return {issue["code"]: issue["level"] for issue in found}


@tagged("post_install", "-at_install")
class TestCertificates(SubcontractorCommon):
    def test_who_is_a_subcontractor(self):
        self.assertTrue(self.subcontractor.is_field_subcontractor)
        self.assertEqual(self.subcontractor.field_certificate_type_ids, self.vigilance)
        self.assertFalse(self.tech.is_field_subcontractor)
        found = self.env["hr.employee"].search([("is_field_subcontractor", "=", True)])
        self.assertIn(self.subcontractor, found)

    def test_an_internal_user_is_no_subcontractor(self):
        with self.assertRaises(ValidationError):
            self.tech.field_vendor_id = self.vendor

    def test_valid_on_the_day_of_the_mission(self):
        mission = self._mission("A", 10)
        self.assertNotIn("certificate", self._issues(mission, MONDAY))
        self.assertEqual(self._issues(mission, TUESDAY)["certificate"], "hard")

    def test_not_verified_does_not_count(self):
        self.paper.number = "XYZ"
        self.assertFalse(self.paper.verified_by_id)
        mission = self._mission("A", 10)
        self.assertIn("certificate", self._issues(mission))
        self.paper.with_user(self.manager).action_verify()
        self.assertNotIn("certificate", self._issues(mission))

    def test_verifying_needs_something_to_verify(self):
        blank = self._paper(number=False, verified=False)
        with self.assertRaises(UserError):
            blank.action_verify()

    def test_no_way_round(self):
        mission = self._mission("A", 10, technician=self.subcontractor)
        mission.planned_start = datetime(2026, 12, 1, 8, 0)
        self.assertIn("Vigilance", mission.blocker_text)
        with self.assertRaises(UserError):
            mission.with_user(self.planner).action_plan()
        mission.planned_start = datetime(2026, 11, 30, 8, 0)
        mission.with_user(self.planner).action_plan()
        with self.assertRaises(UserError):
            mission.with_user(self.planner).planned_start = datetime(2026, 12, 1, 8, 0)
        other = self._plan(self._mission("B", 10), 9, day=TUESDAY)
        with self.assertRaises(UserError):
            other.with_user(self.planner).technician_id = self.subcontractor
        with self.assertRaises(UserError):
            other.with_user(self.planner).helper_ids = self.subcontractor
        moved = other.with_user(self.planner).action_place(
            [
                {
                    "id": other.id,
                    "plan_version": other.plan_version,
                    "technician_id": self.subcontractor.id,
                }
            ],
            [other.id],
        )
        self.assertTrue(moved["refused"])

    def test_not_published_when_the_paper_is_withdrawn(self):
        mission = self._plan(self._mission("A", 10, technician=self.subcontractor), 9)
        self.paper.date_to = date(2026, 11, 29)
        with self.assertRaises(UserError):
            mission.with_user(self.planner).action_publish()

    def test_the_optimiser_leaves_him_out(self):
        days = self.subcontractor._get_field_days(MONDAY, TUESDAY)
        self.assertTrue(days[self.subcontractor.id, MONDAY].intervals)
        self.assertFalse(days[self.subcontractor.id, TUESDAY].intervals)
        self.assertTrue(days[self.subcontractor.id, TUESDAY].absences)

    def test_as_a_candidate(self):
        mission = self._plan(self._mission("A", 10), 9, day=TUESDAY)
        lines = {line["employee_id"]: line for line in mission._get_candidates()}
        self.assertFalse(lines[self.subcontractor.id]["is_allowed"])
        self.assertTrue(lines[self.tech2.id]["is_allowed"])

    @freeze_time("2026-11-10 08:00:00")
    def test_states(self):
        self.assertEqual(self.paper.state, "expiring")
        self.paper.date_to = date(2027, 6, 30)
        self.paper.action_verify()
        self.assertEqual(self.paper.state, "valid")
        unverified = self._paper(verified=False)
        old = self._paper("2026-01-01", "2026-06-30")
        coming = self._paper("2026-12-01", "2027-05-30")
        for paper, state in (
            (self.paper, "valid"), (unverified, "to_verify"), (old, "expired"), (coming, "coming")
        ):  # fmt: skip
            self.assertEqual(paper.state, state)
            found = self.env["field.certificate"].search([("state", "=", state)])
            self.assertIn(paper, found)
            others = self.env["field.certificate"].search([("state", "!=", state)])
            self.assertNotIn(paper, others)

    def test_end_proposed_from_the_kind(self):
        paper = self.env["field.certificate"].create(
            {
                "employee_id": self.subcontractor.id,
                "type_id": self.vigilance.id,
                "date_from": "2026-08-31",
            }
        )
        self.assertEqual(paper.date_to, date(2027, 2, 27))

    @freeze_time("2026-11-10 08:00:00")
    def test_one_warning(self):
        self._plan(self._mission("A", 10, technician=self.subcontractor), 9)
        self.env["field.certificate"]._cron_warn()
        self.env["field.certificate"]._cron_warn()
        activity = self.paper.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.planner)
        self.assertIn("Vigilance", activity.summary)

    @freeze_time("2026-11-10 08:00:00")
    def test_no_warning_when_the_next_one_is_there(self):
        self._paper("2026-12-01", "2027-05-30")
        self.env["field.certificate"]._cron_warn()
        self.assertFalse(self.paper.activity_ids)

    def test_rights(self):
        self.assertTrue(self.paper.with_user(self.planner).number)
        with self.assertRaises(AccessError):
            self.paper.with_user(self.planner).action_verify()
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                self.paper.with_user(user).read(["number"])
            with self.assertRaises(AccessError):
                self.env["field.certificate"].with_user(user).search([])

    def test_another_company_reads_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("stranger", "field_mission.group_field_manager")
        stranger.write({"company_id": company.id, "company_ids": [(6, 0, company.ids)]})
        found = self.env["field.certificate"].with_user(stranger).search([])
        self.assertNotIn(self.paper, found)


@tagged("post_install", "-at_install")
class TestCapacity(SubcontractorCommon):
    def test_missions_a_day(self):
        self.subcontractor.field_capacity_missions_day = 1
        mission = self._mission("A", 10)
        self.assertNotIn("capacity", self._issues(mission))
        self._plan(self._mission("B", 10, technician=self.subcontractor), 14)
        self.assertEqual(self._issues(mission)["capacity"], "soft")
        self.company.field_capacity_hard = True
        self.assertEqual(self._issues(mission)["capacity"], "hard")

    def test_hours_a_week_and_pending_offers_count(self):
        self.paper.date_to = date(2026, 12, 31)
        self.paper.action_verify()
        self.subcontractor.write({"field_capacity_hours_week": 2.5, "field_offer_required": True})
        for hour in (9, 14):
            mission = self._plan(self._mission(f"P{hour}", 10, technician=self.subcontractor), hour)
            mission.action_publish()
            self.assertEqual(mission.acceptance_state, "pending")
        self.assertEqual(self._issues(self._mission("A", 10), TUESDAY)["capacity"], "soft")
        next_week = MONDAY + timedelta(days=7)
        self.assertNotIn("capacity", self._issues(self._mission("B", 10), next_week))

    def test_two_placed_at_once_are_counted_together(self):
        self.subcontractor.field_capacity_missions_day = 1
        first, second = self._mission("A", 10), self._mission("B", 10)
        start = datetime(2026, 11, 30, 8, 0)
        placements = [
            {
                "mission_id": mission.id,
                "employee_id": self.subcontractor.id,
                "start": start + timedelta(hours=2 * number),
                "minutes": 60,
            }
            for number, mission in enumerate((first, second))
        ]
        found = self.env["field.mission"]._get_placement_issues(placements)
        for mission in (first, second):
            self.assertIn("capacity", {issue["code"] for issue in found[mission.id]})

    def test_no_limit_no_issue(self):
        self._plan(self._mission("B", 10, technician=self.subcontractor), 14)
        self.assertNotIn("capacity", self._issues(self._mission("A", 10)))

    def test_queries_do_not_grow(self):
        self.subcontractor.field_capacity_missions_day = 3
        missions = self.env["field.mission"].browse(
            [self._mission(f"M{n}", 10).id for n in range(9)]
        )

        def cost(some):
            placements = [
                {
                    "mission_id": mission.id,
                    "employee_id": self.subcontractor.id,
                    "start": datetime(2026, 11, 30, 8, 0),
                    "minutes": 60,
                }
                for mission in some
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            missions._judge_subcontractors(placements)
            return self.env.cr.sql_log_count - before

        cost(missions)
        self.assertLessEqual(cost(missions), cost(missions[:1]) + 2)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-26 08:00:00")
class TestOffers(SubcontractorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subcontractor.write({"field_offer_required": True, "field_offer_hours": 24})
        cls.mission = cls._plan(
            cls._mission("Secret castle", 10, 9, technician=cls.subcontractor), 9
        )

    def _publish(self, mission=None):
        (mission or self.mission).with_user(self.planner).action_publish()
        return (mission or self.mission).offer_id

    def _activities(self, mission=None):
        return (mission or self.mission).activity_ids.filtered(
            lambda activity: activity.user_id == self.planner
        )

    def test_offered_not_published(self):
        offer = self._publish()
        self.assertEqual(self.mission.acceptance_state, "pending")
        self.assertFalse(self.mission.published)
        self.assertEqual(offer.deadline, datetime(2026, 11, 27, 8, 0))
        self.assertFalse(self.env["field.mission"].with_user(self.sub_user).search([]))
        mail = self.env["mail.mail"].sudo().search([("model", "=", "field.offer")], limit=1)
        self.assertIn(f"/field/offer/{offer.id}/", mail.body_html)
        self.assertNotIn(self.mission.site_id.name, mail.body_html)
        self.assertNotIn(self.customer.name, mail.body_html)
        self.assertEqual(mail.recipient_ids, self.sub_user.partner_id)

    def test_published_twice_offered_once(self):
        offer = self._publish()
        self.assertEqual(self._publish(), offer)
        self.assertEqual(len(self.mission.offer_ids), 1)

    def test_others_are_published_in_the_same_click(self):
        other = self._plan(self._mission("B", 10), 9)
        (self.mission | other).with_user(self.planner).action_publish()
        self.assertTrue(other.published)
        self.assertFalse(self.mission.published)

    def test_the_deadline_is_before_the_visit(self):
        self.subcontractor.field_offer_hours = 2000
        self.assertEqual(self._publish().deadline, self.mission.planned_start)

    def test_accepted(self):
        offer = self._publish()
        self.assertFalse(offer._answer(True))
        self.assertEqual(self.mission.acceptance_state, "accepted")
        self.assertTrue(self.mission.published)
        self.assertEqual(self.mission.state, "planned")
        self.assertEqual(offer.answered_by_id, self.sub_user)
        self.assertIn(self.mission, self.env["field.mission"].with_user(self.sub_user).search([]))
        # A second click changes nothing.
        self.assertEqual(offer._answer(False, "no"), "accepted")
        self.assertTrue(self.mission.published)

    def test_nothing_counts_as_published_before_the_answer(self):
        offer = self._publish()
        self.assertFalse(self.mission.published_start)
        offer._answer(True)
        self.assertEqual(self.mission.published_start, self.mission.planned_start)

    def test_the_customer_is_told_once_it_is_accepted(self):
        messages = self.env["field.customer.message"]
        self.customer.email = "customer@example.com"
        self.company.field_message_confirmation = True
        offer = self._publish()
        self.assertFalse(messages.search([("mission_id", "=", self.mission.id)]))
        offer._answer(True)
        told = messages.search([("mission_id", "=", self.mission.id)])
        self.assertEqual(told.mapped("kind"), ["confirmation"])

    def test_declined(self):
        offer = self._publish()
        with self.assertRaises(UserError):
            offer._answer(False, "  ")
        self.assertFalse(offer._answer(False, "Already booked"))
        self.assertRecordValues(
            self.mission,
            [
                {
                    "state": "draft",
                    "technician_id": False,
                    "published": False,
                    "acceptance_state": "declined",
                    "acceptance_reason": "Already booked",
                    "promised_date": MONDAY,
                }
            ],
        )
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertIn("Already booked", activity.note)
        reasons = self.mission.event_ids.mapped("reason")
        self.assertIn("Already booked", reasons)
        self.assertEqual(offer._answer(True), "declined")

    def test_no_answer(self):
        offer = self._publish()
        with freeze_time("2026-11-27 08:01:00"):
            self.assertEqual(offer._get_hindrance(), "late")
            self.assertEqual(offer._answer(True), "late")
            with self.enter_registry_test_mode():
                self.env.ref("field_planning.ir_cron_field_offer").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(offer.state, "expired")
        self.assertEqual(self.mission.state, "draft")
        self.assertFalse(self.mission.technician_id)
        self.assertEqual(len(self._activities()), 1)

    def test_the_planner_takes_the_answer_by_phone(self):
        offer = self._publish().with_user(self.planner)
        self.mission.with_user(self.planner).action_offer_accept()
        self.assertEqual((offer.state, offer.channel), ("accepted", "office"))
        self.assertEqual(offer.answered_by_id, self.planner)
        other = self._plan(self._mission("B", 10, technician=self.subcontractor), 14)
        self._publish(other)
        context = other.with_user(self.planner).action_offer_decline()["context"]
        wizard = self.env["field.offer.decline"].with_user(self.planner).with_context(**context)
        wizard.create({"reason": "Ill"}).action_decline()
        self.assertEqual(other.acceptance_state, "declined")

    def test_a_small_shift_needs_no_new_answer(self):
        offer = self._publish()
        offer._answer(True)
        self.mission.with_user(self.planner).planned_start += timedelta(minutes=45)
        self.assertEqual(self.mission.acceptance_state, "accepted")
        self.assertTrue(self.mission.published)

    def test_another_time_is_asked_anew(self):
        first = self._publish()
        first._answer(True)
        self.mission.with_user(self.planner).planned_start += timedelta(hours=5)
        self.assertEqual(first.state, "revoked")
        self.assertEqual(self.mission.acceptance_state, "pending")
        self.assertFalse(self.mission.published)
        self.assertNotEqual(self.mission.offer_id, first)
        self.assertEqual(first._answer(True), "revoked")

    def test_given_to_somebody_else(self):
        first = self._publish()
        first._answer(True)
        self.mission.with_user(self.planner).technician_id = self.tech
        self.assertEqual(first.state, "revoked")
        self.assertFalse(self.mission.acceptance_state)
        self.assertTrue(self.mission.published)

    def test_a_published_mission_given_to_him_is_offered(self):
        other = self._plan(self._mission("B", 10), 14)
        other.action_publish()
        other.with_user(self.planner).technician_id = self.subcontractor
        self.assertEqual(other.acceptance_state, "pending")
        self.assertFalse(other.published)

    def test_back_to_the_tray_or_cancelled_withdraws(self):
        offer = self._publish()
        self.mission.with_user(self.planner).action_unplan()
        self.assertEqual(offer.state, "revoked")
        other = self._plan(self._mission("B", 10, technician=self.subcontractor), 14)
        second = self._publish(other)
        second._answer(True)
        other.with_user(self.planner).action_cancel("The customer has sold the house")
        self.assertEqual(second.state, "revoked")
        self.assertEqual(second._answer(True), "revoked")

    def test_rights(self):
        offer = self._publish()
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            mine = offer.with_user(user)
            for attempt in (
                mine.action_accept,
                mine.action_revoke,
                mine.action_resend,
                lambda mine=mine: mine.action_decline("no"),
                lambda mine=mine: mine.read(["state"]),
                lambda user=user: self.mission.with_user(user).action_offer_accept(),
                lambda user=user: self.mission.with_user(user).action_publish(),
            ):
                with self.assertRaises(AccessError):
                    attempt()
        with self.assertRaises(AccessError):
            offer.with_user(self.manager).read(["access_token"])
        with self.assertRaises(AccessError):
            offer.with_user(self.manager).write({"state": "accepted"})

    def test_without_an_address_the_offer_waits_for_a_call(self):
        self.sub_user.partner_id.email = False
        offer = self._publish()
        with self.assertRaises(UserError):
            offer.with_user(self.planner).action_resend()
        offer.with_user(self.planner).action_accept()
        self.assertTrue(self.mission.published)


@tagged("post_install", "-at_install")
class TestOfferPage(SubcontractorCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subcontractor.write({"field_offer_required": True, "field_offer_hours": 24})
        cls.day = fields.Date.today() + timedelta(days=3)
        cls.paper.write({"date_from": cls.day - timedelta(days=30), "date_to": cls.day})
        cls.paper.action_verify()
        cls.mission = cls._mission("Secret castle", 10, technician=cls.subcontractor, day=cls.day)
        cls.mission.planned_start = datetime.combine(cls.day, datetime.min.time()).replace(hour=9)
        cls.mission.action_plan()
        cls.mission.action_publish()
        cls.offer = cls.mission.offer_id
        cls.url = f"/field/offer/{cls.offer.id}/{cls.offer.access_token}"

    def test_reading_does_not_answer(self):
        for _time in range(2):
            page = self.url_open(self.url)
            self.assertEqual(page.status_code, 200)
            self.assertIn("no-store", page.headers["Cache-Control"])
            self.assertNotIn("Secret castle", page.text)
            self.assertNotIn(self.customer.name, page.text)
        self.url_open(self.url + "?answer=accept")
        self.assertEqual(self.offer.state, "pending")

    def test_accept_then_again(self):
        page = self.url_open(self.url, data={"answer": "accept"})
        self.assertEqual(page.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "accepted")
        self.assertTrue(self.mission.published)
        self.url_open(self.url, data={"answer": "decline", "reason": "no"})
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "accepted")

    def test_decline_needs_a_reason(self):
        self.url_open(self.url, data={"answer": "decline"})
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "pending")
        self.url_open(self.url, data={"answer": "decline", "reason": "<b>Booked</b>"})
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "declined")
        page = self.url_open(self.url)
        self.assertNotIn("<b>Booked</b>", page.text)
        self.assertIn(self.mission.name, page.text)
        self.assertEqual(self.mission.state, "draft")

    @mute_logger("odoo.http")
    def test_wrong_links(self):
        for url in (
            self.url[:-1] + "x",
            f"/field/offer/{self.offer.id + 1000}/{self.offer.access_token}",
            f"/field/offer/{self.offer.id}/x",
        ):
            page = self.url_open(url, data={"answer": "accept"})
            self.assertEqual(page.status_code, 404)
            self.assertIn('<div class="o_card o_note" role="alert">', page.text)
            self.assertNotIn(self.mission.name, page.text)
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "pending")

    def test_withdrawn(self):
        self.offer.action_revoke()
        page = self.url_open(self.url, data={"answer": "accept"})
        self.assertEqual(page.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "revoked")
        self.assertFalse(self.mission.published)

    def test_in_the_portal(self):
        self.authenticate("field_sub", "field_sub")
        page = self.url_open("/my/offers")
        self.assertIn(f"/my/offers/{self.offer.id}", page.text)
        self.assertNotIn("Secret castle", page.text)
        page = self.url_open(f"/my/offers/{self.offer.id}")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("Secret castle", page.text)

    @mute_logger("odoo.http")
    def test_not_somebody_elses_in_the_portal(self):
        self.authenticate("field_customer", "field_customer")
        self.assertEqual(self.url_open(f"/my/offers/{self.offer.id}").status_code, 404)
        page = self.url_open("/my/offers")
        self.assertNotIn(f"/my/offers/{self.offer.id}", page.text)


@tagged("post_install", "-at_install")
class TestSubcontractorSetup(SubcontractorCommon):
    def test_a_manager_creates_everything_on_one_screen(self):
        with Form(self.env["field.subcontractor.setup"].with_user(self.manager)) as form:
            form.name = "Dee Digger"
            form.vendor_id = self.vendor
            form.email = "dee@example.com"
            form.missions_day = 4
            with form.line_ids.new() as line:
                line.type_id = self.vigilance
                line.number = "42"
                line.date_from = "2026-11-01"
                line.is_checked = True
        action = form.record.action_save()
        employee = self.env["hr.employee"].browse(action["res_id"])
        self.assertTrue(employee.is_field_subcontractor)
        self.assertTrue(employee.is_field_technician)
        self.assertEqual(employee.employee_type, "contractor")
        self.assertTrue(employee.user_id._is_portal())
        self.assertFalse(employee.user_id._is_internal())
        self.assertEqual(employee.user_id.partner_id.parent_id, self.vendor)
        self.assertEqual(employee.field_capacity_missions_day, 4)
        self.assertTrue(employee.field_offer_required)
        self.assertTrue(employee.field_certificate_ids.verified_by_id)
        self.assertFalse(employee._get_certificate_gaps([MONDAY]))

    def test_no_internal_user_and_no_missing_data(self):
        setups = self.env["field.subcontractor.setup"].with_user(self.manager)
        for vals in (
            {"name": "X", "vendor_id": self.vendor.id, "email": self.office.login},
            {"name": "X", "vendor_id": self.vendor.id},
            {"name": "X", "email": "x@example.com"},
        ):
            setup = setups.create(vals)
            if vals.get("email") == self.office.login:
                self.office.login = "office@example.com"
                setup.email = "office@example.com"
            with self.assertRaises(UserError):
                setup.action_save()

    def test_rights(self):
        for user in (self.planner, self.tech_user, self.sub_user, self.office):
            with self.assertRaises(AccessError):
                self.env["field.subcontractor.setup"].with_user(user).create({"name": "X"})

    def test_the_technicians_screen_for_a_planner(self):
        person = self.env["hr.employee.public"].with_user(self.planner)
        person = person.browse(self.subcontractor.id)
        self.assertEqual(person.field_vendor_id, self.vendor)
        self.assertEqual(person.field_certificate_ids, self.paper)
        with self.assertRaises(AccessError):
            person.with_user(self.tech_user).read(["field_vendor_id"])
        with freeze_time("2026-12-05 08:00:00"):
            person.invalidate_recordset()
            self.assertIn("Vigilance", person.field_subcontractor_gap)
