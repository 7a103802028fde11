"""Real commits at the same moment, on two workers."""

import contextlib
import random
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from device import Device, Session


def _session(site, place=2):
    return Session(site.odoo.url, site.world["technicians"][place]["login"])


def _at(minutes):
    """Return what a phone's clock showed at that minute of a recent hour."""
    moment = datetime.now(timezone.utc) - timedelta(hours=6) + timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _planned(site, uid):
    """Plan a mission of its own: tests before may have done this person's others."""
    planner = Session(site.odoo.url, site.world["planner"])
    like = next(m for m in site.world["missions"] if m["responsible"] == uid)
    (copied,) = planner.call(
        "field.mission", "read", [like["id"]], ["site_id", "service_type_id"], load=None
    )
    copied.pop("id")
    (mission,) = planner.call(
        "field.mission",
        "create",
        [{**copied, "technician_id": site.world["employees"][str(uid)], "planned_start": _at(0)}],
    )
    for step in ("action_plan", "action_publish"):
        planner.call("field.mission", step, [mission])
    return {"id": mission}


def _begun(site, session):
    """Return a mission of this person that is going on."""
    mission = _planned(site, session.uid)
    device = Device(session, random.Random(uuid.uuid4().int), site.world)
    device.perform("mission.arrive", mission, {})
    device.converge()
    return mission


def _operation(what, mission, at, **payload):
    return {
        "uuid": str(uuid.uuid4()),
        "kind": what,
        "mission_id": mission["id"],
        "payload": payload,
        "at": at,
    }


def _post_all(sessions, batches):
    """Send each batch, all at once; return the answers."""
    with ThreadPoolExecutor(len(batches)) as pool:
        tasks = [
            pool.submit(
                sessions[place % len(sessions)].post, "/field/api/sync", {"operations": batch}
            )
            for place, batch in enumerate(batches)
        ]
        return [task.result()["results"] for task in tasks]


@pytest.mark.parametrize("posts", [5, 20])
def test_the_same_operations_posted_at_once_have_one_effect_each(site, posts):
    session = _session(site)
    mission = _begun(site, session)
    words = [f"seal-{uuid.uuid4()}" for _one in range(5)]
    batch = [
        _operation("material.add", mission, _at(0), description=word, quantity=1) for word in words
    ]
    answers = _post_all([session], [batch] * posts)
    assert {result["state"] for results in answers for result in results} == {"applied"}
    assert sum(not result["replay"] for results in answers for result in results) == len(batch)
    held = Counter(
        row
        for (row,) in site.postgres.rows(
            "SELECT description FROM field_mission_material WHERE description = ANY(%s)", words
        )
    )
    assert held == Counter(words)


def test_two_phones_of_one_person_tap_at_the_same_moment(site):
    """Each tap opens a segment and closes the one before, whichever comes first."""
    phones = [_session(site, 3), _session(site, 3)]
    mission = _begun(site, phones[0])
    employee = site.world["employees"][str(phones[0].uid)]
    for minute in range(6):
        if minute % 2:
            # No clock runs: both taps start one, and neither can see the other's.
            site.postgres.rows(
                "UPDATE field_mission_time SET stop = start WHERE stop IS NULL"
                " AND employee_id = %s RETURNING id",
                employee,
            )
        batches = [
            [_operation("mission.pause", mission, _at(60 + 10 * minute + second))]
            for second in range(2)
        ]
        for (result,) in _post_all(phones, batches):
            assert result["state"] == "applied", result["message"]
    taps = site.postgres.rows(
        "SELECT count(*) FILTER (WHERE kind = 'break'), count(*) FILTER (WHERE stop IS NULL)"
        " FROM field_mission_time WHERE employee_id = %s AND mission_id = %s",
        *(employee, mission["id"]),
    )
    assert taps == [(12, 1)]


