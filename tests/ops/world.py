"""Fill a database with people and missions for the tests (runs inside Odoo: ``tools.in_odoo``)."""

import json
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.fields import Command

SECRET = "S3CR3T-4512B"
STRANGER = "Somebody Else's Own Words"


def _user(env, login, group):
    return env["res.users"].create(
        {
            "name": login.title(),
            "login": login,
            "password": login,
            "lang": "en_US",
            "tz": "Europe/Paris",
            "email": f"{login}@example.com",
            "group_ids": [Command.set(env.ref(group).ids)],
        }
    )


def _technician(env, user):
    warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    van = env["stock.location"].create(
        {
            "name": f"Van {user.name}",
            "usage": "internal",
            "location_id": warehouse.lot_stock_id.id,
        }
    )
    return env["hr.employee"].create(
        {
            "name": user.name,
            "user_id": user.id,
            "is_field_technician": True,
            "tz": "Europe/Paris",
            "field_van_location_id": van.id,
        }
    )


def _service_type(env):
    items = [
        {"name": "Safety", "kind": "section"},
        {"name": "Valve closed", "kind": "yesno"},
        {
            **{"name": "Pressure", "kind": "number", "uom_name": "bar"},
            **{"has_min": True, "min_value": 1.0, "has_max": True, "max_value": 2.0},
        },
        {"name": "State", "kind": "choice", "choices": "Good\nWorn\nBroken!", "required": False},
        {"name": "Remark", "kind": "text", "required": False},
    ]
    checklist = env["field.checklist"].create(
        {
            "name": "Boiler",
            "item_ids": [
                Command.create({**item, "sequence": place}) for place, item in enumerate(items)
            ],
        }
    )
    checklist.action_publish()
    return env["field.service.type"].create(
        {"name": "Maintenance of boilers", "default_duration": 1.0, "checklist_id": checklist.id}
    )


def main(env, target, technicians="4", missions="8", own="4"):
    """Create the people and missions and write their ids to ``target``.

    :param own: missions of the person whose phone is a browser
    """
    env["res.lang"]._activate_lang("en_US")
    env = env(context={**env.context, "lang": "en_US", "tz": "Europe/Paris"})
    planner = _user(env, "ops_planner", "field_mission.group_field_manager")
    _user(env, "ops_admin", "base.group_system")
    # The first one is for the browser, the last one nobody plays: whose secrets must not leak.
    logins = ["ops_browser", "ops_second", *(f"ops_tech{i}" for i in range(int(technicians)))]
    users = [_user(env, name, "field_mission.group_field_technician") for name in logins]
    victim = _user(env, "ops_victim", "field_mission.group_field_technician")
    people = [_technician(env, user) for user in users]
    product = env["product.product"].create(
        {"name": "Seal 12 mm", "type": "consu", "is_storable": True, "barcode": "3000000000017"}
    )
    for person in people:
        env["stock.quant"]._update_available_quantity(product, person.field_van_location_id, 500)
    customer = env["res.partner"].create({"name": "Ops customer", "is_company": True})
    kind = _service_type(env)
    made = []
    tours = [people[0]] * int(own) + [people[1]] * 2
    tours += [people[2 + i % int(technicians)] for i in range(int(missions))]
    tours.append(_technician(env, victim))
    start = fields.Datetime.now().replace(minute=0, second=0)
    for place, person in enumerate(tours):
        secret = person == tours[-1]
        site = env["res.partner"].create(
            {
                "name": STRANGER if secret else f"Site {place}",
                "is_field_site": True,
                "site_customer_id": customer.id,
                "street": f"{place} rue du Port",
                "zip": "29000",
                "city": "Quimper",
                "partner_latitude": 48.0,
                "partner_longitude": -4.1,
            }
        )
        if secret:
            env["field.site.access"].create({"site_id": site.id, "value": SECRET, "note": "gate"})
        helper = people[2 + (place + 1) % int(technicians)]
        made.append(
            {
                "site_id": site.id,
                "service_type_id": kind.id,
                "technician_id": person.id,
                "planned_start": start + timedelta(minutes=5 * (place % 12)),
                "helper_ids": [Command.set(helper.ids if place % 3 == 1 and not secret else [])],
                **({"instructions": STRANGER} if secret else {}),
            }
        )
    records = env["field.mission"].create(made)
    # As the planner would: the guarded steps leave their trace.
    planned = records.with_user(planner)
    planned.action_plan()
    planned.action_publish()
    records[-1].sudo().with_user(victim).action_arrive()
    Path(target).write_text(json.dumps(_describe(env, records, users, planner, victim, product)))


def _describe(env, records, users, planner, victim, product):
    own = records[:-1]
    return {
        "planner": planner.login,
        "admin": "ops_admin",
        "technicians": [{"login": user.login, "uid": user.id} for user in users],
        "victim": {"login": victim.login, "uid": victim.id, "mission": records[-1].id},
        "secrets": [SECRET, STRANGER],
        "product": product.id,
        "employees": {user.id: user.employee_id.id for user in users},
        "missions": [
            {
                "id": mission.id,
                "members": mission.member_user_ids.ids,
                "responsible": mission.technician_id.user_id.id,
                "checks": {check.name: check.id for check in mission.check_ids},
            }
            for mission in own
        ],
    }
