"""What became of a journal that was hashed anew, told from the marks that a digest keeps.

Plain Python, no Odoo. A *mark* stands for what an entry says (content, author, both dates) whatever
its number and its neighbours: when every hash of a journal was made again, its marks still tell
which entries were altered, removed, put in or moved. ``docs/evidence.md`` specifies them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

ALTERED = "altered"  # another content, author or date than what was noted
REMOVED = "removed"
INSERTED = "inserted"
MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to the entry sealed under ``seq``; ``place`` is where it stands now.

    An inserted entry was sealed under no number: its ``seq`` is where it stands.
    """

    code: str
    seq: int
    place: int = 0


def compare(noted: Sequence[str], current: Sequence[str]) -> list[Change]:
    """Return what was done between the ``noted`` marks and the ``current`` ones, by number.

    What follows the last noted entry may have been added honestly later: it is no change.
    """
    pairs: list[tuple[int, int]] = []
    removed: dict[int, str] = {}
    inserted: dict[int, str] = {}
    behind: dict[int, str] = {}
    matcher = SequenceMatcher(None, noted, current, autojunk=False)
    for tag, start, end, now_start, now_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, now_end - now_start)
        pairs += [(start + step + 1, now_start + step + 1) for step in range(paired)]
        removed |= {place + 1: noted[place] for place in range(start, end)}
        last = now_start + paired if end == len(noted) else now_end
        inserted |= {place + 1: current[place] for place in range(now_start, last)}
        behind |= {place + 1: current[place] for place in range(last, now_end)}
    changes = _take_moves(removed, inserted, behind)
    for seq, place in pairs:
        if seq in removed and place in inserted:
            del removed[seq], inserted[place]
            changes.append(Change(ALTERED, seq, place))
    changes += [Change(REMOVED, seq) for seq in removed]
    changes += [Change(INSERTED, place, place) for place in inserted]
    return sorted(changes, key=lambda change: (change.seq, change.code))


def _take_moves(
    removed: dict[int, str], inserted: dict[int, str], behind: dict[int, str]
) -> list[Change]:
    """Take out of all three what only stands elsewhere, and return it."""
    places = {mark: place for place, mark in (inserted | behind).items()}
    moves = []
    for seq, mark in list(removed.items()):
        place = places.pop(mark, None)
        if place is not None:
            del removed[seq]
            inserted.pop(place, None)
            moves.append(Change(MOVED, seq, place))
    return moves
