from datetime import date, datetime
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .visits_common import TODAY, FieldVisitCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestVisitRegister(FieldVisitCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(TODAY):
            cls.plan = cls._plan_visits(
                tolerance_days=2, promised_kind="exact", promised_time=9, technician_id=cls.tech.id
            )
            cls._generate(cls.plan)
        cls.register = cls.plan.due_ids.sorted("due_date").with_user(cls.planner)
        cls.first, cls.second, cls.third = cls.register[:3]

    def _do(self, due, at="2026-11-30 09:00:00"):
        mission = due.sudo().mission_id
        mission.technician_id = self.tech
        mission.action_plan()
        mission.action_publish()
        with freeze_time(at):
            mission.action_start()
            mission.action_done()
        return mission

    def _figures(self, domain=()):
        return self.dues.with_user(self.planner).get_figures(
            [("plan_id", "=", self.plan.id), *domain]
        )

    def test_done_on_time_and_late(self):
        self._do(self.first)
        self.assertEqual((self.first.state, self.first.punctuality), ("done", "on_time"))
        self._do(self.second, at="2026-12-20 09:00:00")
        self.assertEqual((self.second.state, self.second.punctuality), ("done", "off"))
        self.assertEqual(self.second.date_done, date(2026, 12, 20))
        figures = self._figures()
        self.assertEqual((figures["due"], figures["done"], figures["on_time"]), (8, 2, 1))

    def test_the_day_done_is_the_sites(self):
        # 23:30 UTC on the 30th is already the 1st in Paris.
        self._do(self.first, at="2026-11-30 23:30:00")
        self.assertEqual(self.first.date_done, date(2026, 12, 1))

    def test_reopened_mission_is_owed_again(self):
        mission = self._do(self.first)
        mission.action_reopen("Forgot the valve")
        self.assertEqual(self.first.state, "open")
        self.assertFalse(self.first.date_done)

    def test_move(self):
        mission = self.first.mission_id
        mission.with_user(self.planner).action_plan()
        self.first.action_move("2026-12-03", "The site is closed that Monday")
        self.assertRecordValues(
            self.first,
            [
                {
                    "state": "moved",
                    "due_date": date(2026, 11, 30),
                    "moved_date": date(2026, 12, 3),
                    "moved_by_id": self.planner.id,
                }
            ],
        )
        self.assertEqual(mission.state, "draft")
        self.assertEqual(mission.planned_start, datetime(2026, 12, 3, 8, 0))
        self.assertEqual(mission.promised_start, datetime(2026, 12, 3, 8, 0))
        self.assertEqual(mission.request_id.date_owed, datetime(2026, 12, 2, 23, 0))
        self._do(self.first, at="2026-12-03 09:00:00")
        self.assertEqual((self.first.state, self.first.punctuality), ("done", "agreed"))
        self.assertIn("The site is closed", self.first.outcome)

    def test_waive(self):
        with self.assertRaises(UserError):
            self.first.action_waive("   ")
        self.first.action_waive("Customer on holiday")
        self.assertEqual(self.first.state, "waived")
        self.assertEqual(self.first.mission_id.state, "cancelled")
        self.assertFalse(self.first.is_orphan)
        self.assertFalse(self.first.activity_ids)
        with self.assertRaises(UserError):
            self.first.action_waive("Twice")
        self.first.action_restore()
        self.assertEqual(self.first.state, "open")
        self.assertEqual(self.first.mission_id.state, "draft")

    def test_work_under_way_is_neither_moved_nor_waived(self):
        mission = self.first.sudo().mission_id
        mission.action_plan()
        mission.action_publish()
        mission.action_start()
        with self.assertRaises(UserError):
            self.first.action_move("2026-12-03", "No")
        with self.assertRaises(UserError):
            self.first.action_waive("No")
        self.assertFalse(self.first.moved_date)

    def test_cancelled_mission_asks_for_a_decision(self):
        self.assertEqual(self._figures()["orphans"], 0)
        self.first.mission_id.with_user(self.planner).action_cancel("Van broken down")
        self.assertTrue(self.first.is_orphan)
        self.assertEqual(self.first.status, "orphan")
        self.assertEqual(self._figures()["orphans"], 1)
        self.assertEqual(self.first.activity_ids.user_id, self.planner)
        self.first.action_make_mission()
        self.assertFalse(self.first.is_orphan)
        self.assertFalse(self.first.activity_ids)
        self.assertEqual(self.first.mission_id.state, "draft")
        self.assertEqual(self._figures()["orphans"], 0)

    def test_archived_mission_is_an_orphan_and_gets_a_new_one(self):
        former = self.first.sudo().mission_id
        former.active = False
        self.assertTrue(self.first.is_orphan)
        self.assertEqual(self.plan.orphan_count, 1)
        self.first.action_move("2026-12-04", "New try")
        self.assertNotEqual(self.first.mission_id, former)
        self.assertEqual(self.first.mission_id.planned_start, datetime(2026, 12, 4, 8, 0))

    def test_an_owed_mission_is_not_deleted_nor_its_line(self):
        mission = self.first.sudo().mission_id
        with self.assertRaises(UserError):
            mission.unlink()
        with self.assertRaises(UserError):
            self.first.sudo().unlink()
        with self.assertRaises(UserError):
            self.plan.unlink()

    def test_late(self):
        with freeze_time("2026-12-03"):
            self.dues.invalidate_model()
            self.assertTrue(self.first.is_late)
            found = self.dues.search([("is_late", "=", True), ("plan_id", "=", self.plan.id)])
            self.assertEqual(found, self.first.sudo())
            self.first.action_move("2026-12-10", "Agreed")
            self.assertFalse(self.first.is_late)
            self.assertFalse(
                self.dues.search([("is_late", "=", True), ("plan_id", "=", self.plan.id)])
            )

    def test_wizard_moves_several(self):
        action = (self.first | self.second).action_decide()
        form = Form(
            self.env["field.visit.decision"]
            .with_user(self.planner)
            .with_context(**action["context"])
        )
        form.date = date(2026, 12, 16)
        form.reason = "Both together"
        form.save().action_confirm()
        self.assertEqual(set((self.first | self.second).mapped("state")), {"moved"})

    def test_nobody_writes_the_register_directly(self):
        for user in (self.planner, self.manager):
            with self.assertRaises(AccessError):
                self.first.with_user(user).write({"waived": True, "waive_reason": "x"})
        for user in (self.tech_user, self.customer_user, self.sub_user):
            for method, args in (
                ("action_waive", ("x",)),
                ("action_move", ("2026-12-03", "x")),
                ("action_restore", ()),
                ("action_make_mission", ()),
                ("action_decide", ()),
            ):
                with self.assertRaises(AccessError):
                    getattr(self.first.with_user(user), method)(*args)
            with self.assertRaises(AccessError):
                self.dues.with_user(user).get_figures()

    def test_malformed_arguments_are_refused(self):
        for wrong in ("tomorrow", "", None, 12, ["2026-12-03"]):
            with self.subTest(wrong), self.assertRaises(UserError):
                self.first.action_move(wrong, "reason")
        with self.assertRaises(UserError):
            self.first.action_move("2026-12-03", {"a": 1})

    # ------------------------------------------------------------------ change of rule

    def _change(self, **vals):
        wizard = (
            self.env["field.visit.change"]
            .with_user(self.planner)
            .with_context(default_plan_id=self.plan.id)
        )
        defaults = wizard.default_get(list(wizard._fields))
        values = {
            name: value
            for name, value in defaults.items()
            if not wizard._fields[name].compute or name in ("plan_id",)
        }
        return wizard.create({**values, **vals})

    def test_this_and_the_next_ones_is_what_its_button_opens(self):
        wizard = self.env["field.visit.change"].with_user(self.planner)
        chosen = {"default_plan_id": self.plan.id, "default_due_id": self.second.id}
        button = Form(wizard.with_context(**chosen, default_scope="next"))
        self.assertEqual(button.scope, "next")
        self.assertEqual(button.date_from, self.second.due_date)
        self.assertEqual(Form(wizard.with_context(**chosen)).scope, "this")

    def test_a_decision_says_what_was_published(self):
        decision = self.env["field.visit.decision"].with_user(self.planner)
        wizard = decision.create({"due_ids": self.second.ids, "reason": "Works"})
        self.assertFalse(wizard.published_note)
        mission = self.second.sudo().mission_id
        mission.technician_id = self.tech
        mission.action_plan()
        mission.action_publish()
        self.assertEqual(self.second.mission_number, mission.name)
        wizard = decision.create({"due_ids": self.second.ids, "reason": "Works"})
        self.assertIn(mission.name, wizard.published_note)
        self.assertEqual(wizard.due_count, 1)

    def test_change_this_one_only(self):
        self._change(
            scope="this", due_id=self.second.id, new_date=date(2026, 12, 8), reason="Works"
        ).action_confirm()
        self.assertEqual(self.second.moved_date, date(2026, 12, 8))
        self.assertEqual(self.third.state, "open")

    def test_change_this_and_the_next_ones(self):
        published = self.third.sudo().mission_id
        published.technician_id = self.tech
        published.action_plan()
        published.action_publish()
        wizard = self._change(
            scope="next",
            date_from=date(2026, 12, 7),
            mon=False,
            wed=True,
            rule_interval=2,
            reason="Amendment 2",
        )
        self.assertEqual(wizard.changes["kept"], [self.third.sudo().display_name])
        self.assertTrue(wizard.changes["moved"])
        self.assertIn(self.site.name, wizard.change_text)
        wizard.action_confirm()
        self.assertEqual(self.first.due_date, date(2026, 11, 30))
        self.assertEqual(self.third.due_date, date(2026, 12, 14))
        self.assertEqual(published.state, "planned")
        self.assertEqual(self.second.due_date, date(2026, 12, 9))
        self.assertEqual(self.second.former_date, date(2026, 12, 7))
        self.assertEqual(self.second.mission_id.planned_start, datetime(2026, 12, 9, 8, 0))
        self.assertEqual(self.second.mission_id.promised_date, date(2026, 12, 9))
        alive = self.register.filtered(lambda due: due.state == "open").mapped("due_date")
        self.assertEqual(
            sorted(alive),
            [
                date(2026, 11, 30),
                date(2026, 12, 9),
                date(2026, 12, 14),
                date(2026, 12, 23),
                date(2027, 1, 6),
                date(2027, 1, 20),
            ],
        )
        waived = self.register.filtered(lambda due: due.state == "waived")
        self.assertEqual(set(waived.mapped("waive_reason")), {"Amendment 2"})
        self.assertEqual(set(waived.mission_id.mapped("state")), {"cancelled"})
        self.assertEqual(self._generate(self.plan), 0)
        self.assertEqual(self._figures()["orphans"], 0)
        self.assertEqual(self.plan.next_date, date(2027, 2, 3))

    def test_change_to_more_visits_makes_the_missing_ones(self):
        self._change(
            scope="all", date_from=date(2026, 11, 30), thu=True, reason="Twice a week"
        ).action_confirm()
        self.assertEqual(self._generate(self.plan), 8)
        self.assertEqual(len(self.plan.due_ids), 16)
        self.assertEqual(set(self.plan.due_ids.mapped("state")), {"open"})

    def test_change_form_previews(self):
        form = Form(
            self.env["field.visit.change"]
            .with_user(self.planner)
            .with_context(default_plan_id=self.plan.id)
        )
        form.scope = "all"
        self.assertEqual(form.date_from, date(2026, 11, 30))
        form.rule_interval = 2
        self.assertTrue(form.preview["visits"])
        self.assertTrue(form.change_text)
        form.reason = "Every second week"
        wizard = form.save()
        self.assertEqual(len(wizard.changes["cancelled"]), 4)
        self.assertEqual(wizard.changes["same"], 4)
        wizard.action_confirm()
        self.assertEqual(self.plan.rule_interval, 2)

    # ------------------------------------------------------------------ end of plans and contracts

    def _stop(self, **vals):
        return self.env["field.visit.stop"].with_user(self.manager).create(vals)

    def test_suspend_and_resume(self):
        self._stop(
            kind="suspend",
            plan_ids=[Command.set(self.plan.ids)],
            date_from=date(2026, 12, 7),
            reason="Works in the building",
        ).action_confirm()
        self.assertEqual(self.plan.state, "suspended")
        self.assertEqual(self.first.state, "open")
        self.assertEqual(set(self.register[1:].mapped("state")), {"waived"})
        self.assertEqual(self._generate(self.plan), 0)
        self.plan.with_user(self.planner).action_resume()
        with freeze_time("2026-12-20"):
            self.assertEqual(self._generate(self.plan), 4)

    def test_end(self):
        self._stop(
            kind="end",
            plan_ids=[Command.set(self.plan.ids)],
            date_from=date(2027, 1, 1),
            reason="Replaced by remote monitoring",
        ).action_confirm()
        self.assertEqual((self.plan.state, self.plan.date_end), ("ended", date(2026, 12, 31)))
        self.assertEqual(
            self.register.filtered(lambda due: due.state == "waived").mapped("due_date"),
            [date(2027, 1, 4), date(2027, 1, 11), date(2027, 1, 18)],
        )

    def test_closing_a_contract_lists_what_it_owes(self):
        contract = self.contract.with_user(self.manager)
        with self.assertRaises(UserError):
            contract.active = False
        with self.assertRaises(UserError):
            contract.unlink()
        action = contract.action_close()
        self.assertEqual(action["res_model"], "field.visit.stop")
        self.assertEqual(contract.state, "active")
        form = Form(
            self.env["field.visit.stop"].with_user(self.manager).with_context(**action["context"])
        )
        self.assertEqual(len(form.waived_ids.ids), 8)
        form.reason = "Contract terminated"
        form.save().action_confirm()
        self.assertEqual(contract.state, "closed")
        self.assertEqual(self.plan.state, "ended")
        self.assertEqual(set(self.register.mapped("state")), {"waived"})
        self.assertEqual(set(self.register.mapped("waive_reason")), {"Contract terminated"})

    def test_closing_keeps_what_is_published_until_it_is_decided(self):
        mission = self.first.sudo().mission_id
        mission.action_plan()
        mission.action_publish()
        wizard = self._stop(
            kind="close",
            contract_ids=[Command.set(self.contract.ids)],
            plan_ids=[Command.set(self.plan.ids)],
            date_from=date(2026, 11, 24),
            reason="Terminated",
        )
        self.assertEqual(wizard.kept_ids, self.first.sudo())
        with self.assertRaises(UserError):
            wizard.action_confirm()

    def test_visits_after_the_end_are_settled(self):
        self.contract.date_end = date(2026, 12, 31)
        action = self.contract.with_user(self.manager).action_settle_beyond()
        form = Form(
            self.env["field.visit.stop"].with_user(self.manager).with_context(**action["context"])
        )
        form.reason = "Contract ended"
        form.save().action_confirm()
        self.assertEqual(self.contract.visit_beyond_count, 0)
        self.assertEqual(len(self.register.filtered(lambda due: due.state == "waived")), 3)
        self.assertEqual(self.plan.state, "active")

    # ------------------------------------------------------------------ figures and certificate

    def test_figures_cost_the_same_for_any_number(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.dues.get_figures([])
            return self.cr.sql_log_count - before

        cost()
        few = cost()
        self._generate(self._plan_visits(thu=True))
        self.assertEqual(cost(), few)

    def test_certificate(self):
        self._do(self.first)
        self.second.action_waive("Site closed")
        self.third.action_move("2026-12-18", "Agreed by phone")
        values = self.contract._get_certificate(date(2026, 11, 1), date(2026, 12, 31))
        self.assertEqual(len(values["dues"]), 5)
        figures = values["figures"]
        self.assertEqual(
            [figures[name] for name in ("due", "done", "waived", "moved", "open", "orphans")],
            [5, 1, 1, 1, 2, 0],
        )
        html = (
            self.env["ir.actions.report"]
            .with_user(self.planner)
            .with_context(lang="en_US")
            ._render_qweb_html(
                "field_planning.report_visit_certificate",
                self.contract.ids,
                data={"date_from": "2026-11-01", "date_to": "2026-12-31"},
            )[0]
            .decode()
        )
        for words in ("Site closed", "Agreed by phone", self.contract.name, self.customer.name):
            self.assertIn(words, html)
        wizard = self.env["field.visit.certificate"].with_user(self.planner)
        wizard = wizard.create({"contract_id": self.contract.id, "date_to": date(2026, 12, 31)})
        self.assertTrue(wizard.figures_text)
        self.assertEqual(wizard.action_print()["report_type"], "qweb-pdf")
        with self.assertRaises(AccessError):
            self.env["ir.actions.report"].with_user(self.tech_user)._render_qweb_html(
                "field_planning.report_visit_certificate", self.contract.ids
            )

    def test_cron_commits_batch_by_batch(self):
        done = []
        plans = [self._plan_visits(user=self.manager) for _number in range(3)]
        with (
            patch("odoo.addons.field_planning.models.field_visit_plan_generation.BATCH", 5),
            patch.object(
                type(self.env["ir.cron"]),
                "_commit_progress",
                lambda _self, processed=0, **_kw: done.append(processed) or len(done) < 3,
            ),
        ):
            self.plans._cron_generate()
        # Stopped by the clock after three batches of five: the rest follows the next time.
        self.assertEqual(done, [5, 5, 5])
        self.assertEqual(sum(len(plan.due_ids) for plan in plans), 15)
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda _self, *_a, **_kw: True
        ):
            self.plans._cron_generate()
        self.assertEqual([len(plan.due_ids) for plan in plans], [8, 8, 8])

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_managers_of_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        manager = self.manager.copy({"login": "other_manager"})
        manager.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        for method, args in (("action_waive", ("x",)), ("action_move", ("2026-12-03", "x"))):
            with self.assertRaises(AccessError):
                getattr(self.first.with_user(manager), method)(*args)
        self.assertEqual(self.dues.with_user(manager).get_figures()["due"], 0)
