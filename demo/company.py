"""Step 1 of the main job: the company, its people, what it does, what it owns."""

from __future__ import annotations

import base64

from odoo.fields import Command

from . import drawings, trade
from .week import Week, vat_of

SIREN = "999900079"  # well-formed, of a range that nobody has

# login (also the password: the demo listens on 127.0.0.1 only) → name and groups
PEOPLE = {
    "manager": (
        "Claire Bernard",
        "field_mission.group_field_manager",
        "hr.group_hr_user",
        "hr_holidays.group_hr_holidays_user",
        "sales_team.group_sale_manager",
        "product.group_product_manager",
        "stock.group_stock_manager",
    ),
    "planner": ("Sylvie Marchand", "field_mission.group_field_planner"),
    "accountant": (
        "Denis Leroux",
        "account.group_account_manager",
        "sales_team.group_sale_salesman_all_leads",
    ),
}
# Where each of them starts.
HOMES = {
    "manager": "field_mission.field_mission_action",
    "planner": "field_mission.field_mission_action",
    "accountant": "field_billing_bridge.field_charge_action_to_bill",
    "technician": "field_mission.field_mission_action_my",
}
CUSTOMER = ("customer", "Nadia Benali")
TECHNICIAN_GROUP = "field_mission.group_field_technician"

# (key, name, postcode prefixes)
ZONES = (
    ("angers", "Angers et couronne", "490,4913,4924,4946,4961,498"),
    ("saumur", "Saumurois", "4926,494,4959,4965,4968,4973"),
    ("mauges", "Choletais et Mauges", "4912,4928,493"),
    ("loir", "Baugeois et Loir", "49125,4914,4915,4922,4925,4933,4939,4943"),
    ("loire", "Loire aval", "49123,4917,4919,4929,4937,4975"),
)


def set_up(desk, week=None):
    """Make the company ready to work; on a ready one, change nothing.

    :param week: the demo's own ``Week``, or None when the files are another company's
    """
    _name_company(desk, own=week is not None)
    _make_users(desk)
    _make_parts(desk)
    if week:
        _make_customers(desk, week)
        make_service_types(desk, [known.name for known in trade.HEATING])
        _make_zones(desk)
        for key, name in (("angers", "Agence d'Angers"), ("saumur", "Agence de Saumur")):
            desk.make(f"team_{key}", "field.team", {"name": name}, "manager")
    desk.commit()


def _name_company(desk, own):
    if desk.get_mark("company"):
        return
    company = desk.company
    if not company.chart_template:
        desk.env["account.chart.template"].try_loading("fr", company)
    values = {"street": "12 rue du Commerce", "zip": "49000", "city": "Angers"}
    if own or company.name == "My Company":
        values["name"] = "Thermalis Maintenance" if own else "Maintenance de terrain"
    company.write(
        {
            **values,
            "country_id": desk.env.ref("base.fr").id,
            "vat": vat_of(SIREN),
            "company_registry": f"{SIREN}00010",
            "phone": "02 61 91 00 00",
            "email": "contact@thermalis.example",
        }
    )
    company.partner_id.tz = "Europe/Paris"
    if own:
        company.logo = base64.b64encode(drawings.logo("Thermalis"))
    # Vans are stock locations: the setting that shows them.
    desk.env["res.config.settings"].create({"group_stock_multi_locations": True}).execute()
    desk.set_mark("company", "1")


def _make_users(desk):
    for login, (name, *groups) in PEOPLE.items():
        make_user(desk, login, name, groups)


def make_user(desk, login, name, groups, partner=None):
    """Return the user with that login, made with these groups where it is missing."""
    known = desk.user(login)
    if known:
        return known
    values = {
        "login": login,
        "password": login,
        "name": name,
        "lang": "fr_FR",
        "tz": "Europe/Paris",
        "email": f"{login}@thermalis.example",
        "group_ids": [Command.set([desk.env.ref(group).id for group in groups])],
        "company_id": desk.company.id,
        "company_ids": [Command.set(desk.company.ids)],
    }
    if home := HOMES.get(login.rstrip("0123456789")):
        values["action_id"] = desk.env.ref(home).id
    if partner:
        values.update(partner_id=partner.id, email=partner.email)
    # Nobody gets an invitation by mail from a demo.
    made = desk.env["res.users"].with_context(no_reset_password=True).create(values)
    desk._users.pop(login, None)
    return made


