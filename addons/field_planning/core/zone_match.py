"""Which zone a place belongs to: postcode prefixes, communes, hierarchy, order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CODE = re.compile(r"[0-9A-Z]{1,10}")


def split_codes(text: str | None) -> list[str]:
    """Codes of a text, separated by commas, semicolons, blanks or lines; each once, in order."""
    words = re.split(r"[\s,;]+", (text or "").upper())
    return list(dict.fromkeys(word for word in words if word))


def wrong_communes(text: str | None) -> list[str]:
    """Words of a text that are no INSEE code of a commune."""
    return [word for word in split_codes(text) if not re.fullmatch(r"(?:\d{2}|2[AB])\d{3}", word)]


def wrong_prefixes(text: str | None) -> list[str]:
    """Words of a text that are no beginning of a postcode."""
    return [word for word in split_codes(text) if not _CODE.fullmatch(word)]


@dataclass(frozen=True)
class Zone:
    """One zone's rules.

    :param rank: its place in the company's order
    :param depth: how many zones it lies in
    """

    id: int
    rank: int
    depth: int = 0
    prefixes: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    ancestors: frozenset[int] = frozenset()


class Matcher:
    """Finds zones of places. A part of a zone wins over it, else the order decides.

    Zones that share a rank (nobody has put them in order): the most exact rule wins, a commune
    before a postcode, a longer prefix before a shorter one.
    """

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.zones = list(zones)
        self._communes: dict[str, list[Zone]] = {}
        self._prefixes: dict[str, list[Zone]] = {}
        for zone in self.zones:
            for code in zone.communes:
                self._communes.setdefault(code, []).append(zone)
            for prefix in zone.prefixes:
                self._prefixes.setdefault(prefix, []).append(zone)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._known: dict[tuple[str, str], int | None] = {}

    def find(self, postcode: str | None, insee: str | None) -> int | None:
        """Return the id of the zone of a place, None where no zone takes it."""
        key = ((postcode or "").strip().upper(), (insee or "").strip().upper())
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, postcode: str, insee: str) -> int | None:
        exactness: dict[Zone, int] = {}
        for zone in self._communes.get(insee, ()) if insee else ():
            exactness[zone] = 100
        place = postcode or insee
        for length in self._lengths:
            for zone in self._prefixes.get(place[:length], ()) if len(place) >= length else ():
                exactness.setdefault(zone, length)
        if not exactness:
            return None
        outer = frozenset().union(*(zone.ancestors for zone in exactness))
        inner = [zone for zone in exactness if zone.id not in outer]
        best = min(inner, key=lambda zone: (zone.rank, -exactness[zone], -zone.depth, zone.id))
        return best.id
