"""From the planning spreadsheet to the posted invoice: the main job, then what must be true of it.

The job runs once, in the class's transaction; each test sees its result and leaves no trace.
"""

import time
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..demo import company as people
from ..demo.job import run
from ..demo.week import Week
from .test_security_matrix import suite_models

# Two working days before a Tuesday, as the demo of that day; no change to summer time near.
START = date(2026, 11, 20)


@tagged("post_install", "-at_install", "field_chain")
class TestChain(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        started = time.monotonic()
        cls.lines = []
        cls.result = run(cls.env, start=START, say=cls.lines.append, commit=False, story=False)
        cls.seconds = time.monotonic() - started
        cls.week = Week(START)
        cls.env.invalidate_all()
        cls.missions = cls.env["field.mission"].search([("source_row", "!=", False)])
        cls.done = cls.missions.filtered(lambda mission: mission.state == "done")
        cls.charges = cls.missions.charge_ids
        cls.invoices = cls.charges.sale_order_id.invoice_ids

    def user(self, login):
        return self.env["res.users"].search([("login", "=", login)])

    # ------------------------------------------------------------------ import

    def test_each_accepted_row_is_one_mission_and_no_other(self):
        truth = [row for row in self.week.expected() if row["status"] in ("ok", "unassigned")]
        self.assertEqual(len(self.missions), len(truth))
        by_row = {self.row_of(mission): mission for mission in self.missions}
        self.assertEqual(sorted(by_row), [row["row"] for row in truth])
        for row in truth:
            mission = by_row[row["row"]]
            with self.subTest(row=row["row"]):
                self.assertEqual(mission.site_id.site_code, row["station"])
                self.assertEqual(mission.partner_id.name, row["customer"])
                self.assertEqual(mission.service_type_id.name, row["type"])
                self.assertEqual(mission.promised_date.isoformat(), row["date"])

    def row_of(self, mission):
        """The line of the sheet, which is the last number of the mission's source."""
        return int("".join(c if c.isdigit() else " " for c in mission.source_row).split()[-1])

    def test_existing_sites_and_customers_got_no_double(self):
        sites = self.env["res.partner"].search([("is_field_site", "=", True)])
        codes = sites.mapped("site_code")
        self.assertEqual(len(codes), len(set(codes)))
        self.assertEqual(set(codes), {site.code for site in self.week.sites})
        names = self.missions.partner_id.mapped("name")
        self.assertEqual(len(names), len(set(names)))

    # ------------------------------------------------------------------ twice

    def test_a_second_run_changes_nothing(self):
        before = self.count_everything()
        started = time.monotonic()
        again = run(self.env, say=lambda _line: None, commit=False, story=False)
        self.assertEqual(again.text(), self.result.text())
        self.assertEqual(self.count_everything(), before)
        self.assertLess(time.monotonic() - started, 20)

    def count_everything(self):
        names = [
            *(name for name in suite_models(self.env.registry) if not self.env[name]._transient),
            *("res.partner", "hr.employee", "sale.order", "sale.order.line", "account.move"),
            *("stock.picking", "stock.move", "ir.attachment", "res.users"),
        ]
        return {name: self.env[name].search_count([]) for name in names}

    # ------------------------------------------------------------------ stock

    def test_one_validated_picking_a_mission_and_right_quantities(self):
        used = self.done.filtered("material_ids")
        self.assertTrue(used)
        for mission in used:
            self.assertEqual(mission.picking_ids.mapped("state"), ["done"])
        short = used.material_ids.filtered("shortage")
        self.assertRecordValues(short, [{"quantity": 6.0, "shortage": 2.0}])
        self.assertEqual(short.mission_id.state, "done")
        for van, lines in used.material_ids.grouped(
            lambda line: line.mission_id.technician_id.field_van_location_id
        ).items():
            for product, group in lines.grouped("product_id").items():
                start = self.van_quantity(product.default_code)
                on_hand = product.with_context(location=van.id).qty_available
                self.assertEqual(on_hand, start - sum(group.mapped("quantity")))

    def van_quantity(self, code):
        return {part[0]: part[4] for part in people.trade.PARTS}[code]

    # ------------------------------------------------------------------ billing

    def test_invoices_are_right_to_the_cent(self):
        self.assertTrue(self.invoices)
        self.assertEqual(set(self.invoices.mapped("state")), {"posted"})
        for invoice in self.invoices:
            lines = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "product")
            self.assertEqual(set(lines.tax_ids.mapped("amount")), {20.0})
            net = sum(round(line.quantity * line.price_unit, 2) for line in lines)
            self.assertAlmostEqual(invoice.amount_untaxed, net, places=2)
            self.assertAlmostEqual(invoice.amount_tax, round(net * 0.2, 2), places=2)
        charged = sum(self.charges.filtered(lambda c: c.state == "invoiced").mapped("amount"))
        self.assertAlmostEqual(sum(self.invoices.mapped("amount_untaxed")), charged, places=2)

    def test_each_kind_of_price_is_what_the_rule_says(self):
        kinds = {}
        for charge in self.charges:
            kinds.setdefault(charge.kind, charge)
        self.assertLessEqual({"fixed", "unit", "time", "travel", "material", "wasted"}, set(kinds))
        for charge in self.charges.filtered(lambda c: c.kind == "time"):
            on_site = charge.mission_id.time_ids.filtered(
                lambda t: t.kind in ("on_site", "waiting")
            )
            minutes = round(sum(on_site.mapped("duration")) * 60)
            # By the quarter of an hour, one hour at least.
            self.assertEqual(charge.quantity, max(60, -(-minutes // 15) * 15) / 60)
        for charge in self.charges.filtered(lambda c: c.kind == "unit"):
            counted = charge.mission_id.check_ids.filtered(lambda c: c.uom_name == "u")
            self.assertEqual(charge.quantity, counted.value_number)

    def test_nothing_is_billed_twice(self):
        released = self.charges.filtered("sale_line_id")
        accountant = self.user("accountant")
        with self.assertRaises(UserError), self.cr.savepoint():
            released.with_user(accountant).action_release()
        orders = released.sale_order_id.with_user(accountant)
        self.assertFalse(orders.filtered(lambda order: order.invoice_status == "to invoice"))
        lines = self.invoices.invoice_line_ids.sale_line_ids.field_charge_ids
        self.assertEqual(lines, released)

    def test_a_credit_note_opens_the_mission_again(self):
        accountant = self.user("accountant")
        invoice = self.invoices[0].with_user(accountant)
        charges = self.charges.filtered(lambda c: invoice in c.sale_line_id.invoice_lines.move_id)
        self.assertEqual(set(charges.mapped("state")), {"invoiced"})
        wizard = (
            self.env["account.move.reversal"]
            .with_user(accountant)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"reason": "Erreur de prix", "journal_id": invoice.journal_id.id})
        )
        action = wizard.reverse_moves()
        refund = self.env["account.move"].with_user(accountant).browse(action["res_id"])
        if refund.state == "draft":
            refund.action_post()
        charges.invalidate_recordset()
        self.assertNotIn("invoiced", charges.mapped("state"))
        self.assertEqual(set(charges.sale_order_id.mapped("invoice_status")), {"to invoice"})

    # ------------------------------------------------------------------ evidence

    def test_every_dossier_is_intact(self):
        manager = self.user("manager")
        self.done.with_user(manager).action_verify_evidence()
        self.assertEqual(set(self.done.mapped("evidence_verdict")), {"intact"})
        validated = self.done.filtered("validated")
        self.assertTrue(validated)
        self.assertTrue(self.done - validated, "the planner has something left to look at")
        for mission in validated:
            self.assertEqual(mission.report_attachment_id.raw[:5], b"%PDF-")

    def test_a_row_changed_in_sql_is_told(self):
        answer = self.done.check_ids.current_answer_id.filtered("value_number")[0]
        self.cr.execute(
            "UPDATE field_mission_check_answer SET value_number = value_number + 1 WHERE id = %s",
            [answer.id],
        )
        self.expect_altered(answer.mission_id)

    def test_a_byte_changed_in_a_photo_is_told(self):
        photo = self.done.photo_ids.filtered(lambda photo: photo.kind == "photo")[0]
        content = bytearray(photo.attachment_id.raw)
        content[len(content) // 2] ^= 1
        # As somebody with access to the database: past the model's own guards.
        self.env["ir.attachment"].flush_model()
        self.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s",
            [bytes(content), photo.attachment_id.id],
        )
        self.expect_altered(photo.mission_id)

    def expect_altered(self, mission):
        mission.invalidate_recordset()
        mission.with_user(self.user("manager")).action_verify_evidence()
        self.assertEqual(mission.evidence_verdict, "altered")
        self.assertTrue(mission.evidence_findings)

    # ------------------------------------------------------------------ SLA

    def test_verdicts_follow_the_devices_clock(self):
        clocks = self.env["field.request.sla"].search(
            [("request_id", "in", self.missions.request_id.ids), ("state", "in", ["met", "missed"])]
        )
        self.assertEqual(set(clocks.mapped("state")), {"met", "missed"})
        for clock in clocks:
            mission = clock.request_id.mission_ids
            self.assertEqual(clock.reached_at, mission.actual_start)
            self.assertEqual(clock.reached_source, "device")
            self.assertEqual(clock.state == "met", clock.elapsed_hours <= clock.target_hours)

    # ------------------------------------------------------------------ who sees what

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create(
            {"name": "Autre société", "country_id": self.env.ref("base.fr").id}
        )
        groups = (
            "field_mission.group_field_manager,account.group_account_manager,"
            "sales_team.group_sale_manager,stock.group_stock_manager"
        )
        stranger = new_test_user(
            self.env, login="stranger", groups=groups, company_id=other.id, company_ids=other.ids
        )
        filled = 0
        for name in suite_models(self.env.registry):
            model = self.env[name]
            field = model._fields.get("company_id")
            if model._transient or not field or not field.store:
                continue
            filled += bool(model.search_count([], limit=1))
            if not model.with_user(stranger).has_access("read"):
                continue
            shown = model.with_user(stranger).search([]).sudo()
            with self.subTest(model=name):
                self.assertFalse(shown.filtered(lambda r: r.company_id == self.env.company))
        # There was something to hide.
        self.assertGreater(filled, 25)

    def test_a_technician_sees_only_published_missions_of_his_own(self):
        technician = self.user("technician")
        seen = self.env["field.mission"].with_user(technician).search([]).sudo()
        self.assertTrue(seen)
        for mission in seen:
            self.assertIn(technician, mission.member_user_ids)
            self.assertTrue(mission.published)
        for name in suite_models(self.env.registry):
            model = self.env[name]
            field = model._fields.get("mission_id")
            if model._transient or not field or not model.with_user(technician).has_access("read"):
                continue
            with self.subTest(model=name):
                missions = model.with_user(technician).search([]).sudo().mission_id
                self.assertLessEqual(missions, seen)

    def test_nobody_writes_a_state(self):
        mission = self.missions.filtered(lambda mission: mission.state == "planned")[0]
        for login in ("planner", "manager", "technician"):
            with self.subTest(login=login), self.assertRaises(UserError):
                mission.with_user(self.user(login)).write({"state": "done"})

    def test_a_technician_neither_plans_nor_validates(self):
        done = self.done[0]
        technician = done.technician_id.user_id
        with self.assertRaises(UserError):
            done.with_user(technician).action_unvalidate("essai")
        planned = self.missions.filtered(
            lambda m: m.state == "planned" and technician in m.member_user_ids
        )[0]
        for step in ("action_unplan", "action_unpublish"):
            with self.subTest(step=step), self.assertRaises(UserError):
                getattr(planned.with_user(technician), step)()

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_the_customer_reads_no_other_customers_missions(self):
        customer = self.user("customer")
        shown = self.env["field.mission"].with_user(customer).search([]).sudo()
        own = customer.partner_id.commercial_partner_id
        self.assertLessEqual(shown.partner_id, own)

    def test_the_table_says_what_happened(self):
        text = self.result.text()
        for line in text.splitlines():
            self.assertLess(len(line), 120)
        self.assertEqual(len(self.done), int(self.result.get("Execution", "done")))
