"""The same cases on OCA field-service 19.0, in a database of its own."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from .measure import Cost, measured
from .ours import specification_of

MONDAY = datetime(2026, 11, 30, 7, 0)
CHECKS = 10


class Peer:
    """A company with locations, workers and one template of ten activities."""

    def __init__(self, env, size: int):
        self.size, self.random = size, random.Random(7)
        self.root = env(context={**env.context, "tz": "Europe/Paris", "lang": "en_US"})
        groups = (
            "fieldservice.group_fsm_manager",
            "account.group_account_invoice",
            "sales_team.group_sale_manager",
        )
        user = self.root["res.users"].create(
            {
                "name": "Bench",
                "login": "bench",
                "email": "bench@example.com",
                "group_ids": [(4, self.root.ref(group).id) for group in groups],
            }
        )
        self.env = self.root(user=user.id)
        self._people_and_places()
        self._create(2)

    def _people_and_places(self) -> None:
        env = self.root
        self.customers = env["res.partner"].create(
            [{"name": f"Customer {n}", "is_company": True} for n in range(20)]
        )
        self.locations = env["fsm.location"].create(
            [
                {
                    "name": f"Location {n}",
                    "owner_id": self.customers[n % 20].id,
                    "zip": "49000",
                    "city": "Angers",
                }
                for n in range(200)
            ]
        )
        self.workers = env["fsm.person"].create([{"name": f"Worker {n}"} for n in range(50)])
        self.template = env["fsm.template"].create(
            {
                "name": "Visit",
                "duration": 1.0,
                "temp_activity_ids": [
                    (0, 0, {"name": f"Check {n}", "required": True, "sequence": n})
                    for n in range(CHECKS)
                ],
            }
        )
        self.product = env["product.product"].create(
            {
                "name": "Visit",
                "type": "service",
                "list_price": 100.0,
                "invoice_policy": "delivery",
                "field_service_tracking": "line",
                "fsm_order_template_id": self.template.id,
            }
        )

    def _values(self, number: int) -> dict:
        return {
            "location_id": self.locations[number % len(self.locations)].id,
            "template_id": self.template.id,
            "person_id": self.workers[number % len(self.workers)].id,
            "scheduled_date_start": MONDAY + timedelta(days=number % 5, hours=number % 8),
            "scheduled_duration": 1.0,
        }

    def _create(self, count: int):
        return self.env["fsm.order"].create([self._values(n) for n in range(count)])

    def create(self):
        """Create orders of ten activities each with one `create`."""
        values = [self._values(number) for number in range(self.size)]
        with measured(self.env, self.size) as cost:
            orders = self.env["fsm.order"].create(values)
        assert len(orders.order_activity_ids) == CHECKS * self.size
        yield "create, 10 checks each", cost

    def reschedule(self):
        """Move and assign orders: one `write` crashes (it reads one duration of many), so each."""
        orders = self._create(self.size)
        change = {
            "scheduled_date_start": MONDAY + timedelta(days=7),
            "person_id": self.workers[0].id,
        }
        with measured(self.env, self.size) as cost:
            try:
                with self.env.cr.savepoint():
                    orders.write({**change, "scheduled_duration": 1.0})
            except ValueError:
                for order in orders:
                    order.write({**change, "scheduled_duration": 1.0})
        yield "reschedule and assign, one write", cost

    def complete(self):
        """Tick the activities and complete the orders, together and one by one."""
        orders = self._create(self.size)
        with measured(self.env, self.size) as cost:
            orders.order_activity_ids.action_done()
            orders.write({"date_start": MONDAY, "date_end": MONDAY + timedelta(hours=1)})
            orders.action_complete()
        yield "complete, one call", cost
        some = self._create(min(50, self.size))
        with measured(self.env, len(some)) as cost:
            for order in some:
                order.invalidate_recordset()
                order.order_activity_ids.action_done()
                order.write({"date_start": MONDAY, "date_end": MONDAY + timedelta(hours=1)})
                order.action_complete()
                self.env.cr.flush()
        yield "complete, one by one", cost

    def invoice(self):
        """Confirm one order a location, complete its work, make the draft invoices."""
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.customers[number % 20].id,
                    "fsm_location_id": self.locations[number % 200].id,
                    "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 1})],
                }
                for number in range(self.size)
            ]
        )
        # Together it crashes: the confirmation expects one order.
        for order in orders:
            order.action_confirm()
        work = orders.order_line.fsm_order_id
        work.order_activity_ids.action_done()
        work.action_complete()
        with measured(self.env, self.size) as cost:
            moves = orders._create_invoices(grouped=True)
        assert len(moves) == self.size
        yield "done missions → draft invoices", cost

    def recurring(self):
        """Start weekly recurring orders over a year, then run their cron with nothing to do."""
        count = max(1, self.size // 20)
        frequency = self.root["fsm.frequency"].create(
            {"name": "Week", "interval": 1, "interval_type": "weekly"}
        )
        days = (MONDAY - datetime.now()).days + 1 + 52 * 7
        frequencies = self.root["fsm.frequency.set"].create(
            {
                "name": "Week",
                "schedule_days": days + 3,
                "fsm_frequency_ids": [(6, 0, frequency.ids)],
            }
        )
        recurring = self.root["fsm.recurring"].create(
            [
                {
                    "location_id": self.locations[number % 200].id,
                    "fsm_frequency_set_id": frequencies.id,
                    "fsm_order_template_id": self.template.id,
                    "start_date": MONDAY,
                }
                for number in range(count)
            ]
        )
        with measured(self.root, 53 * count) as cost:
            recurring.action_start()
        assert len(recurring.fsm_order_ids) == 53 * count, len(recurring.fsm_order_ids)
        yield "a year of weekly visits, 50 contracts", cost
        self.root["fsm.recurring"]._cron_scheduled_task()
        with measured(self.root, 1) as cost:
            self.root["fsm.recurring"]._cron_scheduled_task()
        yield "the daily run with nothing to do", cost

    def week(self):
        """Open the calendar on one week of 50 technicians, 14 orders each."""
        count = self.size * 7 // 10
        model = self.env["fsm.order"]
        orders = model.create([self._values(number) for number in range(count)])
        self.env.flush_all()
        self.env.cr.execute("ANALYZE fsm_order")
        specification = specification_of(model, "calendar")
        model.web_search_read([("id", "in", orders.ids)], specification)
        with measured(self.env, 1) as cost:
            model.web_search_read([("id", "in", orders.ids)], specification)
        yield "board, a week of 50 technicians", cost

    def list(self):
        """Open the list and the kanban of ten times as many orders, and group them."""
        for start in range(0, self.size * 10, 1000):
            count = min(1000, self.size * 10 - start)
            self.env["fsm.order"].create([self._values(start + n) for n in range(count)])
        self.env.flush_all()
        self.env.cr.execute("ANALYZE fsm_order")
        for kind in ("list", "kanban"):
            yield f"first 80 in the {kind}", self._opened(kind)
        model = self.env["fsm.order"]
        model.formatted_read_group([], ["person_id"], ["__count"])
        with measured(self.env, 1) as cost:
            model.formatted_read_group([], ["person_id", "scheduled_date_start:day"], ["__count"])
        yield "group by technician and day", cost

    def _opened(self, kind: str) -> Cost:
        model = self.env["fsm.order"]
        specification = specification_of(model, kind)
        model.web_search_read([], specification, limit=80)
        with measured(self.env, 1) as cost:
            model.web_search_read([], specification, limit=80)
        return cost
