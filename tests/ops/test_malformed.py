"""Malformed requests and other people's: never a 500, never a write, never a leak."""

import os
import random
import re
from collections import Counter

import requests
from device import Device, Session
from malformed import Malformed

from conftest import FULL

COUNT = 2000 if FULL else 300
COUNT_WORKING = 600 if FULL else 80
# What may change: the log of operations, and when a phone last called.
OWN = {"field_operation", "field_device"}
NOISE = {"res_device_log", "res_users_log", "ir_logging", "bus_bus", "orm_signaling_registry"}
# Odoo's own dispatcher reads the envelope of JSON-RPC before any route of ours is asked.
FRAMEWORK = re.compile(r"^(builtins|werkzeug\.exceptions)\.")
REFUSAL = re.compile(r"^odoo\.(exceptions|http)\.")
LEAKS = ("SELECT ", "INSERT INTO", "psycopg2", 'relation "', "LINE 1:")


# What no work on a mission ever changes.
GROUND = (
    *("res_users", "res_company", "res_groups_users_rel", "hr_employee"),
    *("ir_model_access", "ir_rule", "ir_config_parameter", "product_template", "stock_location"),
    *("field_service_type", "field_checklist", "field_checklist_item", "field_request"),
)


def _tables(site):
    return [
        name
        for (name,) in site.postgres.rows(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = 'public' AND relkind = 'r' ORDER BY relname"
        )
        if name not in OWN | NOISE and not name.startswith("orm_signaling_")
    ]


def _fingerprints(site):
    """Return what each table holds, to the last value."""
    return {
        name: site.postgres.rows(
            f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" t'
        )[0]
        for name in _tables(site)
    }


def _around(site, mission):
    """Return what the ground is made of, and what belongs to other missions than one."""
    found = site.postgres.rows(
        "SELECT table_name FROM information_schema.columns JOIN pg_class ON relname = table_name"
        " WHERE column_name = 'mission_id' AND table_schema = 'public' AND relkind = 'r'"
    )
    parts = [(name, "mission_id <> %s") for (name,) in found]
    parts += [(name, "%s IS NOT NULL") for name in GROUND] + [("field_mission", "id <> %s")]
    around = {
        name: site.postgres.rows(
            f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" t'
            f" WHERE {where}",
            mission,
        )
        for name, where in parts
    }
    # Of a site, who and where it is: the rest may learn from a visit.
    around["res_partner"] = site.postgres.rows(
        "SELECT count(*), md5(string_agg(concat_ws('|', id, name, email, phone, street, city,"
        " active, user_id, parent_id), chr(10) ORDER BY id)) FROM res_partner"
    )
    return around


def _send(session, url, one, csrf):
    """Return the answer to one request."""
    if one["route"] != "/field/api/blob":
        headers = {"Content-Type": one["type"]} if one["type"] else {}
        body = one["body"].encode("utf-8", "surrogatepass")
        return session.post(url + one["route"], data=body, headers=headers, allow_redirects=False)
    data, files = {"csrf_token": csrf, "uuid": one["name"]}, {"file": ("x.png", one["content"])}
    form = one["form"]
    if form == "no uuid":
        del data["uuid"]
    if form == "no token":
        data["csrf_token"] = random.Random(1).choice(("", "x", csrf[:-1]))
    if form == "text":
        data["file"], files = "plain text", {"other": ("y", b"y")}
    if form == "no file":
        files = {"other": ("y", b"y")}
    if form == "two":
        files = [("file", ("a", one["content"])), ("file", ("b", b"b")), ("uuid", ("c", b"c"))]
    return session.post(
        url + "/field/api/blob", data=data, files=files, allow_redirects=False, timeout=60
    )


def _complaints(one, response, secrets, working=False):
    """Return what is wrong with the answer to one request.

    :param working: on a mission that goes on, where some of it may make sense after all
    """
    if response.status_code >= 500:
        yield f"HTTP {response.status_code}"
    text = response.text
    said = text
    if response.status_code == 200 and text.startswith("{"):
        body = response.json()
        error = body.get("error")
        if error:
            data = error.get("data") or {}
            name = data.get("name", "")
            envelope = one["what"] == "body" and FRAMEWORK.match(name)
            if not REFUSAL.match(name) and not envelope:
                yield f"{name}: {data.get('message')}\n{data.get('debug', '')[-1500:]}"
            # Odoo sends its traceback with every refusal; ours is the message.
            said = str(data.get("message"))
        for result in (body.get("result") or {}).get("results", ()):
            if working:
                continue
            if result["state"] == "applied":
                yield f"applied: {result}"
            if "refused it" in result["message"]:
                yield f"unforeseen: {result}"
    for leak in (*secrets, *LEAKS):
        if leak in text if leak in secrets else leak in said:
            yield f"leaks {leak}: {said[:600]}"


