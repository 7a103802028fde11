"""What the company agreed with its customers: contracts, response target, prices."""

from __future__ import annotations

from odoo.fields import Command

from . import trade
from .company import service_vat

# Business hours from the call to the arrival.
RESPONSE_HOURS = 10.0
OPENING = ((8.0, 12.0), (13.0, 17.0))


def make_contracts(desk, customers, first_day):
    """Make an active contract for each customer, and one response target for all of them.

    :param customers: ``res.partner`` records
    :param first_day: contracts start on the first of January of its year
    :return: the contracts
    """
    manager = desk.as_user("manager")
    contracts = desk.env["field.contract"]
    for customer in customers:
        contract = desk.make(
            f"contract_{customer.id}",
            "field.contract",
            {
                "name": f"Contrat de maintenance {customer.name}",
                "reference": f"CM-{first_day.year}-{customer.id}",
                "partner_id": customer.id,
                "date_start": first_day.replace(month=1, day=1),
            },
            "manager",
        )
        if contract.state == "draft":
            contract.with_env(manager).action_activate()
        contracts |= contract
    _make_response_target(desk, contracts)
    return contracts


def _make_response_target(desk, contracts):
    calendar = desk.make("office_hours", "resource.calendar", _calendar_values(desk))
    breakdowns = desk.env["field.service.type"].search([("name", "ilike", "dépannage")])
    desk.make(
        "policy",
        "field.sla.policy",
        {
            "name": f"Dépannage : sur place en {RESPONSE_HOURS:g} h ouvrées",
            "contract_ids": [Command.set(contracts.ids)],
            "service_type_ids": [Command.set(breakdowns.ids)],
            "calendar_id": calendar.id,
            "target_ids": [Command.create({"kind": "on_site", "hours": RESPONSE_HOURS})],
        },
        "manager",
    )


def _calendar_values(desk):
    return {
        "name": "Heures ouvrées 8 h-12 h, 13 h-17 h",
        "tz": "Europe/Paris",
        "company_id": desk.company.id,
        "attendance_ids": [Command.clear()]
        + [
            Command.create(
                {
                    "name": "Bureau",
                    "dayofweek": str(day),
                    "hour_from": start,
                    "hour_to": stop,
                    "day_period": "morning" if start < 12 else "afternoon",
                }
            )
            for day in range(5)
            for start, stop in OPENING
        ],
    }


def make_prices(desk, types):
    """Make the billing rules: each type's own price, travel, parts and wasted trips.

    :param types: ``field.service.type`` records
    """
    by_time = types.browse()
    for service in types:
        known = trade.trade_for(service.name)
        if known.price_kind == "time":
            by_time |= service
        desk.make(
            f"rule_{service.id}",
            "field.billing.rule",
            {
                "name": f"{service.name} : {LABELS[known.price_kind]}",
                "kind": known.price_kind,
                "service_type_ids": [Command.set(service.ids)],
                "product_id": service.product_id.id,
                "price_unit": known.price,
                **_terms(known),
            },
            "manager",
        )
    _make_travel_rule(desk, by_time)
    desk.make(
        "rule_parts",
        "field.billing.rule",
        {"name": "Pièces au tarif", "kind": "material", "parts": "billable"},
        "manager",
    )
    _make_flat_rule(desk, "wasted", "Déplacement inutile", 45.0, types.browse())


LABELS = {"fixed": "forfait", "unit": "à l'unité", "time": "régie"}


def _terms(known):
    if known.price_kind == "time":
        return {"bill_on_site": True, "bill_waiting": True, "rounding": 15, "minimum": 60}
    if known.price_kind == "unit":
        return {"counter": "check", "counter_name": known.counted, "includes_travel": True}
    return {"includes_travel": True}


def _make_travel_rule(desk, types):
    if types:
        _make_flat_rule(desk, "travel", "Déplacement", 38.0, types)


def _make_flat_rule(desk, kind, name, price, types):
    product = desk.make(
        f"service_{kind}",
        "product.product",
        {
            "name": name,
            "type": "service",
            "list_price": price,
            "taxes_id": [Command.set(service_vat(desk).ids)],
            "invoice_policy": "delivery",
        },
        "manager",
    )
    desk.make(
        f"rule_{kind}",
        "field.billing.rule",
        {
            "name": f"{name} : forfait",
            "kind": kind,
            "service_type_ids": [Command.set(types.ids)],
            "product_id": product.id,
            "price_unit": price,
        },
        "manager",
    )
