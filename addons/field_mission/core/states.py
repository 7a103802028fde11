"""The life of a mission, as one table.

Buttons, the technician's app, imports and tests all go through it; nothing else changes a state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DRAFT = "draft"
PLANNED = "planned"
IN_PROGRESS = "in_progress"
DONE = "done"
TO_RESCHEDULE = "to_reschedule"
CANCELLED = "cancelled"

STATES = (DRAFT, PLANNED, IN_PROGRESS, DONE, TO_RESCHEDULE, CANCELLED)

# Who may take a step. Each role may also do what the roles before it may.
MEMBER = "member"  # the responsible technician or a helper
RESPONSIBLE = "responsible"
PLANNER = "planner"
MANAGER = "manager"
ROLES = (MEMBER, RESPONSIBLE, PLANNER, MANAGER)


@dataclass(frozen=True)
class Transition:
    """One allowed step.

    :param name: name of the step, also of its ``action_<name>`` method
    :param sources: states it may start from
    :param target: state it ends in (the same as the source when only a mark changes)
    :param role: least role that may take it
    :param needs: what must be filled, by requirement key (see ``REQUIREMENTS``)
    :param validated: whether it applies to validated missions (True), to the others (False)
    """

    name: str
    sources: tuple[str, ...]
    target: str | None
    role: str
    needs: tuple[str, ...] = ()
    validated: bool = False


TRANSITIONS: dict[str, Transition] = {
    step.name: step
    for step in (
        Transition(
            "plan", (DRAFT, TO_RESCHEDULE), PLANNED, PLANNER, ("technician", "slot", "duration")
        ),
        Transition("unplan", (PLANNED, TO_RESCHEDULE), DRAFT, PLANNER),
        Transition("start", (PLANNED,), IN_PROGRESS, MEMBER, ("published",)),
        Transition("done", (IN_PROGRESS,), DONE, RESPONSIBLE, ("work",)),
        Transition("reschedule", (PLANNED, IN_PROGRESS), TO_RESCHEDULE, RESPONSIBLE, ("reason",)),
        Transition(
            "cancel", (DRAFT, PLANNED, IN_PROGRESS, TO_RESCHEDULE), CANCELLED, PLANNER, ("reason",)
        ),
        Transition("reset", (CANCELLED,), DRAFT, PLANNER),
        Transition("reopen", (DONE,), IN_PROGRESS, PLANNER, ("reason",)),
        Transition("validate", (DONE,), None, PLANNER),
        Transition("unvalidate", (DONE,), None, MANAGER, ("reason",), validated=True),
    )
}


def allowed_steps(state: str, validated: bool, roles: Iterable[str]) -> list[str]:
    """Return the names of the steps that these roles may take from a state, in table order."""
    held = set(roles)
    return [
        step.name
        for step in TRANSITIONS.values()
        if state in step.sources and step.validated == validated and step.role in held
    ]


def roles_of(*, member: bool, responsible: bool, planner: bool, manager: bool) -> set[str]:
    """Return every role a person holds for one mission."""
    held = set()
    if member or responsible or planner or manager:
        held.add(MEMBER)
    if responsible or planner or manager:
        held.add(RESPONSIBLE)
    if planner or manager:
        held.add(PLANNER)
    if manager:
        held.add(MANAGER)
    return held
