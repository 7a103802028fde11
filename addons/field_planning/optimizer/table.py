"""Travel known beforehand (a router, learned times), as part of a problem.

A problem may bring blocks of travel: each holds every pair of its own points. One block with all
the points suits solving; one block a working day is enough for judging given orders, and is much
smaller. A pair that no block holds is estimated from its distance.

Packed, a block is ``{"points": [[lat, lon], …], "seconds": text, "metres": text}``: rows of 32-bit
little-endian integers, deflated, in base64. A thousand points stay below a few megabytes so.
"""

from __future__ import annotations

import base64
import binascii
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Point = tuple[float, float]
Rows = Sequence[Sequence[int]]

LARGEST = 2**31 - 1


def pack(points: Sequence[Point], seconds: Rows, metres: Rows) -> dict[str, Any]:
    """Write one block.

    :param points: distinct points
    :param seconds: whole seconds from each point (row) to each point
    :param metres: the same in metres
    """
    return {
        "points": [list(point) for point in points],
        "seconds": _deflate(seconds),
        "metres": _deflate(metres),
    }


def _deflate(rows: Rows) -> str:
    values = array("i", (value for row in rows for value in row))
    if sys.byteorder == "big":
        values.byteswap()
    return base64.b64encode(zlib.compress(values.tobytes(), 1)).decode()


def _inflate(where: str, text: Any, size: int) -> array[int]:
    values = array("i")
    try:
        # Never more than what the points ask for, whatever the text claims to hold.
        data = zlib.decompressobj().decompress(base64.b64decode(text), 4 * size * size + 1)
        values.frombytes(data)
    except (TypeError, ValueError, binascii.Error, zlib.error) as error:
        raise ValueError(f"travel: the {where} of a block can't be read") from error
    if sys.byteorder == "big":
        values.byteswap()
    if len(values) != size * size or any(value < 0 for value in values):
        raise ValueError(f"travel: the {where} of a block don't match its points")
    return values


class Block:
    """All pairs of some points."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        try:
            points = [(float(lat), float(lon)) for lat, lon in data["points"]]
            texts = data["seconds"], data["metres"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("travel: a block needs points, seconds and metres") from error
        self.index = {point: number for number, point in enumerate(points)}
        if len(self.index) != len(points):
            raise ValueError("travel: a point of a block is there twice")
        self.seconds = _inflate("seconds", texts[0], len(points))
        self.metres = _inflate("metres", texts[1], len(points))

    def get(self, origin: Point, destination: Point) -> tuple[int, int]:
        """Seconds and metres between two points of this block."""
        at = self.index[origin] * len(self.index) + self.index[destination]
        return self.seconds[at], self.metres[at]


class Table:
    """The blocks of one problem."""

    def __init__(self, blocks: Iterable[Mapping[str, Any]]) -> None:
        self.blocks = [Block(data) for data in blocks]
        self._blocks_of: dict[Point, list[Block]] = {}
        for block in self.blocks:
            for point in block.index:
                self._blocks_of.setdefault(point, []).append(block)

    def get(self, origin: Point, destination: Point) -> tuple[int, int] | None:
        """Seconds and metres from one point to another, or None where no block holds the pair."""
        for block in self._blocks_of.get(origin, ()):
            if destination in block.index:
                return block.get(origin, destination)
        return None

    def block_of(self, points: Iterable[Point]) -> Block | None:
        """The block that holds all of the points, if there is one."""
        wanted = set(points)
        return next((block for block in self.blocks if wanted <= block.index.keys()), None)
