"""The present day of the demo: what the planner finds this morning, and what the field lives.

After the weeks that were lived, driven and invoiced: a day half done, tomorrow half prepared. Each
part is made once, by the suite's own actions, as the person concerned.
"""

from __future__ import annotations

import base64
from datetime import timedelta

from odoo.fields import Command

from . import company, drawings, fieldwork, tours, trade
from .clock import local
from .week import BOILER, BREAKDOWN, EXTINGUISHERS, VENT

VENDOR = ("Chauffage Poirier & Fils", "14 rue des Tisserands", "49300", "Cholet")
SUBCONTRACTOR = ("Hugo Poirier", "hugo.poirier@poirier.example")
# (type, text, hours of work): calls of this morning that nobody has planned yet.
CALLS = (
    (BREAKDOWN, "Plus de chauffage au 2e étage depuis ce matin", 1.0),
    (EXTINGUISHERS, "Extincteur percuté dans le hall : à remplacer", 0.5),
    (VENT, "Bruit anormal du caisson VMC en toiture", 1.25),
)
# How one gets in, site after site; nothing: nobody noted it yet.
WAYS_IN = (
    {"site_access_free": True},
    {"site_instructions": "Se présenter à l'accueil, le badge visiteur y est remis"},
    {"code": "1973A", "note": "Digicode du hall"},
    {"site_instructions": "Clé de la chaufferie dans la boîte du gardien, à gauche du portail"},
    {"site_access_free": True},
    {"code": "4B210", "note": "Portail parking"},
    {},
)
# Until when, local time, a technician's day should last, and how long a visit added to it takes.
DAY_ENDS, ADDED_HOURS, MOST_ADDED = 16, 1.25, 3
# Every so many sites nobody has noted whom to call.
WITHOUT_PHONE = 9
URGENT = "Fuite de gaz suspectée en chaufferie, vanne fermée par le gardien"
# (code of the part, quantity, type): what each visit of a type usually takes.
USUAL_PARTS = (("JOINT-BR", 1, BOILER), ("FILTRE-G4", 2, VENT))


def live(desk, days, now):
    """Make the present day, once.

    :param days: the working days of the demo's own week; the third one is today
    :param now: hour and minute at which the planner looks at the screens
    """
    yesterday, today, tomorrow, last = days[1], days[2], days[3], days[4]
    parts = (
        ("pack", lambda: _send_pack(desk)),
        ("learned", lambda: _learn_travel(desk)),
        ("zones", lambda: _rank_zones(desk)),
        ("ways in", lambda: _note_ways_in(desk)),
        ("afternoon", lambda: _fill_afternoon(desk, today)),
        ("documents", lambda: _share_documents(desk, tomorrow)),
        ("morning", lambda: _drive(desk, today, now)),
        ("obligations", lambda: _decide_obligations(desk, today)),
        ("absences", lambda: _take_leaves(desk, last)),
        ("subcontractor", lambda: _offer_work(desk, tomorrow)),
        ("calls", lambda: _take_calls(desk, today)),
        ("draft", lambda: _change_tomorrow(desk, tomorrow)),
        ("urgent", lambda: _ask_urgent(desk, today, now)),
        ("proposal", lambda: _propose_tours(desk, today)),
    )
    for name, make in parts:
        if not desk.get_mark(f"today {name}"):
            desk.at(local(yesterday, 21, 5) if name == "pack" else local(today, 6))
            make()
            desk.set_mark(f"today {name}", "1")
            desk.commit()


def _missions(desk, day, **wanted):
    """Return the planned and published missions of a day, in the order of the day."""
    domain = [
        ("company_id", "=", desk.company.id),
        ("planned_date", "=", day),
        ("state", "=", "planned"),
        ("published", "=", True),
        *((name, "=", value) for name, value in wanted.items()),
    ]
    return desk.env["field.mission"].search(domain, order="planned_start, id")


def _type(desk, name):
    return desk.env["field.service.type"].search([("name", "=", name)], limit=1)


# ------------------------------------------------------------------ before the day


def _send_pack(desk):
    """The evening before, the continuity pack of today's tours is due; the server makes it."""
    desk.company.write(
        {
            "field_pack": True,
            "field_pack_partner_ids": [Command.set(desk.user("planner").partner_id.ids)],
        }
    )
    desk.env["field.continuity.pack"]._make_due()


def _learn_travel(desk):
    """Three weeks of clicks say how long the ways really take."""
    desk.company.write({"field_travel_learning": True, "field_travel_learning_min": 3})
    desk.say("manager: travel times are learned from the technicians' clicks")
    desk.as_user("manager")["field.travel.ratio"].action_learn_now()


