"""A journal that was hashed anew: its marks tell what was done."""

import random

import pytest
from core.marks import Change, compare

NOTED = list("abcdefghij")


def test_the_same_and_what_was_added_later_is_no_change():
    assert compare(NOTED, NOTED) == []
    assert compare(NOTED, [*NOTED, "k", "l"]) == []
    assert compare([], ["a"]) == []


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        ("abXdefghij", [Change("altered", 3, 3)]),
        ("abdefghij", [Change("removed", 3)]),
        ("abcXdefghij", [Change("inserted", 4, 4)]),
        ("abcdefg", [Change("removed", 8), Change("removed", 9), Change("removed", 10)]),
        ("bcdefghija", [Change("moved", 1, 10)]),
        ("abXdefgij", [Change("altered", 3, 3), Change("removed", 8)]),
        ("abcdefghiX", [Change("altered", 10, 10)]),
        ("abcdefghiXkl", [Change("altered", 10, 10)]),
    ],
)
def test_each_change_is_named(current, expected):
    assert compare(NOTED, list(current)) == expected


def test_two_lines_exchanged_are_a_move():
    (change,) = compare(NOTED, list("abdcefghij"))
    assert change.code == "moved"
    assert {change.seq, change.place} == {3, 4}


@pytest.mark.parametrize("seed", range(200))
def test_random_changes_are_all_named(seed):
    rng = random.Random(seed)
    noted = [rng.randbytes(8).hex() for _number in range(rng.randrange(3, 40))]
    current, at = list(noted), rng.randrange(len(noted))
    kind = rng.choice(["altered", "removed", "inserted"])
    if kind == "altered":
        current[at] = "forged"
    elif kind == "removed":
        del current[at]
    else:
        current.insert(at, "forged")
    place = 0 if kind == "removed" else at + 1
    assert compare(noted, current) == [Change(kind, at + 1, place)]