def _prepare(site, proxy):
    """Give the attacker a validated mission, and the victim something worth stealing."""
    world = site.world
    attacker = world["technicians"][1]
    mission = next(m for m in world["missions"] if m["responsible"] == attacker["uid"])
    device = Device(Session(proxy.url, attacker["login"]), random.Random(1), world)
    for kind, payload in (
        ("mission.arrive", {}),
        ("check.set", {"check_id": mission["checks"]["Valve closed"], "yesno": "yes"}),
        ("check.set", {"check_id": mission["checks"]["Pressure"], "number": 1.5}),
        ("mission.done", {}),
    ):
        device.perform(kind, mission, payload)
    device.converge()
    planner = Session(proxy.url, world["planner"])
    planner.call("field.mission", "action_validate", [mission["id"]])
    victim = Device(Session(proxy.url, world["victim"]["login"]), random.Random(2), world)
    theirs = {"id": world["victim"]["mission"]}
    victim.perform("incident", theirs, {"kind": "other", "description": world["secrets"][1]})
    file = victim.announce(theirs)
    name = victim.disk["blobs"].pop(file)
    victim.converge()
    assert name
    return device, {
        "mission": mission["id"],
        "checks": list(mission["checks"].values()),
        "victim_mission": theirs["id"],
        "victim_uuids": list(victim.ledger),
        "victim_file": file,
    }


def test_no_malformed_request_is_a_500_a_write_or_a_leak(site, proxy, capsys):
    seed = int(os.environ.get("FIELD_OPS_SEED") or random.SystemRandom().randrange(10**6))
    device, known = _prepare(site, proxy)
    session = device.session.http
    csrf = device.session.post("/field/api/sync", {"operations": []})["csrf"]
    source = Malformed(seed, site.world, known)
    before = _fingerprints(site)
    victims = site.postgres.rows(
        "SELECT * FROM field_operation WHERE uuid = ANY(%s)", known["victim_uuids"]
    )
    problems, counts, statuses = [], Counter(), Counter()
    for number in range(COUNT):
        one = source.request()
        counts[one["what"]] += 1
        try:
            response = _send(session, site.odoo.url, one, csrf)
        except requests.RequestException as error:
            problems.append(f"#{number} {one['what']}: {type(error).__name__}")
            continue
        statuses[response.status_code] += 1
        for complaint in _complaints(one, response, site.world["secrets"]):
            problems.append(f"#{number} {one['what']} {str(one)[:300]}: {complaint}")
    after = _fingerprints(site)
    problems += [f"{name} was written" for name in before if before[name] != after.get(name)]
    assert victims == site.postgres.rows(
        "SELECT * FROM field_operation WHERE uuid = ANY(%s)", known["victim_uuids"]
    )
    assert not site.postgres.rows(
        "SELECT uuid FROM field_operation WHERE state = 'claimed' OR (user_id = %s"
        " AND state = 'applied' AND uuid <> ALL(%s))",
        *(device.uid, list(device.ledger)),
    )
    with capsys.disabled():
        print(f"\nmalformed: seed {seed}, {dict(counts)}, HTTP {dict(statuses)}")
    assert not problems, f"FIELD_OPS_SEED={seed}: {len(problems)} of {COUNT}\n" + "\n".join(
        problems[:25]
    )


def test_no_payload_on_a_mission_that_goes_on_reaches_beyond_it(site, proxy):
    seed = int(os.environ.get("FIELD_OPS_SEED") or random.SystemRandom().randrange(10**6))
    world = site.world
    attacker = world["technicians"][1]
    mission = [m for m in world["missions"] if m["responsible"] == attacker["uid"]][-1]
    device = Device(Session(proxy.url, attacker["login"]), random.Random(seed), world)
    device.perform("mission.arrive", mission, {})
    device.converge()
    known = {"mission": mission["id"], "checks": list(mission["checks"].values())}
    source = Malformed(seed, world, known)
    before, problems = _around(site, mission["id"]), []
    for number in range(COUNT_WORKING):
        one = {"what": "payload", "type": "application/json", **source.work()}
        response = _send(device.session.http, site.odoo.url, one, "")
        for complaint in _complaints(one, response, world["secrets"], working=True):
            problems.append(f"#{number} {one['body'][:300]}: {complaint}")
    after = _around(site, mission["id"])
    problems += [f"{name} was written" for name in before if before[name] != after[name]]
    assert not problems, f"FIELD_OPS_SEED={seed}: {len(problems)}\n" + "\n".join(problems[:25])
