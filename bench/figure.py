"""A figure that is no count of queries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Figure:
    """One figure and its bar.

    :param bar: in words; none: told for information
    :param wall: seconds waited, with its own bar in ``limit``
    """

    what: str
    value: str
    bar: str = ""
    good: bool = True
    wall: float | None = None
    limit: float | None = None
    cpu: float | None = None

    @property
    def within(self) -> bool:
        """Whether value and time are within their bars."""
        return self.good and (self.limit is None or (self.wall or 0.0) < self.limit)
