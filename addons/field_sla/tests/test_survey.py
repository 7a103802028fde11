from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import SlaCommon, at, paris


class SurveyCommon(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"field_survey": True, "field_office_user_id": cls.planner.id})
        cls.env["field.mission"].search([("survey_state", "=", "due")]).survey_state = False

    def _validated(self, when="2026-12-01 15:00", count=1):
        """Return missions carried out and validated at a wall-clock time."""
        with at(when):
            missions = self.env["field.mission"].create(
                [self._vals(service_type_id=self.bare_type.id, technician_id=self.tech.id,
                            planned_start=paris("2026-12-01 09:00"))] * count
            )  # fmt: skip
            for step in ("action_plan", "action_publish", "action_start", "action_done"):
                getattr(missions, step)()
            missions.action_validate()
        return missions

    def _ask(self, missions, when):
        with at(when):
            missions.search(
                [("id", "in", missions.ids), ("survey_due", "<=", paris(when)),
                 ("survey_state", "=", "due")]
            )._ask()  # fmt: skip

    def _rating(self, mission):
        return self.env["rating.rating"].search(
            [("res_model", "=", "field.mission"), ("res_id", "=", mission.id)]
        )

    def _mails(self):
        return self.env["mail.mail"].search([("recipient_ids", "in", self.customer.ids)])