def _rank_zones(desk):
    """Each technician's zones, the one with most of their missions first; then a proposal."""
    manager = desk.as_user("manager")
    groups = desk.env["field.mission"]._read_group(
        [
            ("company_id", "=", desk.company.id),
            ("technician_id", "!=", False),
            ("zone_id", "!=", False),
        ],
        ["technician_id", "zone_id"],
        ["__count"],
    )
    ranks = []
    for technician in sorted({row[0] for row in groups}, key=lambda person: person.id):
        own = sorted(
            (row for row in groups if row[0] == technician), key=lambda r: (-r[2], r[1].id)
        )
        ranks += [
            {"employee_id": technician.id, "zone_id": zone.id, "sequence": 10 * place}
            for place, (_technician, zone, _count) in enumerate(own[:2], 1)
        ]
    manager["field.zone.rank"].create(ranks)
    desk.say("manager: zones ranked, and new ones proposed from the missions")
    proposal = manager["field.zone.proposal"].create({"zone_count": 4})
    proposal._run_now()


def _note_ways_in(desk):
    """How one gets into the sites and whom one calls there; of some nobody has noted it yet."""
    planner = desk.as_user("planner")
    sites = planner["res.partner"].search([("is_field_site", "=", True)], order="id")
    codes = []
    for rank, site in enumerate(sites):
        way = WAYS_IN[rank % len(WAYS_IN)]
        values = {} if "code" in way else dict(way)
        if rank % WITHOUT_PHONE and not site.phone:
            values["phone"] = f"+33 6 39 98 {rank // 100 % 100:02d} {rank % 100:02d}"
        if values:
            site.write(values)
        if "code" in way:
            codes.append({"site_id": site.id, "value": way["code"], "note": way["note"]})
    planner["field.site.access"].create(codes)


def _share_documents(desk, tomorrow):
    """Papers on the phones, one of them to be read before the start; usual parts; equipment."""
    manager, planner = desk.as_user("manager"), desk.as_user("planner")
    manager["field.service.type.material"].create(
        [
            {
                "service_type_id": _type(desk, name).id,
                "product_id": desk.find(f"part_{code}").id,
                "quantity": quantity,
            }
            for code, quantity, name in USUAL_PARTS
        ]
    )
    missions = _missions(desk, tomorrow)
    first = missions[:1]
    notice = drawings.photo("NOTICE", ("Chaudière murale", "Réglages et codes défaut"), 3)
    plan = drawings.photo("PLAN DE PREVENTION", ("Travail en hauteur", "Toiture terrasse"), 5)
    planner["field.document"].create(
        [
            {
                "name": "Notice chaudière murale",
                "kind": "manual",
                "file": base64.b64encode(notice),
                "filename": "notice-chaudiere.jpg",
                "service_type_ids": [Command.set(_type(desk, BOILER).ids)],
            },
            {
                "name": f"Plan de prévention {first.site_id.name}",
                "kind": "prevention",
                "needed_before_start": True,
                "file": base64.b64encode(plan),
                "filename": "plan-de-prevention.jpg",
                "site_ids": [Command.set(first.site_id.ids)],
                "date_until": tomorrow + timedelta(days=180),
            },
        ]
    )
    lines = [
        {
            "mission_id": mission.id,
            "product_id": desk.find(f"part_{trade.PARTS[rank % len(trade.PARTS)][0]}").id,
            "planned_quantity": 1 + rank % 3,
        }
        for rank, mission in enumerate(missions[:8])
    ]
    planner["field.mission.material"].create(lines)


# ------------------------------------------------------------------ the day under way


def _fill_afternoon(desk, today):
    """Early in the morning the optimiser fills what is left of the day with visits near by."""
    planner = desk.as_user("planner")
    missions = _missions(desk, today)
    week = desk.env["field.mission"].search([("mission_date", "=", today)]).site_id
    sites = desk.env["res.partner"].search(
        [("is_field_site", "=", True), ("partner_latitude", "!=", 0)], order="id"
    )
    free = sites - week
    values = []
    for technician, group in sorted(
        missions.grouped("technician_id").items(), key=lambda pair: pair[0].id
    ):
        last = group[-1]
        left = (local(today, DAY_ENDS) - last.planned_end).total_seconds() / 3600
        count = min(MOST_ADDED, int(left / (ADDED_HOURS + 0.5)))
        for site in free.sorted(lambda site, last=last: (_distance(site, last.site_id), site.id))[
            : max(count, 0)
        ]:
            free -= site
            values.append(
                {
                    "site_id": site.id,
                    "service_type_id": last.service_type_id.id,
                    "planned_duration": ADDED_HOURS,
                    "technician_id": technician.id,
                    "promised_kind": "day",
                    "promised_date": today,
                    "origin": "phone",
                }
            )
    added = planner["field.mission"].create(values)
    desk.say(f"planner: {len(added)} more visits fill the day")
    run = planner["field.optimization"].create(
        {
            "date_from": today,
            "date_to": today,
            "mode": "fill",
            "mission_ids": [Command.set(added.ids)],
        }
    )
    run._run_now()
    run.action_accept()
    placed = added.filtered(lambda mission: mission.state == "planned")
    placed.action_publish()
    tours.tell(desk, placed)