def test_the_same_file_uploaded_at_once_is_kept_once(site):
    session = _session(site, 4)
    mission = _begun(site, session)
    device = Device(session, random.Random(uuid.uuid4().int), site.world)
    name = device.announce(mission)
    data = device.disk["blobs"].pop(name)["bytes"]
    device.converge()
    csrf = session.post("/field/api/sync", {"operations": []})["csrf"]
    with ThreadPoolExecutor(4) as pool:
        states = [task.result()["state"] for task in
                  [pool.submit(session.upload, name, data, csrf) for _one in range(4)]]  # fmt: skip
    assert states == ["received"] * 4
    assert site.postgres.rows(
        "SELECT count(*) FROM ir_attachment a JOIN field_photo p ON a.res_id = p.id"
        " AND a.res_model = 'field.photo' WHERE p.uuid = %s",
        name,
    ) == [(1,)]


def test_a_poisoned_operation_leaves_its_neighbours(site):
    session = _session(site)
    mission = _begun(site, session)
    word = f"beside-{uuid.uuid4()}"
    poisons = [
        {"description": "p", "quantity": 10**400},
        {"product_id": "x", "quantity": 1},
        {"description": ["p"], "quantity": 1},
    ]
    batch = [_operation("incident", mission, _at(0), kind="other", description=word)]
    for poison in poisons:
        batch.append(_operation("material.add", mission, _at(0), **poison))
    batch.append(_operation("mission.conclusion", mission, _at(0), text="A NaN"))
    states = [r["state"] for r in session.post("/field/api/sync", {"operations": batch})["results"]]
    assert states == ["applied", "rejected", "rejected", "rejected", "applied"]
    assert site.postgres.rows("SELECT 1 FROM field_incident WHERE description = %s", word) == [(1,)]


def test_a_tab_does_not_wait_for_the_other_tab_of_its_phone(site):
    """One is long at its operations; the other, of the same device, is answered meanwhile."""
    tabs = [_session(site), _session(site)]
    busy = _begun(site, tabs[0])
    other = [one for one in site.world["missions"] if one["responsible"] == tabs[0].uid][1]
    call = {"device": str(uuid.uuid4()), "app_version": "ops"}
    tabs[0].post("/field/api/sync", {**call, "pending": 0, "operations": []})
    words = [f"tab-{uuid.uuid4()}" for _tab in range(2)]
    slow = _operation("mission.conclusion", busy, "2026-11-24 09:00:00", text=words[0])
    at = "2026-11-24 09:01:00"
    quick = _operation("incident", other, at, kind="other", description=words[1])
    with contextlib.closing(site.postgres.connect()) as office, ThreadPoolExecutor(1) as pool:
        office.autocommit = False
        # Somebody in the office holds the mission: what the first tab wrote waits for it.
        office.cursor().execute(
            "SELECT id FROM field_mission WHERE id = %s FOR NO KEY UPDATE", (busy["id"],)
        )
        first = pool.submit(
            tabs[0].post, "/field/api/sync", {**call, "pending": 2, "operations": [slow]}
        )
        _wait_for_lock(site)
        started = time.monotonic()
        answer = tabs[1].post("/field/api/sync", {**call, "pending": 1, "operations": [quick]})
        spent = time.monotonic() - started
        assert not first.done(), "the first was still at it"
        office.rollback()
        answers = [first.result(), answer]
    states = [result["state"] for one in answers for result in one["results"]]
    assert states == ["applied"] * 2
    print(f"answered after {spent:.2f} s beside a tab that waits")
    assert site.postgres.rows(
        "SELECT count(*), max(pending) FROM field_device WHERE uuid = %s", call["device"]
    ) == [(1, 2)]
    kept = "SELECT count(*) FROM field_incident WHERE description = %s"
    assert site.postgres.rows(kept, words[1]) == [(1,)]
    kept = "SELECT conclusion FROM field_mission WHERE id = %s"
    assert site.postgres.rows(kept, busy["id"]) == [(words[0],)]


def _wait_for_lock(site):
    limit = time.monotonic() + 60
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while not site.postgres.rows(waiting)[0][0]:
        assert time.monotonic() < limit, "the first tab never came to its operation"
        time.sleep(0.05)
