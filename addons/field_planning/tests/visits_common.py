from datetime import date

from odoo.fields import Command

from .common import FieldPlanningCommon

TODAY = "2026-11-24"


class FieldVisitCommon(FieldPlanningCommon):
    """A contract in force over a year with two sites, and plans of visits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.field_visit_horizon = 60
        cls.company.partner_id.write({"zip": "29000", "tz": "Europe/Paris"})
        cls.site2 = cls._site("Site B", zip="67000", city="Strasbourg", tz="Europe/Paris")
        cls.site.tz = "Europe/Paris"
        cls.contract = cls.env["field.contract"].create(
            {
                "name": "Boilers",
                "partner_id": cls.customer.id,
                "date_start": date(2026, 1, 1),
                "date_end": date(2027, 12, 31),
                "state": "active",
            }
        )
        cls.plans = cls.env["field.visit.plan"]
        cls.dues = cls.env["field.visit.due"]

    @classmethod
    def _plan_visits(cls, confirm=True, user=None, **vals):
        """A plan of weekly visits on Mondays from 30 November 2026 on, written 60 days ahead."""
        values = {
            "contract_id": cls.contract.id,
            "site_ids": [Command.set(cls.site.ids)],
            "service_type_id": cls.type.id,
            "date_start": date(2026, 11, 30),
            "rule_unit": "week",
            "rule_interval": 1,
            "mon": True,
            **vals,
        }
        plan = cls.plans.with_user(user or cls.planner).create(values)
        if confirm:
            plan.action_confirm()
        return plan

    @staticmethod
    def _generate(plans):
        """Make the missions of plans now; return how many."""
        return sum(plans._generate_batches())

    def _days(self, plan):
        return plan.due_ids.sorted("due_date").mapped("due_date")
