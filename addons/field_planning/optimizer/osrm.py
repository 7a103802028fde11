"""Client of OSRM's ``table`` service: travel on real roads, asked for in blocks.

A server refuses tables of more than its ``--max-table-size`` coordinates (100 unless told
otherwise), so a big matrix is put together from blocks of sources and destinations.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from .problem import Point

Cell = tuple[int, int] | None
"""Whole seconds (rounded up) and metres; None: the server knows no way."""

TABLE_SIZE = 100
# A server moves each point to the nearest road it knows. Further away than this the point is not
# on its map, and the way between two such roads says nothing.
FARTHEST_ROAD = 3000.0
LONGEST_ANSWER = 32 * 2**20


class OsrmError(Exception):
    """The server can't be used now.

    :param code: ``address``, ``profile``, ``timeout``, ``unreachable``, ``slow``, ``refused``,
        ``too_long`` or ``broken``: the caller says it in the user's language
    :param detail: what else is known
    """

    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, str(detail)[:200]


@dataclass
class OsrmClient:
    """One OSRM server.

    :param address: ``http(s)://host:port``, without the service's path
    :param profile: name of the profile in the address (a server holds one and ignores the name)
    :param size: most coordinates of one request
    :param timeout: seconds for one request
    :param budget: seconds for all of them together
    """

    address: str
    profile: str = "driving"
    size: int = TABLE_SIZE
    timeout: float = 5.0
    retries: int = 1
    budget: float = 30.0
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise OsrmError("address", self.address)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", self.profile):
            raise OsrmError("profile", self.profile)
        self.address = self.address.rstrip("/")
        self._until = time.monotonic() + self.budget

    def table(
        self, sources: Sequence[Point], destinations: Sequence[Point]
    ) -> Iterator[tuple[list[int], list[int], list[list[Cell]]]]:
        """Yield blocks ``(source numbers, destination numbers, rows of cells)``.

        A block that was yielded is known, even where a later one fails.

        :raises OsrmError: the server does not answer, or not what it should
        """
        half = max(1, self.size // 2)
        for rows in _chunks(len(sources), half):
            for columns in _chunks(len(destinations), half):
                points = [sources[i] for i in rows] + [destinations[j] for j in columns]
                yield rows, columns, self._block(points, len(rows))

    def check(self) -> None:
        """Ask for one small table, to see whether the server answers at all.

        :raises OsrmError: it does not
        """
        self._ask([(48.8566, 2.3522), (48.8606, 2.3376)], 1)

    def _block(self, points: Sequence[Point], count: int) -> list[list[Cell]]:
        answer = self._ask(points, count)
        width = len(points) - count
        try:
            far = [_is_far(place) for place in [*answer["sources"], *answer["destinations"]]]
            durations, distances = answer["durations"], answer["distances"]
            if len(far) != len(points) or {len(durations), len(distances)} != {count}:
                raise ValueError("wrong size")
            return [
                [
                    None if far[i] or far[count + j] else _cell(durations[i][j], distances[i][j])
                    for j in range(width)
                ]
                for i in range(count)
            ]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise OsrmError("broken") from error

    def _ask(self, points: Sequence[Point], count: int) -> dict[str, Any]:
        places = ";".join(f"{longitude:.6f},{latitude:.6f}" for latitude, longitude in points)
        numbers = [str(number) for number in range(len(points))]
        url = (
            f"{self.address}/table/v1/{self.profile}/{places}"
            # Hints are for whoever asks for the same places again, and are most of an answer.
            f"?annotations=duration,distance&generate_hints=false"
            f"&sources={';'.join(numbers[:count])}"
            f"&destinations={';'.join(numbers[count:])}"
        )
        for attempt in range(self.retries + 1):
            left = self._until - time.monotonic()
            if left <= 0:
                raise OsrmError("slow", f"{self.budget:.0f}")
            try:
                return self._get(url, min(self.timeout, left))
            except requests.RequestException as error:
                if attempt == self.retries:
                    raise OsrmError(_code(error)) from error
        raise OsrmError("unreachable")

    def _get(self, url: str, timeout: float) -> dict[str, Any]:
        # No redirects: only the address that the administrator gave is asked.
        with self._session.get(url, timeout=timeout, allow_redirects=False, stream=True) as answer:
            content = bytearray()
            for piece in answer.iter_content(2**16):
                content += piece
                if len(content) > LONGEST_ANSWER:
                    raise OsrmError("too_long")
            try:
                data = json.loads(content)
            except ValueError as error:
                raise OsrmError("refused", answer.status_code) from error
        if not isinstance(data, dict) or data.get("code") != "Ok":
            said = data.get("message") or data.get("code") if isinstance(data, dict) else ""
            raise OsrmError("refused", said or answer.status_code)
        return data


def _chunks(count: int, size: int) -> Iterable[list[int]]:
    # Chunks of even size: 51 points make 26 + 25, not 50 + 1.
    parts = math.ceil(count / size)
    for part in range(parts):
        yield list(range(count * part // parts, count * (part + 1) // parts))


def _is_far(place: Any) -> bool:
    return place is None or float(place.get("distance") or 0) > FARTHEST_ROAD


def _cell(seconds: Any, metres: Any) -> Cell:
    if seconds is None or metres is None:
        return None
    if not (0 <= seconds < 1e7 and 0 <= metres < 1e8):
        raise ValueError("out of range")
    return math.ceil(seconds - 1e-6), round(metres)


def _code(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "timeout"
    return "unreachable" if isinstance(error, requests.ConnectionError) else "broken"
