"""Is an answer to a check right, wrong or unusable?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

OK = "ok"
FAIL = "fail"
NA = "na"
TODO = "todo"


class BadAnswer(ValueError):
    """The answer can't be read; its first argument is a key of the message to show."""


def judge(kind: str, values: dict[str, Any], spec: dict[str, Any]) -> str:
    """Return ``ok``, ``fail`` or ``na`` for one answer.

    :param kind: yesno, choice, number, text, photo or signature
    :param values: ``yesno`` ("yes", "no" or "na"), ``choice``, ``number``, ``text``, ``photos``
    :param spec: ``choices`` (list), ``fail_choices`` (list), ``min``, ``max`` (None: unbounded)
    :raises BadAnswer: key ``empty``, ``number``, ``choice`` or ``kind``
    """
    if values.get("yesno") == "na":
        return NA
    if kind == "yesno":
        if values.get("yesno") not in ("yes", "no"):
            raise BadAnswer("empty")
        return OK if values["yesno"] == "yes" else FAIL
    if kind == "number":
        return _judge_number(values.get("number"), spec)
    if kind == "choice":
        if values.get("choice") not in spec.get("choices", ()):
            raise BadAnswer("choice")
        return FAIL if values["choice"] in spec.get("fail_choices", ()) else OK
    if kind in ("text", "photo", "signature"):
        key = "text" if kind == "text" else "photos"
        if not values.get(key):
            raise BadAnswer("empty")
        return OK
    raise BadAnswer("kind")


def _judge_number(number: Any, spec: dict[str, Any]) -> str:
    if number is None or number is False:
        raise BadAnswer("empty")
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number:
        raise BadAnswer("number")
    low, high = spec.get("min"), spec.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        return FAIL
    return OK


def hidden(checks: Iterable[Mapping[str, Any]]) -> set[int]:
    """Return the numbers of the checks that are not asked: their condition is not met.

    What depends on a check that is not asked itself is not asked either.

    :param checks: in the order of the checklist; each has ``number``, ``result``, ``yesno``,
        ``choice`` and ``shown_if``: None, or ``{"number": of an earlier check, "when": "yes" |
        "no" | "ok" | "fail" | "choice", "choice": str}``
    """
    known: dict[int, Mapping[str, Any]] = {}
    gone: set[int] = set()
    for check in checks:
        number, condition = check["number"], check["shown_if"]
        if condition:
            asked = known.get(condition["number"])
            if asked is None or condition["number"] in gone or not _is_met(condition, asked):
                gone.add(number)
        known[number] = check
    return gone


def _is_met(condition: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    when = condition["when"]
    if when in ("yes", "no"):
        return bool(asked["yesno"] == when)
    if when == "choice":
        return bool(asked["choice"] == condition["choice"])
    return bool(asked["result"] == when)
