"""What a device sends at once: what is new of it, what became of it, what may be applied together."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Item:
    """One operation as it was received.

    :param record_id: id of its row when this call took its uuid; None: it was known before
    :param problem: why it can't even be stored
    """

    operation: dict
    record_id: int | None = None
    problem: str = ""


@dataclass
class Batch:
    """Operations of one call, and what became of them so far.

    :param missions: ids of the missions that exist, of those that the operations name
    """

    items: list[Item]
    missions: frozenset[int]
    states: dict[str, str] = field(default_factory=dict)
    unstored: list[tuple[int, dict]] = field(default_factory=list)

    def note(self, item: Item, values: dict) -> None:
        """Keep what became of a new operation until it is stored."""
        self.states[item.operation["uuid"]] = values["state"]
        self.unstored.append((item.record_id or 0, values))

    def state_of(self, uuid: str) -> str | None:
        """Return the state of an operation of this call that was tried, else None."""
        return self.states.get(uuid)

    def take_unstored(self) -> list[tuple[int, dict]]:
        """Return ``(row id, values)`` of what is still to be stored, once."""
        found, self.unstored = self.unstored, []
        return found


def runs(items: list[Item], together: dict[str, str]) -> list[list[Item]]:
    """Split operations, in order, into runs that may be applied at once.

    Those of a run are new, of one kind and one mission, and follow nothing; none concerns what
    another one does, so that applied one by one they would have the same effect.

    :param together: kind → key of its payload that tells what it concerns
    """
    found: list[list[Item]] = []
    for item in items:
        if found and _joins(found[-1], item, together):
            found[-1].append(item)
        else:
            found.append([item])
    return found


def _joins(run: list[Item], item: Item, together: dict[str, str]) -> bool:
    first, operation = run[0].operation, item.operation
    # What is malformed may be of any type: the other conditions read nothing of it.
    if any(one.problem or one.record_id is None for one in (run[0], item)):
        return False
    kind = operation["kind"]
    if kind not in together or any(
        first[name] != operation[name] for name in ("kind", "mission_id")
    ):
        return False
    if first.get("after") or operation.get("after"):
        return False
    key = together[kind]
    concerned = (operation.get("payload") or {}).get(key)
    return all((one.operation.get("payload") or {}).get(key) != concerned for one in run)
