"""What the main job prints at its end: plain lines from counted figures, no Odoo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Section = tuple[str, Sequence[tuple[str, str]]]


@dataclass
class Result:
    """The figures of a run, by section; each section is a title and (label, value) lines."""

    sections: list[Section] = field(default_factory=list)

    def add(self, title: str, lines: Sequence[tuple[str, object]]) -> None:
        """Add a section; figures are written as they are, texts too."""
        self.sections.append((title, [(label, str(value)) for label, value in lines]))

    def get(self, title: str, label: str) -> str:
        """Return one figure as printed.

        :raises KeyError: where there is none
        """
        for section, lines in self.sections:
            for name, value in lines:
                if (section, name) == (title, label):
                    return value
        raise KeyError((title, label))

    def text(self) -> str:
        """Return the table, aligned, ready to be printed."""
        labels = [len(label) for _title, lines in self.sections for label, _value in lines]
        values = [len(value) for _title, lines in self.sections for _label, value in lines]
        first, second = max(labels, default=10), max(values, default=10)
        rule = f"+-{'-' * first}-+-{'-' * second}-+"
        out = []
        for title, lines in self.sections:
            out += [rule, f"| {title:<{first + second + 3}} |", rule]
            out += [f"| {label:<{first}} | {value:<{second}} |" for label, value in lines]
        return "\n".join([*out, rule]) if out else ""


def euros(amount: float) -> str:
    """Return an amount as French offices write it: 1 234,50 €."""
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",") + " €"


def hours(minutes: float) -> str:
    """Return minutes as hours and minutes: 1 h 05."""
    whole = round(minutes)
    return f"{'-' if whole < 0 else ''}{abs(whole) // 60} h {abs(whole) % 60:02d}"
