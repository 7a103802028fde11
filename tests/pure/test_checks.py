"""Which checks are asked after which answers."""

from core.checks import hidden
from hypothesis import given
from hypothesis import strategies as st


def check(number, shown_if=None, **answer):
    return {
        "number": number,
        "shown_if": shown_if and {"choice": None, **shown_if},
        "result": "todo",
        "yesno": None,
        "choice": None,
        **answer,
    }


def test_without_conditions_all_is_asked():
    assert hidden([check(1), check(2, yesno="no", result="fail")]) == set()


def test_each_kind_of_condition():
    asked = check(1, yesno="no", result="fail", choice="Worn")
    for when, choice, shown in (
        ("no", None, True),
        ("yes", None, False),
        ("fail", None, True),
        ("ok", None, False),
        ("choice", "Worn", True),
        ("choice", "Good", False),
    ):
        found = hidden([asked, check(2, {"number": 1, "when": when, "choice": choice})])
        assert (found == set()) is shown, when


def test_a_chain_falls_with_its_first_link():
    chain = [
        check(1, yesno="no", result="fail"),
        check(2, {"number": 1, "when": "yes"}, result="ok"),
        check(3, {"number": 2, "when": "ok"}),
    ]
    assert hidden(chain) == {2, 3}


def test_a_condition_on_nothing_is_never_met():
    assert hidden([check(1, {"number": 7, "when": "yes"})]) == {1}


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["yes", "no", "ok"]), st.booleans())))
def test_only_conditions_hide(rows):
    lines = []
    for number, (on, when, free) in enumerate(rows, start=1):
        shown_if = None if free else {"number": on, "when": when}
        lines.append(check(number, shown_if, yesno="yes", result="ok"))
    gone = hidden(lines)
    for line in lines:
        condition = line["shown_if"]
        if not condition:
            assert line["number"] not in gone
        else:
            kept = condition["number"] < line["number"] and condition["number"] not in gone
            assert (line["number"] not in gone) == (kept and condition["when"] != "no")
