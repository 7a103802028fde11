"""The weeks before the planning: what contracts owe, driven to, proved and invoiced.

The company has worked with the suite for a few weeks when its planning is imported: visits of its
contracts were written by visit plans, ordered by the optimiser and worked off.
"""

from __future__ import annotations

from datetime import timedelta

from odoo.fields import Command

from . import fieldwork, office, tours
from .clock import local

# Weeks before the planning's first one, and after it; its own week belongs to the spreadsheet.
PAST, AHEAD = (-3, -2, -1), (1, 2)
ROUNDS = (*PAST, *AHEAD)
# What each customer's contract owes, by the customer's code.
OWED = {
    "HTR": "Entretien chaudière",
    "RVL": "Vérification extincteurs",
    "LAR": "Nettoyage VMC",
}
WEEKDAYS = ("tue", "wed", "thu")
# What is looked after on each of their sites, and how many.
EQUIPMENT = {"HTR": ("Chaudière", 1), "RVL": ("Extincteur", 3), "LAR": ("Caisson VMC", 2)}


def first_moment(start):
    """When the company starts: the Friday before the first past week, in the morning.

    :param start: first day of the planning
    """
    return local(_monday(start) + timedelta(weeks=PAST[0], days=-3), 9)


def _monday(day):
    return day - timedelta(days=day.weekday())


def live(desk, start):
    """Make the visit plans, and live the past weeks one after the other.

    :param start: first day of the planning
    """
    monday = _monday(start)
    equip_sites(desk)
    plans = _make_plans(desk, monday)
    for week in PAST:
        if desk.get_mark(f"history{week}"):
            continue
        first = monday + timedelta(weeks=week)
        days = [first + timedelta(days=number) for number in range(5)]
        desk.at(local(first - timedelta(days=3), 16))
        plans.with_env(desk.as_user("planner")).action_generate()
        _name_equipment(desk)
        tours.plan_tours(desk, days)
        desk.at(local(days[0], 6))
        fieldwork.work_off(desk, days)
        desk.at(local(days[-1], 20))
        office.close_missions(desk, days)
        if week == PAST[-1]:
            office.prove(desk, days)
            office.bill(desk)
        desk.set_mark(f"history{week}", "1")
        desk.commit()


def equip_sites(desk):
    """Name the equipment that the contracts look after, on each site that they owe visits to."""
    if desk.get_mark("equipment"):
        return
    for code, (kind, number) in EQUIPMENT.items():
        customer = desk.find(f"customer_{code}")
        sites = desk.env["res.partner"].search(
            [("is_field_site", "=", True), ("site_customer_id", "=", customer.id)], order="id"
        )
        desk.as_user("planner")["field.equipment"].create(
            [
                {
                    "name": f"{kind} {place}" if number > 1 else kind,
                    "serial": f"{code}-{site.id:05d}-{place}",
                    "site_id": site.id,
                    "date_installed": f"20{10 + site.id % 13:02d}-0{1 + site.id % 9}-12",
                }
                for site in sites
                for place in range(1, number + 1)
            ]
        )
    desk.set_mark("equipment", "1")
    desk.commit()


def _name_equipment(desk):
    """Say of each visit to come which equipment of its site it is about."""
    visits = desk.as_user("planner")["field.mission"].search(
        [
            ("company_id", "=", desk.company.id),
            ("state", "=", "draft"),
            ("origin", "=", "contract"),
            ("equipment_ids", "=", False),
        ]
    )
    for site, missions in visits.grouped("site_id").items():
        missions.equipment_ids = site.site_equipment_ids


def _make_plans(desk, monday):
    """Return the plans, made where missing: each site of a contract is visited every five weeks."""
    plans = desk.env["field.visit.plan"]
    for code, service in OWED.items():
        customer = desk.find(f"customer_{code}")
        sites = desk.env["res.partner"].search(
            [("is_field_site", "=", True), ("site_customer_id", "=", customer.id)], order="id"
        )
        service_type = desk.env["field.service.type"].search([("name", "=", service)], limit=1)
        for turn, week in enumerate(ROUNDS):
            plans |= desk.make(
                f"plan_{code}_{turn}",
                "field.visit.plan",
                {
                    "name": f"{service} · tournée {turn + 1}",
                    "contract_id": desk.find(f"contract_{customer.id}").id,
                    "site_ids": [Command.set(sites[turn :: len(ROUNDS)].ids)],
                    "service_type_id": service_type.id,
                    "date_start": monday + timedelta(weeks=week),
                    "rule_unit": "week",
                    "rule_interval": len(ROUNDS),
                    WEEKDAYS[turn % len(WEEKDAYS)]: True,
                    "tolerance_days": 2,
                },
                "planner",
            )
    drafts = plans.filtered(lambda plan: plan.state == "draft")
    if drafts:
        desk.say(f"planner: {len(drafts)} visit plans put into force")
        drafts.with_env(desk.as_user("planner")).action_confirm()
        desk.commit()
    return plans