def _distance(one, other):
    """Squared degrees: near enough to say which site is nearer."""
    return (one.partner_latitude - other.partner_latitude) ** 2 + (
        (one.partner_longitude - other.partner_longitude) * 0.68
    ) ** 2


def _drive(desk, today, now):
    """What the devices sent until now: one is an hour behind, one has not been heard of."""
    missions = _missions(desk, today)
    people = missions.technician_id.sorted("id")
    silent, behind = people[-1:], people[:1]
    hour, now = f"{now[0]}:{now[1]:02d}", local(today, *now)
    parcels = []
    rank_of = {mission: rank for rank, mission in enumerate(missions)}
    for technician, group in missions.grouped("technician_id").items():
        former = None
        for mission in group:
            former = fieldwork.Visit(desk, mission, rank_of[mission], former, None)
            if technician == behind and mission == group[:1]:
                former.delay(timedelta(minutes=70))
            if technician != silent:
                parcels += former.parcels()
    desk.say(f"{today:%d/%m} technicians: the day until {hour}")
    for moment, _order, send in sorted(parcels, key=lambda parcel: parcel[:2]):
        if moment < now:
            desk.at(moment)
            send()
    desk.at(now)
    _suggest(desk, missions)
    desk.env["field.mission"]._update_delays(desk.company)


def _suggest(desk, missions):
    """Two technicians saw something worth a quote."""
    seen = missions.filtered(lambda mission: mission.state in ("in_progress", "done"))
    ideas = (
        ("opportunity", "Remplacer le brûleur, plus de pièces d'origine", 2400.0),
        ("improvement", "Boîte à clés à l'entrée : une heure gagnée par visite", 0.0),
    )
    for mission, (kind, text, value) in zip(seen, ideas, strict=False):
        user = mission.technician_id.user_id
        mission.with_env(desk.env(user=user.id, su=False)).action_suggest(
            {"kind": kind, "description": text, "value": value}
        )


# ------------------------------------------------------------------ the planner's morning


def _decide_obligations(desk, today):
    """Two visits to come: one moved with the customer, one given up."""
    planner = desk.as_user("planner")
    dues = planner["field.visit.due"].search(
        [
            ("company_id", "=", desk.company.id),
            ("state", "=", "open"),
            ("due_date", ">", today),
        ],
        order="due_date, id",
    )
    moved, waived = dues[:1], dues[1:2]
    if moved:
        moved.action_move(
            f"{moved.due_date + timedelta(days=7)}", "Le gardien est en congé cette semaine-là"
        )
    if waived:
        waived.action_waive("Appareil déposé : il n'y a plus rien à entretenir")


def _take_leaves(desk, day):
    """A leave approved over planned missions, and one that waits for its approval."""
    missions = _missions(desk, day)
    people = missions.technician_id.sorted("id")
    desk.company.field_absence_user_ids = desk.user("planner")
    kind = desk.make(
        "leave_type",
        "hr.leave.type",
        {
            "name": "Congés payés",
            "requires_allocation": False,
            "leave_validation_type": "hr",
            "request_unit": "half_day",
            "company_id": desk.company.id,
        },
    )
    if not desk.company.l10n_fr_reference_leave_type:
        desk.company.l10n_fr_reference_leave_type = kind
    manager = desk.as_user("manager")
    asked = [
        manager["hr.leave"].create(
            {
                "employee_id": technician.id,
                "holiday_status_id": kind.id,
                "request_date_from": day,
                "request_date_to": day,
            }
        )
        for technician in people[1:3]
    ]
    desk.say("manager: approves a leave over planned missions, another one waits")
    for leave in asked[:1]:
        leave.action_approve()


