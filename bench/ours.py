"""The cases on the Field suite, all five addons installed, as a planner and an accountant."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta

from . import evidence
from .measure import Cost, measured

MONDAY = datetime(2026, 11, 30, 7, 0)
CHECKS = 10


class Ours:
    """A company with sites, technicians and one service type of ten checks.

    :param env: environment of the superuser; everything is rolled back by the caller
    :param size: number of missions of a case
    """

    def __init__(self, env, size: int):
        self.size, self.random = size, random.Random(7)
        self.root = env(context={**env.context, "tz": "Europe/Paris", "lang": "en_US"})
        groups = (
            "field_mission.group_field_manager",
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
        # Whatever is read once a process (groups, sequences, views) is not the case's cost.
        self._create(2)

    def _people_and_places(self) -> None:
        env = self.root
        self.customers = env["res.partner"].create(
            [{"name": f"Customer {n}", "is_company": True} for n in range(20)]
        )
        self.sites = env["res.partner"].create(
            [
                {
                    "name": f"Site {n}",
                    "is_field_site": True,
                    "site_customer_id": self.customers[n % 20].id,
                    "zip": "49000",
                    "city": "Angers",
                    "partner_latitude": 47 + self.random.random(),
                    "partner_longitude": -1 + self.random.random(),
                }
                for n in range(200)
            ]
        )
        self.technicians = env["hr.employee"].create(
            [{"name": f"Technician {n}", "is_field_technician": True} for n in range(50)]
        )
        checklist = env["field.checklist"].create(
            {
                "name": "Bench",
                "item_ids": [
                    (0, 0, {"name": f"Check {n}", "kind": "yesno", "sequence": n})
                    for n in range(CHECKS)
                ],
            }
        )
        checklist.action_publish()
        self.product = self._visit("Visit")
        self.type = env["field.service.type"].create(
            {
                "name": "Visit",
                "default_duration": 1.0,
                "checklist_id": checklist.id,
                "product_id": self.product.id,
            }
        )

    def _visit(self, name: str):
        return self.root["product.product"].create(
            {"name": name, "type": "service", "list_price": 100.0, "invoice_policy": "delivery"}
        )

    def _values(self, number: int) -> dict:
        return {
            "site_id": self.sites[number % len(self.sites)].id,
            "service_type_id": self.type.id,
            "technician_id": self.technicians[number % len(self.technicians)].id,
            "planned_start": MONDAY + timedelta(days=number % 5, hours=number % 8),
            "planned_duration": 1.0,
        }

    def _create(self, count: int):
        return self.env["field.mission"].create([self._values(n) for n in range(count)])

    def _published(self, count: int):
        missions = self._create(count)
        missions.action_plan()
        missions.action_publish()
        return missions

    def _under_way(self, count: int):
        missions = self._published(count)
        missions.action_start()
        return missions

    def _answers(self, missions) -> dict[int, list[dict]]:
        return {
            mission.id: [{"check_id": check.id, "yesno": "yes"} for check in mission.check_ids]
            for mission in missions
        }

    def _times(self, missions) -> None:
        # Nobody may write times directly but the guarded actions, which are one mission's.
        self.root["field.mission.time"].create(
            [
                {
                    "mission_id": mission.id,
                    "employee_id": mission.technician_id.id,
                    "kind": "on_site",
                    "start": mission.planned_start,
                    "stop": mission.planned_start + timedelta(hours=1),
                }
                for mission in missions
            ]
        )

    # --- the cases: each yields (label, Cost) ---

    def create(self):
        """Create missions of ten checks each with one `create`."""
        values = [self._values(number) for number in range(self.size)]
        with measured(self.env, self.size) as cost:
            missions = self.env["field.mission"].create(values)
        assert len(missions.check_ids) == CHECKS * self.size
        yield "create, 10 checks each", cost

    def reschedule(self):
        """Move and assign missions with one `write`; each keeps a trace of its own."""
        missions = self._create(self.size)
        missions.action_plan()
        self.env.flush_all()
        before = self.env["field.mission.event"].search_count([])
        change = {
            "planned_start": MONDAY + timedelta(days=7),
            "technician_id": self.technicians[0].id,
        }
        with measured(self.env, self.size) as cost:
            missions.write(change)
        traced = self.env["field.mission.event"].search_count([]) - before
        # Those that Technician 0 had already are traced too: their slot moved.
        assert traced == self.size, f"{traced} of {self.size} traced"
        yield "reschedule and assign, one write", cost

    def complete(self):
        """Finish missions: together from the office, and one by one as the app does."""
        missions = self._under_way(self.size)
        answers = self._answers(missions)
        with measured(self.env, self.size) as cost:
            self._answer(missions, answers)
            self._times(missions)
            missions.action_done()
        assert set(missions.mapped("state")) == {"done"}
        yield "complete, one call", cost
        some = self._published(min(50, self.size))
        answers = self._answers(some)
        with measured(self.env, len(some)) as cost:
            for mission in some:
                mission.invalidate_recordset()
                mission.action_arrive()
                mission.action_answer_checks(answers[mission.id])
                mission.action_done()
                self.env.cr.flush()
        yield "complete, one by one", cost

    @staticmethod
    def _answer(missions, answers) -> None:
        missions.action_answer_checks([one for found in answers.values() for one in found])

    def app(self):
        """Take a technician's day as the phone sends it: 200 operations, twenty at a time."""
        missions, operations = self._day_of_the_app(12, 200)
        sender = self.env(user=missions.technician_id.user_id.id)
        with measured(sender, len(operations)) as cost:
            results = []
            for start in range(0, len(operations), 20):
                sender.invalidate_all()
                batch = operations[start : start + 20]
                results += sender["field.operation"].action_apply(batch)
                sender.cr.flush()
        states = {result["state"] for result in results}
        assert states == {"applied"}, [r for r in results if r["state"] != "applied"][:3]
        yield "200 operations of the app", cost

    def _day_of_the_app(self, count: int, size: int):
        """Return missions of one technician, and what they do there in the order of the day."""
        user = self.root["res.users"].create(
            {
                "name": "Phone",
                "login": "bench-phone",
                "email": "phone@example.com",
                "group_ids": [(4, self.root.ref("field_mission.group_field_technician").id)],
            }
        )
        self.technicians[0].user_id = user
        values = {**self._values(0), "planned_start": datetime.now().replace(microsecond=0)}
        missions = self.env["field.mission"].create([values] * count)
        missions.action_plan()
        missions.action_publish()
        clock = datetime.now().replace(microsecond=0) - timedelta(hours=8)
        operations = []
        for mission in missions:
            kinds = [("mission.travel", {}), ("mission.arrive", {})]
            kinds += [("check.set", {"check_id": c.id, "yesno": "yes"}) for c in mission.check_ids]
            kinds += [
                ("material.add", {"description": "Bolt", "quantity": 2}),
                ("photo", {"uuid": str(uuid.uuid4()), "sha256": "0" * 64}),
                ("mission.conclusion", {"text": "Done"}),
                ("mission.pause", {}),
                ("mission.resume", {}),
            ]
            for kind, payload in kinds:
                clock += timedelta(minutes=2)
                operations.append(
                    {
                        "uuid": str(uuid.uuid4()),
                        "kind": kind,
                        "mission_id": mission.id,
                        "payload": payload,
                        "at": str(clock),
                    }
                )
        return missions, operations[:size]

    def invoice(self):
        """Turn validated missions into draft invoices; before, what Odoo needs for the same."""
        self.root["field.billing.rule"].create(
            {
                "name": "Visit",
                "kind": "fixed",
                "price_unit": 100.0,
                "product_id": self.product.id,
                "service_type_ids": [(6, 0, self.type.ids)],
            }
        )
        self.env.company.sudo().field_billing_grouping = "mission"
        missions = self._under_way(self.size)
        self._answer(missions, self._answers(missions))
        self._times(missions)
        missions.action_done()
        missions.action_validate()
        missions.action_bill()
        orders = missions.sudo().charge_ids.sale_order_id.with_env(self.env)
        assert len(orders) == self.size, f"{len(orders)} orders for {self.size} missions"
        native = self._native_orders(orders)
        native_cost = self._invoiced(native)
        yield "Odoo alone: same orders and lines → draft invoices", native_cost
        yield "done missions → draft invoices", self._invoiced(orders)

    def _native_orders(self, orders):
        """Return orders with the same customers and lines, made without any mission."""
        product = self._visit("Visit without mission")
        native = self.env["sale.order"].create(
            [
                {
                    "partner_id": order.partner_id.id,
                    "order_line": [
                        (0, 0, self._native_line(line, product)) for line in order.order_line
                    ],
                }
                for order in orders
            ]
        )
        native.action_confirm()
        for line in native.order_line.filtered(lambda line: not line.display_type):
            line.qty_delivered = 1.0
        return native

    @staticmethod
    def _native_line(line, product) -> dict:
        if line.display_type:
            return {"display_type": line.display_type, "name": line.name}
        return {
            "product_id": product.id,
            "name": line.name,
            "product_uom_qty": 1.0,
            "price_unit": line.price_unit,
        }

    def _invoiced(self, orders) -> Cost:
        with measured(self.env, len(orders)) as cost:
            moves = orders._create_invoices(grouped=True)
        assert len(moves) == len(orders), f"{len(moves)} invoices for {len(orders)} orders"
        return cost

    def recurring(self):
        """Make a year of weekly visits for one contract in twenty of the size, in one run."""
        count = max(1, self.size // 20)
        contracts = self.env["field.contract"].create(
            [
                {
                    "name": f"Contract {number}",
                    "partner_id": self.customers[number % 20].id,
                    "date_start": "2026-11-30",
                    "state": "active",
                }
                for number in range(count)
            ]
        )
        plans = self.env["field.visit.plan"].create(
            [
                {
                    "contract_id": contract.id,
                    "site_ids": [(6, 0, self.sites[number % 200].ids)],
                    "service_type_id": self.type.id,
                    "date_start": "2026-11-30",
                    "rule_unit": "week",
                    "mon": True,
                    "holiday_action": "keep",
                    "horizon_days": 6 + (MONDAY.date() - self._today()).days + 52 * 7,
                }
                for number, contract in enumerate(contracts)
            ]
        )
        plans.action_confirm()
        with measured(self.env, 53 * count) as cost:
            made = sum(plans._generate_batches())
        assert made == 53 * count, f"{made} visits of {53 * count}"
        yield "a year of weekly visits, 50 contracts", cost
        run = self.root["field.visit.plan"]
        run._cron_generate()
        with measured(self.root, 1) as cost:
            run._cron_generate()
        yield "the daily run with nothing to do", cost

    def _today(self):
        from odoo import fields

        return fields.Date.context_today(self.root["field.visit.plan"])

    def week(self):
        """Open the board on one week of 50 technicians, 14 missions each: absences, load, travel."""
        count = self.size * 7 // 10
        values = [self._values(number) for number in range(count)]
        for number, vals in enumerate(values):
            round_of_all, day = number // 50, number // 50 % 5
            vals["planned_start"] = MONDAY + timedelta(days=day, hours=round_of_all // 5 * 2)
        missions = self.env["field.mission"].create(values)
        missions.action_plan()
        self.env.flush_all()
        self.env.cr.execute("ANALYZE field_mission")
        domain = [("id", "in", missions.ids), ("technician_id", "in", self.technicians.ids)]
        arguments = (domain, "2026-11-29 23:00:00", "2026-12-06 23:00:00")
        self.env["field.mission"].field_board_read(*arguments)
        with measured(self.env, 1) as cost:
            found = self.env["field.mission"].field_board_read(*arguments)
        assert len(found["missions"]) == count, len(found["missions"])
        assert len(found["people"]) == 50
        assert all(row["tours"] and row["days"] for row in found["people"])
        yield "board, a week of 50 technicians", cost

    def list(self):
        """Open the list and the kanban of ten times as many missions, and group them."""
        for start in range(0, self.size * 10, 1000):
            count = min(1000, self.size * 10 - start)
            self.env["field.mission"].create([self._values(start + n) for n in range(count)])
        self.env.flush_all()
        self.env.cr.execute("ANALYZE field_mission")
        for kind in ("list", "kanban"):
            yield f"first 80 in the {kind}", self._opened(kind)
        model = self.env["field.mission"]
        model.formatted_read_group([], ["technician_id"], ["__count"])
        with measured(self.env, 1) as cost:
            model.formatted_read_group([], ["technician_id", "planned_start:day"], ["__count"])
        yield "group by technician and day", cost

    def evidence(self):
        """Verify sealed dossiers, make one into a PDF, open a customer's list of many missions."""
        yield from evidence.cases(self)

    def _opened(self, kind: str) -> Cost:
        model = self.env["field.mission"]
        specification = specification_of(model, kind)
        model.web_search_read([], specification, limit=80)
        with measured(self.env, 1) as cost:
            found = model.web_search_read([], specification, limit=80)
        assert len(found["records"]) == min(80, self.size * 10)
        return cost


def specification_of(model, kind: str) -> dict:
    """Return what the web client asks for when it opens a view: its fields, names of records."""
    from lxml import etree

    view = model.get_view(view_type=kind)
    fields = model.fields_get(attributes=["type"])
    specification = {}
    for node in etree.fromstring(view["arch"]).iter("field"):
        # Fields inside another field's own list are that list's.
        if node.getparent().iterancestors("field") and any(node.iterancestors("field")):
            continue
        name = node.get("name")
        many2one = fields.get(name, {}).get("type") in ("many2one", "reference")
        x2many = fields.get(name, {}).get("type") in ("one2many", "many2many")
        # Fields that Odoo adds for conditions and domains are never shown: no name is asked for.
        hidden = {node.get("invisible"), node.get("column_invisible")} & {"True", "1"}
        if hidden:
            specification[name] = {"fields": {}} if many2one else {}
            continue
        names = {"fields": {"display_name": {}}}
        specification[name] = names if many2one or x2many else {}
    return specification
