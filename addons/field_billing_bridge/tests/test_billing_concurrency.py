from contextlib import contextmanager
from datetime import datetime

from psycopg2 import IntegrityError
from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import SQL, mute_logger

START = datetime(2025, 6, 3, 8, 0)


@contextmanager
def transaction():
    """A transaction of its own, committed at the end: other people see what it did."""
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


@tagged("post_install", "-at_install")
class TestBillingConcurrency(BaseCase):
    """Two accountants press the same button at the same time, with real commits."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean)
        self.made = {}
        with transaction() as env:
            self._make_mission(env)

    def _make_mission(self, env):
        company = env.company
        if not env["account.journal"].search_count(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        ):
            env["account.chart.template"].try_loading(
                "generic_coa", company=company, install_demo=False
            )
        product = env["product.product"].create(
            {"name": "Concurrent work", "type": "service", "list_price": 100.0}
        )
        customer = env["res.partner"].create({"name": "Concurrent customer", "is_company": True})
        site = env["res.partner"].create(
            {"name": "Concurrent site", "is_field_site": True, "site_customer_id": customer.id}
        )
        technician = env["hr.employee"].create(
            {"name": "Concurrent technician", "is_field_technician": True}
        )
        service = env["field.service.type"].create(
            {"name": "Concurrent service", "product_id": product.id}
        )
        mission = env["field.mission"].create(
            {
                "site_id": site.id,
                "service_type_id": service.id,
                "technician_id": technician.id,
                "planned_start": START,
            }
        )
        mission.action_plan()
        mission.action_publish()
        mission.action_start(at=START)
        mission.action_done(at=START)
        mission.action_validate()
        self.charge_ids = mission.charge_ids.ids
        self.made = {
            "field.mission": mission.ids,
            "field.request": mission.request_id.ids,
            "field.service.type": service.ids,
            "hr.employee": technician.ids,
            "res.partner": (site | customer).ids,
            "product.product": product.ids,
        }

    def _clean(self):
        """Leave nothing behind that another test could meet.

        A mission that was worked on can't be deleted but by SQL; where its dossier is sealed, not
        even so: then everything is archived.
        """
        with transaction() as env:
            orders = env["sale.order"].search([("partner_id", "in", self.made["res.partner"])])
            orders.invoice_ids.unlink()
            orders.with_context(disable_cancel_warning=True)._action_cancel()
            orders.unlink()
            env.flush_all()
            env.invalidate_all()
            try:
                with env.cr.savepoint(), mute_logger("odoo.sql_db"):
                    self._delete(env)
            except IntegrityError:
                env.invalidate_all()
                for model, ids in self.made.items():
                    env[model].browse(ids).action_archive()

    def _delete(self, env):
        self._forget(env, "field_charge", self.charge_ids)
        for model, ids in self.made.items():
            if model in ("field.mission", "field.request"):
                self._forget(env, env[model]._table, ids)
                env.invalidate_all()
            else:
                env[model].browse(ids).unlink()

    def _forget(self, env, table, ids):
        """Delete rows and whatever refuses to lose them, in whichever addon it is."""
        if not ids:
            return
        env.cr.execute(
            """SELECT conrelid::regclass::text, attname
                 FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
                WHERE confrelid = %s::regclass AND contype = 'f' AND confdeltype IN ('a', 'r')""",
            [table],
        )
        for child, column in env.cr.fetchall():
            column = SQL.identifier(column)
            child_table = SQL.identifier(child.strip('"'))
            env.cr.execute(SQL("SELECT id FROM %s WHERE %s IN %s", child_table, column, tuple(ids)))
            self._forget(env, child.strip('"'), [row[0] for row in env.cr.fetchall()])
        env.cr.execute(SQL("DELETE FROM %s WHERE id IN %s", SQL.identifier(table), tuple(ids)))

    @contextmanager
    def _two_people(self):
        """Two transactions, both begun before either does anything, as two people's clicks are."""
        registry = Registry(get_db_name())
        with registry.cursor() as first, registry.cursor() as second:
            for cr in (first, second):
                cr.execute("SELECT count(*) FROM field_charge")
            yield (
                api.Environment(first, SUPERUSER_ID, {}),
                api.Environment(second, SUPERUSER_ID, {}),
            )

    def _refused(self, env, act, error):
        """The database refuses ``act`` with an error after which Odoo starts the request again."""
        self.assertTrue(issubclass(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY))
        with mute_logger("odoo.sql_db"), self.assertRaises(error):
            act(env)
            env.flush_all()
        env.cr.rollback()
        env.transaction.reset()

    def _release(self, env):
        return env["field.charge"].browse(self.charge_ids).action_release()

    def _invoice(self, env):
        return env["field.charge"].browse(self.charge_ids).sale_order_id._create_invoices()

    def _withdraw(self, env):
        return env["field.mission"].browse(self.made["field.mission"]).action_unvalidate("Wrong")

    def _once(self, act):
        """Whoever comes second, during the first one's work or right after it, finds nothing."""
        with self._two_people() as (first, second):
            act(first)
            first.flush_all()
            self._refused(second, act, LockNotAvailable)
            first.cr.commit()
            with self.assertRaises(UserError):
                act(second)
            second.cr.rollback()

    def test_released_once(self):
        self._once(self._release)
        with transaction() as env:
            charges = env["field.charge"].browse(self.charge_ids)
            lines = env["sale.order.line"].search(
                [("product_id", "in", self.made["product.product"])]
            )
            self.assertEqual(lines, charges.sale_line_id)
            self.assertEqual(lines.qty_to_invoice, 1.0)

    def test_released_once_when_the_other_has_just_finished(self):
        with self._two_people() as (first, second):
            self._release(first)
            first.cr.commit()
            self._refused(second, self._release, SerializationFailure)
            with self.assertRaises(UserError):
                self._release(second)
            second.cr.rollback()

    def test_invoiced_once(self):
        with transaction() as env:
            self._release(env)
        self._once(self._invoice)
        with transaction() as env:
            charges = env["field.charge"].browse(self.charge_ids)
            self.assertEqual(len(charges.sale_order_id.invoice_ids), 1)
            self.assertEqual(charges.mapped("state"), ["invoicing"])

    def test_invoiced_once_when_the_other_has_just_finished(self):
        with transaction() as env:
            self._release(env)
        with self._two_people() as (first, second):
            self._invoice(first)
            first.cr.commit()
            self._refused(second, self._invoice, SerializationFailure)
            with self.assertRaises(UserError):
                self._invoice(second)
            second.cr.rollback()

    def test_withdrawn_while_it_is_released(self):
        with self._two_people() as (first, second):
            self._release(first)
            first.flush_all()
            self._refused(second, self._withdraw, LockNotAvailable)
            first.cr.commit()
            self._withdraw(second)
            second.cr.commit()
        with transaction() as env:
            mission = env["field.mission"].browse(self.made["field.mission"])
            self.assertFalse(mission.charge_ids)
            live = [("product_id", "in", self.made["product.product"]), ("qty_to_invoice", ">", 0)]
            self.assertFalse(env["sale.order.line"].search(live))

    def test_invoiced_while_it_is_withdrawn(self):
        with transaction() as env:
            self._release(env)
        with self._two_people() as (first, second):
            self._withdraw(first)
            first.flush_all()
            self._refused(second, self._invoice, LockNotAvailable)
            first.cr.commit()
            with self.assertRaises(UserError):
                self._invoice(second)
            second.cr.rollback()
