"""Which operations of a device's call are applied together."""

import itertools

from core.batch import Batch, Item, runs

TOGETHER = {"check.set": "check_id"}
numbers = itertools.count()


def item(kind="check.set", mission_id=1, record_id=1, problem="", **payload):
    after = payload.pop("after", None)
    uuid = f"u{next(numbers)}"
    operation = {"uuid": uuid, "kind": kind, "mission_id": mission_id, "payload": payload}
    return Item({**operation, "after": after}, record_id, problem)


def sizes(*items):
    found = runs(list(items), TOGETHER)
    assert [one for run in found for one in run] == list(items), "in order, none lost or doubled"
    return [len(run) for run in found]


def test_ticks_of_one_mission_go_together():
    assert sizes(item(check_id=1), item(check_id=2), item(check_id=3)) == [3]
    assert sizes(item(check_id=1), item(mission_id=2, check_id=2), item(check_id=3)) == [1, 1, 1]
    assert sizes(item(check_id=1), item("photo", uuid="x"), item(check_id=2)) == [1, 1, 1]
    assert sizes() == []


def test_a_correction_is_applied_by_itself():
    assert sizes(item(check_id=1), item(check_id=2), item(check_id=1), item(check_id=3)) == [2, 2]
    # None of them says what it concerns.
    assert sizes(item(), item()) == [1, 1]


def test_other_kinds_never_go_together():
    assert sizes(item("mission.pause"), item("mission.pause")) == [1, 1]


def test_what_was_known_or_is_malformed_stands_alone():
    assert sizes(item(check_id=1), item(record_id=None, check_id=2), item(check_id=3)) == [1, 1, 1]
    odd = Item({"uuid": "u", "payload": ["no", "dict"]}, None, "malformed")
    assert sizes(item(check_id=1), odd, item(check_id=2)) == [1, 1, 1]


def test_what_follows_another_operation_waits_for_it():
    assert sizes(item(check_id=1), item(check_id=2, after="u0"), item(check_id=3)) == [1, 1, 1]


def test_ids_of_any_type_are_compared():
    assert sizes(item(check_id=[1]), item(check_id=[1]), item(check_id={"a": 1})) == [1, 2]


def test_a_batch_remembers_what_became_of_its_operations():
    one = item(record_id=7, check_id=1)
    batch = Batch([one], frozenset({1}))
    assert batch.state_of(one.operation["uuid"]) is None
    batch.note(one, {"state": "applied", "result": {}})
    assert batch.state_of(one.operation["uuid"]) == "applied"
    assert batch.take_unstored() == [(7, {"state": "applied", "result": {}})]
    assert batch.take_unstored() == []