@tagged("post_install", "-at_install")
class TestSurvey(SurveyCommon):
    def test_asked_after_the_delay_and_the_night(self):
        mission = self._validated("2026-12-01 19:00")
        self.assertEqual(mission.survey_due, paris("2026-12-02 08:00"))
        self._ask(mission, "2026-12-01 22:00")
        self.assertFalse(self._rating(mission))
        self._ask(mission, "2026-12-02 08:00")
        self.assertRecordValues(
            mission,
            [{"survey_state": "sent", "survey_partner_id": self.customer.id,
              "survey_sent": paris("2026-12-02 08:00")}],
        )  # fmt: skip
        rating = self._rating(mission)
        self.assertEqual(len(rating), 1)
        self.assertFalse(rating.rated_partner_id, "nobody is ranked")
        self.assertIn(f"/field/survey/{rating.access_token}?score=5", self._mails().body_html)

    def test_a_contact_is_asked_once_in_a_while(self):
        first, second = self._validated(count=2)
        self._ask(first | second, "2026-12-01 18:00")
        self.assertEqual((first | second).mapped("survey_state"), ["sent", "skipped"])
        self.assertEqual(second.survey_note, "asked_lately")
        third = self._validated("2026-12-20 15:00")
        self._ask(third, "2026-12-20 18:00")
        self.assertEqual(third.survey_note, "asked_lately")
        fourth = self._validated("2027-01-02 15:00")
        self._ask(fourth, "2027-01-02 18:00")
        self.assertEqual(fourth.survey_state, "sent")
        self.assertEqual(len(self._mails()), 2)

    def test_who_is_asked(self):
        mission = self._validated()
        keeper = self.env["res.partner"].create({"name": "Jo", "email": "jo@example.com"})
        self.env["field.site.contact"].create(
            {"site_id": self.site.id, "partner_id": keeper.id, "report": True}
        )
        self.assertEqual(mission._get_survey_partner()[mission.id], keeper)
        (keeper | self.customer).email = False
        self._ask(mission, "2026-12-01 18:00")
        self.assertRecordValues(mission, [{"survey_state": "skipped", "survey_note": "no_address"}])

    def test_taken_back_is_not_asked(self):
        mission = self._validated()
        with at("2026-12-01 15:30"):
            mission.with_user(self.manager).action_unvalidate("Wrong times")
        self.assertFalse(mission.survey_state)
        self._ask(mission, "2026-12-01 18:00")
        self.assertFalse(self._rating(mission))

    def test_off_by_default(self):
        self.assertFalse(self.env["res.company"].create({"name": "New"}).field_survey)
        self.company.field_survey = False
        self.assertFalse(self._validated().survey_state)

    def test_one_answer_a_link(self):
        mission = self._validated()
        self._ask(mission, "2026-12-01 18:00")
        token, missions = self._rating(mission).access_token, self.env["field.mission"]
        with at("2026-12-01 19:00"):
            for score in (0, 6):
                with self.assertRaises(UserError):
                    missions._answer_survey(token, score)
            missions._answer_survey(token, 5, "Perfect")
            with self.assertRaises(UserError):
                missions._answer_survey(token, 1)
        self.assertRecordValues(
            mission,
            [{"survey_state": "answered", "survey_score": 5, "survey_comment": "Perfect"}],
        )
        self.assertEqual(self._rating(mission).rating, 5)
        self.assertFalse(mission.activity_ids.filtered(lambda act: "Unhappy" in act.summary))

    def test_the_link_expires(self):
        mission = self._validated()
        self._ask(mission, "2026-12-01 18:00")
        token, missions = self._rating(mission).access_token, self.env["field.mission"]
        with at("2027-01-01 18:01"), self.assertRaises(UserError):
            missions._answer_survey(token, 4)
        with self.assertRaises(UserError):
            missions._answer_survey("nobody-knows", 4)
        self.assertEqual(mission.survey_state, "sent")

    def test_a_bad_score_is_told_and_becomes_a_complaint(self):
        mission = self._validated()
        self._ask(mission, "2026-12-01 18:00")
        with at("2026-12-01 19:00"):
            mission._answer_survey(self._rating(mission).access_token, 2, "It leaks")
        told = mission.activity_ids.filtered(lambda act: "Unhappy" in act.summary)
        self.assertEqual((told.user_id, len(told)), (self.planner, 1))
        action = mission.with_user(self.planner).action_complain_from_survey()
        complaint = self.env["field.complaint"].browse(action["res_id"])
        self.assertRecordValues(
            complaint,
            [{"origin": "survey", "mission_id": mission.id, "description": "It leaks",
              "contact_id": self.customer.id}],
        )  # fmt: skip
        again = mission.with_user(self.planner).action_complain_from_survey()
        self.assertEqual(again["res_id"], complaint.id)

    def test_average_counts_answers_only(self):
        missions = self._validated(count=3)
        missions[0].survey_score = 5
        missions[1].survey_score = 2
        ((average, count),) = self.env["field.mission"]._read_group(
            [("id", "in", missions.ids)], [], ["survey_score:avg", "__count"]
        )
        self.assertEqual((average, count), (3.5, 3))

    def test_who_must_not_see_it(self):
        mission = self._validated()
        for user in (self.tech_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                mission.with_user(user).read(["survey_score"])
            with self.assertRaises(AccessError):
                mission.with_user(user).action_complain_from_survey()

    def test_scores_are_the_customers(self):
        mission = self._validated()
        self._ask(mission, "2026-12-01 18:00")
        with at("2026-12-01 19:00"):
            mission._answer_survey(self._rating(mission).access_token, 1)
        for vals in ({"survey_score": 5}, {"survey_state": False}, {"survey_due": False}):
            with self.assertRaises(UserError):
                mission.with_user(self.manager).write(vals)
        with self.assertRaises(UserError):
            self.env["field.mission"].with_user(self.planner).create(
                self._vals(survey_score=5, survey_state="answered")
            )
        for user in (self.planner, self.manager):
            with self.assertRaises(UserError):
                self._rating(mission).with_user(user).write({"rating": 5})
        self.assertEqual((mission.survey_score, self._rating(mission).rating), (1, 1))

    def test_queries_do_not_grow(self):
        missions = self._validated(count=64)
        self.company.field_survey_every = 0

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            with at("2026-12-01 18:00"):
                records._ask()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(missions[:2])
        two, many = count(missions[2:4]), count(missions[4:])
        self.assertLessEqual(many - two, 12, f"{two} queries for 2, {many} for 60")
        with at("2026-12-01 18:00"):
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.env["field.mission"]._cron_ask()
            self.assertEqual(self.cr.sql_log_count - before, 1, "nothing to ask")


@tagged("post_install", "-at_install")
class TestSurveyPage(SurveyCommon, HttpCase):
    def test_one_tap(self):
        self.customer.lang = "en_US"
        mission = self._validated()
        mission._ask()
        rating = self._rating(mission)
        self.env.flush_all()
        self.authenticate(None, None)
        path = f"/field/survey/{rating.access_token}"
        page = self.url_open(f"{path}?score=4").text
        self.assertIn("btn-primary", page)
        self.assertEqual(mission.survey_state, "sent", "opening the link answers nothing")
        data = {"csrf_token": Request.csrf_token(self), "score": "4", "comment": "Good"}
        self.url_open(path, data=data)
        self.assertEqual((mission.survey_state, mission.survey_score), ("answered", 4))
        page = self.url_open(path).text
        self.assertNotIn("<textarea", page)
        self.url_open(path, data={**data, "score": "1"})
        self.assertEqual(mission.survey_score, 4)
        self.assertEqual(self.url_open("/field/survey/nothing").status_code, 200)
