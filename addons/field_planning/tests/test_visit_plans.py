from datetime import date, datetime, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .visits_common import TODAY, FieldVisitCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestVisitPlans(FieldVisitCommon):
    def test_confirm_and_generate(self):
        plan = self._plan_visits(tolerance_days=3, promised_kind="exact", promised_time=9.5)
        self.assertEqual(plan.state, "active")
        self.assertEqual(self._generate(plan), 8)
        dues = plan.due_ids.sorted("due_date")
        self.assertEqual(dues[0].due_date, date(2026, 11, 30))
        self.assertEqual(dues[-1].due_date, date(2027, 1, 18))
        self.assertEqual(plan.next_date, date(2027, 1, 25))
        self.assertEqual(plan.date_generate, date(2027, 1, 25) - timedelta(days=60))
        self.assertEqual(dues[0].window_start, date(2026, 11, 30))
        self.assertEqual(dues[1].window_start, date(2026, 12, 4))
        self.assertEqual(dues[1].window_end, date(2026, 12, 10))
        mission = dues[1].mission_id
        self.assertRecordValues(
            mission,
            [
                {
                    "state": "draft",
                    "site_id": self.site.id,
                    "contract_id": self.contract.id,
                    "origin": "contract",
                    "partner_id": self.customer.id,
                    "promised_kind": "exact",
                    "promised_start": datetime(2026, 12, 7, 8, 30),
                    "planned_start": datetime(2026, 12, 7, 8, 30),
                    "planned_duration": 1.0,
                }
            ],
        )
        request = mission.request_id
        self.assertEqual(request.date_deadline, datetime(2026, 12, 10, 22, 59, 59))
        self.assertEqual(request.date_owed, datetime(2026, 12, 3, 23, 0))
        self.assertEqual(request.date_received, fields.Datetime.now(), "not in the future")
        self.assertEqual(request._get_clock_start(), request.date_owed)
        request.date_owed = datetime(2026, 1, 1)
        self.assertEqual(request._get_clock_start(), request.date_received)

    def test_twice_makes_nothing_more(self):
        plan = self._plan_visits()
        self.assertEqual(self._generate(plan), 8)
        self.assertEqual(self._generate(plan), 0)
        # A crash before the end leaves the date behind: still nothing twice.
        plan._settle({"next_date": date(2026, 11, 30)})
        self.assertEqual(self._generate(plan), 0)
        self.assertEqual(len(plan.due_ids), 8)

    def test_register_refuses_a_second_line(self):
        plan = self._plan_visits()
        self._generate(plan)
        due = plan.due_ids[0].sudo()
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            due.copy({"occurrence_key": due.occurrence_key})
            self.env.flush_all()

    def test_slots_are_local_on_both_sides_of_the_clock_change(self):
        plan = self._plan_visits(
            date_start=date(2027, 3, 22), promised_kind="exact", promised_time=8, horizon_days=140
        )
        self._generate(plan)
        starts = plan.due_ids.sorted("due_date").mission_id.sorted("planned_start")
        self.assertEqual(starts[0].planned_start, datetime(2027, 3, 22, 7, 0))
        self.assertEqual(starts[1].planned_start, datetime(2027, 3, 30, 6, 0))

    def test_holidays_shift_and_say_why(self):
        # 25 December 2026 is a Friday; the 26th is a holiday in Alsace, and a Saturday.
        plan = self._plan_visits(
            site_ids=[Command.set((self.site | self.site2).ids)],
            mon=False,
            fri=True,
            holiday_action="before",
        )
        self._generate(plan)
        christmas = plan.due_ids.filtered(lambda due: due.nominal_date == date(2026, 12, 25))
        self.assertEqual(len(christmas), 2)
        self.assertEqual(set(christmas.mapped("due_date")), {date(2026, 12, 24)})
        self.assertIn("Christmas Day", christmas[0].with_context(lang="en_US").shift_reason)

    def test_local_holiday_of_the_site(self):
        # Good Friday holds in Strasbourg, not in Quimper.
        plan = self._plan_visits(
            site_ids=[Command.set((self.site | self.site2).ids)],
            date_start=date(2027, 3, 26),
            mon=False,
            fri=True,
            holiday_action="skip",
            horizon_days=140,
        )
        self._generate(plan)
        first = plan.due_ids.filtered(lambda due: due.due_date == date(2027, 3, 26))
        self.assertEqual(first.site_id, self.site)

    def test_school_holidays_of_the_sites_zone(self):
        plan = self._plan_visits(
            date_start=date(2027, 2, 8),
            date_end=date(2027, 3, 15),
            school_policy="only",
            school_action="skip",
            horizon_days=200,
        )
        self._generate(plan)
        # Quimper is in zone B: 20 February to 7 March 2027.
        self.assertEqual(self._days(plan), [date(2027, 2, 22), date(2027, 3, 1)])

    def test_contract_end_stops_it_and_an_amendment_goes_on(self):
        self.contract.date_end = date(2026, 12, 14)
        plan = self._plan_visits()
        self.assertEqual(self._generate(plan), 3)
        self.assertFalse(plan.next_date)
        self.assertFalse(plan.date_generate)
        self.contract.date_end = date(2027, 12, 31)
        self.assertEqual(plan.next_date, date(2026, 11, 30))
        self.assertEqual(self._generate(plan), 5)
        self.contract.date_end = date(2026, 12, 31)
        self.assertEqual(self.contract.visit_beyond_count, 3)
        beyond = self.dues.search([("is_beyond_end", "=", True), ("plan_id", "=", plan.id)])
        self.assertEqual(min(beyond.mapped("due_date")), date(2027, 1, 4))

    def test_closed_contract_makes_nothing(self):
        plan = self._plan_visits()
        self.contract.state = "closed"
        self.assertEqual(self._generate(plan), 0)

    def test_after_completion(self):
        plan = self._plan_visits(
            mode="completion", rule_unit="month", rule_interval=1, mon=False, tolerance_days=5
        )
        self.assertEqual(self._generate(plan), 1)
        self.assertFalse(plan.next_date)
        self.assertEqual(self._generate(plan), 0)
        mission = plan.due_ids.mission_id
        mission.technician_id = self.tech
        mission.action_plan()
        mission.action_publish()
        with freeze_time("2026-12-03 10:00:00"):
            mission.action_start()
            mission.action_done()
            self.assertEqual(self._generate(plan), 1)
        first, second = plan.due_ids.sorted("id")
        self.assertEqual(
            (first.state, first.date_done, first.punctuality),
            ("done", date(2026, 12, 3), "on_time"),
        )
        # 3 January 2027 is a Sunday.
        self.assertEqual(second.due_date, date(2027, 1, 4))
        second.with_user(self.planner).action_waive("Site closed")
        self.assertEqual(self._generate(plan), 0)
        with freeze_time("2026-12-20"):
            self.assertEqual(self._generate(plan), 1)

    def test_preview_before_confirming(self):
        plan = self._plan_visits(confirm=False, mon=False, fri=True)
        preview = plan.with_context(lang="en_US").preview
        self.assertEqual(len(preview["months"]), 12)
        shifted = [visit for visit in preview["visits"] if visit["why"]]
        self.assertTrue(any("Christmas Day" in visit["why"] for visit in shifted))
        self.assertEqual(preview["closed"]["2026-12-25"], ["public", "Christmas Day"])
        self.assertFalse(plan.due_ids)
        self.assertFalse(preview["warnings"])
        plan.date_start = date(2026, 11, 2)
        self.assertIn("3 of these visits", plan.with_context(lang="en_US").preview["warnings"][0])

    def test_sentences(self):
        def says(**vals):
            return self._plan_visits(confirm=False, **vals).with_context(lang="en_US").rule_text

        self.assertEqual(
            says(rule_interval=2, thu=True, excluded_months="8"),
            "Every 2 weeks on Monday and Thursday, not in August",
        )
        self.assertEqual(
            says(rule_unit="month", month_by="weekday", month_nth="-1", month_weekday="4"),
            "Every month on the last Friday",
        )
        self.assertEqual(says(rule_unit="month", month_day=31), "Every month on the last day")
        self.assertEqual(says(rule_unit="month", month_day=1), "Every month on the 1st")
        self.assertEqual(
            says(rule_unit="year", rule_month="3", month_day=5, tolerance_days=10),
            "Every year on the 5 of March (± 10 days)",
        )
        self.assertEqual(
            says(mode="completion", rule_unit="month", rule_interval=3),
            "3 months after the previous visit",
        )

    def test_wrong_rules_are_refused(self):
        for wrong in (
            {"rule_interval": 0},
            {"excluded_months": "13"},
            {"excluded_months": ",".join(map(str, range(1, 13)))},
            {"rule_unit": "year", "rule_month": "8", "excluded_months": "8"},
            {"tolerance_days": -1},
            {"month_day": 32},
            {"promised_time": 25},
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self._plan_visits(confirm=False, **wrong)

    def test_a_rule_in_force_is_changed_by_its_wizard_only(self):
        plan = self._plan_visits()
        with self.assertRaises(UserError):
            plan.rule_interval = 2
        with self.assertRaises(UserError):
            plan.state = "draft"
        with self.assertRaises(UserError):
            plan.with_context(field_visit_rule_change=True).write({"next_date": "2020-01-01"})
        plan.instructions = "Ring twice"

    def test_confirming_needs_sites_and_a_contract_in_force(self):
        plan = self._plan_visits(confirm=False, site_ids=False)
        with self.assertRaises(UserError):
            plan.action_confirm()
        plan.site_ids = self.site
        self.contract.state = "draft"
        with self.assertRaises(UserError):
            plan.action_confirm()

    def test_form(self):
        with Form(self.plans.with_user(self.planner)) as form:
            form.contract_id = self.contract
            form.service_type_id = self.type
            form.site_ids = self.site
            form.rule_unit = "month"
            form.month_day = 15
            self.assertEqual(form.duration, 1.0)
            self.assertTrue(form.preview["visits"])
        plan = form.save()
        self.assertEqual(plan.date_start, date(2026, 11, 24))
        plan.action_confirm()
        self.assertEqual(self._generate(plan), 2)

    def test_a_series_promises_in_the_planners_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.ref(
            "field_planning.selection__field_visit_plan__promised_kind__none"
        ).with_context(lang="fr_FR").name = "Rien de promis"
        self.env.registry.clear_cache()
        series = self.env["field.visit.series"].with_user(self.planner).with_context(lang="fr_FR")
        choices = dict(series.fields_get(["promised_kind"])["promised_kind"]["selection"])
        self.assertEqual(choices["none"], "Rien de promis")

    def test_series_for_several_contracts(self):
        other = self.contract.copy({"name": "Gas", "state": "active"})
        other.state = "active"
        wizard = Form(
            self.env["field.visit.series"]
            .with_user(self.planner)
            .with_context(default_contract_ids=(self.contract | other).ids)
        )
        wizard.service_type_id = self.type
        wizard.rule_unit = "month"
        self.assertTrue(wizard.preview["visits"])
        action = wizard.save().action_confirm()
        plans = self.plans.search(action["domain"])
        self.assertEqual(plans.contract_id, self.contract | other)
        self.assertEqual(set(plans.mapped("state")), {"active"})
        self.assertIn(self.site, plans[0].site_ids)

    def test_technicians_are_refused(self):
        plan = self._plan_visits()
        for user in (self.tech_user, self.customer_user, self.office):
            with self.subTest(user.login), mute_logger("odoo.addons.base.models.ir_rule"):
                mine = plan.with_user(user)
                for method in ("action_confirm", "action_generate", "action_end", "action_resume"):
                    with self.assertRaises(AccessError):
                        getattr(mine, method)()
                with self.assertRaises(AccessError):
                    mine.read(["name"])

    def test_other_company(self):
        plan = self._plan_visits()
        self._generate(plan)
        company = self.env["res.company"].create({"name": "Other"})
        planner = self.planner.copy({"login": "other_planner"})
        planner.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        self.assertFalse(self.plans.with_user(planner).search([("id", "=", plan.id)]))
        self.assertFalse(self.dues.with_user(planner).search([("plan_id", "=", plan.id)]))
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            plan.due_ids.with_user(planner).action_waive("No")

    def test_daily_run_with_nothing_to_do_is_constant(self):
        model = self.plans

        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            model._cron_generate()
            return self.cr.sql_log_count - before

        self._generate(self.plans.search([("state", "=", "active")]))
        model._cron_generate()
        few = cost()
        for _number in range(6):
            self._generate(self._plan_visits())
        self.assertEqual(cost(), few)
        self.assertLessEqual(few, 4)

    def test_generation_queries_do_not_grow_with_visits(self):
        def cost(weeks):
            plan = self._plan_visits(horizon_days=7 * weeks + 6)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            count = self._generate(plan)
            self.env.flush_all()
            return self.cr.sql_log_count - before, count

        cost(4)
        few, small = cost(4)
        many, large = cost(44)
        self.assertEqual((small, large), (5, 45))
        self.assertLess((many - few) / (large - small), 1.5)