def _offer_work(desk, tomorrow):
    """A subcontractor with his certificates, and a mission that waits for his answer."""
    name, street, zip_code, city = VENDOR
    manager, planner = desk.as_user("manager"), desk.as_user("planner")
    vendor = desk.make(
        "vendor",
        "res.partner",
        {
            "name": name,
            "is_company": True,
            "street": street,
            "zip": zip_code,
            "city": city,
            "country_id": desk.env.ref("base.fr").id,
            "partner_latitude": 47.0605,
            "partner_longitude": -0.8790,
            "lang": "fr_FR",
            "email": "contact@poirier.example",
        },
        "planner",
    )
    kinds = desk.env["field.certificate.type"].search([], order="sequence, id", limit=2)
    setup = manager["field.subcontractor.setup"].create(
        {
            "name": SUBCONTRACTOR[0],
            "email": SUBCONTRACTOR[1],
            "vendor_id": vendor.id,
            "invite": False,
            "team_id": desk.find("team_angers").id,
            "missions_day": 3,
            "missions_week": 8,
            "offer_required": True,
            "offer_hours": 24,
            "certificate_type_ids": [Command.set(kinds.ids)],
            "line_ids": [
                Command.create(
                    {
                        "type_id": kind.id,
                        "number": f"2026-{kind.id:04d}",
                        "date_to": tomorrow + timedelta(days=20 + 150 * rank),
                        "is_checked": True,
                    }
                )
                for rank, kind in enumerate(kinds)
            ],
        }
    )
    setup.action_save()
    person = desk.env["hr.employee"].search([("name", "=", SUBCONTRACTOR[0])], limit=1)
    contact = desk.make(
        "subcontractor_contact",
        "res.partner",
        {
            "name": SUBCONTRACTOR[0],
            "parent_id": vendor.id,
            "email": SUBCONTRACTOR[1],
            "lang": "fr_FR",
        },
        "planner",
    )
    person.user_id = company.make_user(
        desk, "subcontractor", SUBCONTRACTOR[0], ["base.group_portal"], contact
    )
    site = desk.env["res.partner"].search(
        [("is_field_site", "=", True), ("city", "=", city)], order="id", limit=1
    )
    mission = planner["field.mission"].create(
        {
            "site_id": site.id,
            "service_type_id": _type(desk, "Relevé de compteurs").id,
            "planned_duration": 1.0,
            "technician_id": person.id,
            "planned_start": local(tomorrow, 14),
            "description": "Relevé de fin d'année, deux cages d'escalier",
        }
    )
    desk.say("planner: offers a mission to a subcontractor")
    mission.action_plan()
    mission.action_publish()


def _take_calls(desk, today):
    """Calls of this morning, in the tray."""
    sites = desk.env["res.partner"].search([("is_field_site", "=", True)], order="id")
    desk.as_user("planner")["field.mission"].create(
        [
            {
                "site_id": sites[7 * rank + 3].id,
                "service_type_id": _type(desk, kind).id,
                "planned_duration": hours,
                "description": text,
                "origin": "phone",
                "promised_kind": "day",
                "promised_date": today + timedelta(days=1 if today.weekday() < 4 else 3),
            }
            for rank, (kind, text, hours) in enumerate(CALLS)
        ]
    )


def _change_tomorrow(desk, tomorrow):
    """Tomorrow was published yesterday; the planner has moved two visits since."""
    missions = _missions(desk, tomorrow).filtered(lambda mission: mission.promised_kind == "day")
    moves = [
        {
            "id": mission.id,
            "plan_version": mission.plan_version,
            "planned_start": f"{mission.planned_start + timedelta(minutes=45):%Y-%m-%d %H:%M:%S}",
        }
        for mission in missions[-2:]
    ]
    board = desk.as_user("planner")["field.mission"]
    board.action_place(moves, [move["id"] for move in moves])


def _ask_urgent(desk, today, now):
    """A call that can't wait: the options are there, nothing is chosen yet."""
    moment = local(today, now[0], now[1] + 2)
    desk.at(moment)
    sites = desk.env["res.partner"].search(
        [("is_field_site", "=", True), ("partner_latitude", "!=", 0)], order="id"
    )
    desk.say("planner: looks for options of an urgent mission")
    desk.as_user("planner")["field.urgent"].create(
        {
            "site_id": sites[5].id,
            "service_type_id": _type(desk, BREAKDOWN).id,
            "duration": 1.0,
            "description": URGENT,
            "date_deadline": moment + timedelta(hours=4, minutes=18),
        }
    )


def _propose_tours(desk, today):
    """Next week's visits of the contracts: a proposal to look at, not accepted yet."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=1)
    desk.say("planner: next week's tours are proposed")
    planner = desk.as_user("planner")
    plans = planner["field.visit.plan"].search([("state", "=", "active")])
    plans.action_generate()
    run = planner["field.optimization"].create(
        {"date_from": monday, "date_to": monday + timedelta(days=4), "mode": "fill"}
    )
    run._run_now()