def _make_parts(desk):
    for code, name, price, cost, _quantity in trade.PARTS:
        desk.make(
            f"part_{code}",
            "product.product",
            {
                "name": name,
                "default_code": code,
                "type": "consu",
                "is_storable": True,
                "list_price": price,
                "standard_price": cost,
                "invoice_policy": "delivery",
            },
            "manager",
        )


def make_service_types(desk, names):
    """Make each named service type with its skill, checklist and service product.

    :param names: type names as the company says them
    :return: the types' records
    """
    found = desk.env["field.service.type"]
    for color, name in enumerate(names, 1):
        known = trade.trade_for(name)
        key = "".join(char if char.isalnum() else "_" for char in trade.plain(name))
        found |= desk.make(
            f"type_{key}",
            "field.service.type",
            lambda known=known, key=key, color=color: _type_values(desk, known, key, color),
            "manager",
        )
    return found


def _type_values(desk, known, key, color):
    return {
        "color": color % 12,
        "name": known.name,
        "default_duration": known.hours,
        "requires_photo": known.photo,
        "requires_signature": known.signature,
        "skill_ids": [Command.set(_make_skill(desk, known.skill).ids)] if known.skill else [],
        "checklist_id": _make_checklist(desk, known, key).id,
        "product_id": _make_service_product(desk, known, key).id,
    }


def _make_skill(desk, name):
    skill = desk.env["hr.skill"].search([("name", "=", name)], limit=1)
    if skill:
        return skill
    kind = desk.find("skill_type")
    if kind:
        return desk.as_user("manager")["hr.skill"].create({"name": name, "skill_type_id": kind.id})
    # Odoo wants a first skill and a level with the type.
    values = {
        "name": "Habilitations de terrain",
        "skill_ids": [Command.create({"name": name})],
        "skill_level_ids": [
            Command.create({"name": "Acquis", "level_progress": 100, "default_level": True})
        ],
    }
    return desk.make("skill_type", "hr.skill.type", values, "manager").skill_ids


def _make_checklist(desk, known, key):
    def values():
        return {
            "name": known.name,
            "item_ids": [
                Command.create(_item_values(sequence, *check))
                for sequence, check in enumerate(known.checks, 1)
            ],
        }

    checklist = desk.make(f"checklist_{key}", "field.checklist", values, "manager")
    if checklist.state == "draft":
        checklist.with_env(desk.as_user("manager")).action_publish()
    return checklist


def _item_values(sequence, name, kind, options):
    return {
        "sequence": sequence,
        "name": name,
        "kind": kind,
        "required": kind != "section",
        "uom_name": options.get("unit"),
        "has_min": "min" in options,
        "min_value": options.get("min", 0),
        "has_max": "max" in options,
        "max_value": options.get("max", 0),
        "choices": options.get("choices"),
        "photo_if_fail": options.get("photo_if_fail", False),
    }


def service_vat(desk):
    """Return the company's VAT of 20 % on services."""
    return desk.env["account.tax"].search(
        [
            ("company_id", "=", desk.company.id),
            ("type_tax_use", "=", "sale"),
            ("tax_scope", "=", "service"),
            ("amount", "=", 20),
        ],
        limit=1,
    )


def _make_service_product(desk, known, key):
    unit = {"time": "uom.product_uom_hour"}.get(known.price_kind, "uom.product_uom_unit")
    return desk.make(
        f"service_{key}",
        "product.product",
        {
            "name": known.name,
            "type": "service",
            "list_price": known.price,
            "uom_id": desk.env.ref(unit).id,
            "taxes_id": [Command.set(service_vat(desk).ids)],
            "invoice_policy": "delivery",
        },
        "manager",
    )


def _make_customers(desk, week: Week):
    for customer in week.customers:
        town = week.towns[customer.town]
        desk.make(
            f"customer_{customer.code}",
            "res.partner",
            {
                "name": customer.name,
                "is_company": True,
                "street": customer.street,
                "zip": town.postcode,
                "city": town.name,
                "country_id": desk.env.ref("base.fr").id,
                "vat": customer.vat,
                "company_registry": f"{customer.siren}00010",
                "lang": "fr_FR",
                "email": f"contact@{customer.code.lower()}.example",
            },
            "planner",
        )


def make_portal_user(desk, customer):
    """Give the customer's contact a login on the portal, with rights on each of its sites."""
    login, name = CUSTOMER
    contact = desk.make(
        "customer_contact",
        "res.partner",
        {
            "name": name,
            "parent_id": customer.id,
            "email": "nadia.benali@client.example",
            "lang": "fr_FR",
        },
        "planner",
    )
    make_user(desk, login, name, ["base.group_portal"], contact)
    sites = desk.env["res.partner"].search(
        [("is_field_site", "=", True), ("site_customer_id", "=", customer.id)]
    )
    known = sites.site_contact_ids.filtered(lambda line: line.partner_id == contact).site_id
    desk.as_user("planner")["field.site.contact"].create(
        [
            {
                "site_id": site.id,
                "partner_id": contact.id,
                "portal": True,
                "report": True,
                "sign": True,
            }
            for site in sites - known
        ]
    )
    return contact


def _make_zones(desk):
    for key, name, prefixes in ZONES:
        desk.make(f"zone_{key}", "field.zone", {"name": name, "prefix_text": prefixes}, "manager")


def make_zones_of(desk, sites):
    """Make a zone per department found in the sites' postcodes, where none covers them."""
    lone = sites.filtered(lambda site: not site.site_zone_id and site.zip)
    for prefix in sorted({site.zip[:2] for site in lone}):
        zone = desk.make(
            f"zone_{prefix}",
            "field.zone",
            {"name": f"Département {prefix}", "prefix_text": prefix},
            "manager",
        )
        lone.filtered(lambda site, prefix=prefix: site.zip[:2] == prefix).with_env(
            desk.as_user("planner")
        ).site_zone_id = zone.id


def equip_technicians(desk):
    """Give each technician a login, a team, and a van with parts on hand."""
    technicians = desk.env["hr.employee"].search(
        [
            ("is_field_technician", "=", True),
            # Subcontractors come with their own van and a login on the portal.
            ("is_field_subcontractor", "=", False),
            ("company_id", "=", desk.company.id),
        ],
        order="id",
    )
    bare = technicians.filtered(lambda technician: not technician.user_id)
    for technician in bare:
        number = technicians.ids.index(technician.id) + 1
        login = "technician" if number == 1 else f"technician{number}"
        user = make_user(desk, login, technician.name, [TECHNICIAN_GROUP])
        technician.user_id = user
    for technician in technicians.filtered(lambda technician: not technician.field_van_location_id):
        technician.with_env(desk.as_user("manager")).field_van_location_id = _make_van(
            desk, technician
        )
    _assign_teams(desk, technicians)
    desk.commit()
    return technicians


def _make_van(desk, technician):
    manager = desk.as_user("manager")
    warehouse = desk.env["stock.warehouse"].search([("company_id", "=", desk.company.id)], limit=1)
    van = manager["stock.location"].create(
        {
            "name": f"Camion {technician.name}",
            "usage": "internal",
            "location_id": warehouse.lot_stock_id.id,
            "company_id": desk.company.id,
        }
    )
    counted = manager["stock.quant"].with_context(inventory_mode=True)
    counted.create(
        [
            {
                "product_id": desk.find(f"part_{code}").id,
                "location_id": van.id,
                "inventory_quantity": quantity,
            }
            for code, _name, _price, _cost, quantity in trade.PARTS
        ]
    ).action_apply_inventory()
    return van


def _assign_teams(desk, technicians):
    teams = [team for key in ("angers", "saumur") if (team := desk.find(f"team_{key}"))]
    if not teams:
        return
    for rank, technician in enumerate(technicians):
        if not technician.field_team_id:
            technician.with_env(desk.as_user("manager")).field_team_id = teams[rank // 6]
