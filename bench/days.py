"""Days for the optimiser: the given ones where they lie beside the checkout, and made-up ones.

Made-up days follow the rules of the given ones: sites and homes around one town, thicker at its
middle, at 1.3 times the geodesic and 50 km/h; one skill a visit, common ones more often; two visits
in five promised within two hours; 20 to 90 minutes of work; lunch between 12:00 and 13:15.
"""

from __future__ import annotations

import json
import math
import os
import random
from pathlib import Path
from typing import Any

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "days"
GIVEN = Path(os.environ.get("FIELD_DAYS") or BESIDE)
HOUR = 3600
WINDOWS = (8, 9, 10, 11, 13, 14)
"""Hours at which a promise of two hours may begin."""
ASKED = (36, 26, 20, 11, 8)
"""How often each skill is asked for."""
KNOWN = (0.95, 0.7, 0.55, 0.42, 0.3)
"""The share of technicians who have it."""


def given_day(name: str) -> dict[str, Any] | None:
    """Return one of the given days (S, M, L, O) as a problem; None where the file is not there."""
    path = GIVEN / f"{name}.json"
    if not path.exists():
        return None
    raw = json.loads(path.read_text())
    shifts = [
        _shift(
            str(one["id"]),
            [one["lat"], one["lon"]],
            [one["start"], one["end"]],
            [str(skill) for skill in one["skills"]],
        )
        for one in raw["technicians"]
    ]
    visits = [
        {
            "id": str(one["id"]),
            "point": [one["lat"], one["lon"]],
            "service": one["service"],
            "skills": [str(one["skill"])],
            "windows": [one["window"]],
            "priority": one["priority"],
        }
        for one in raw["visits"]
    ]
    return {"shifts": shifts, "visits": visits}


def made_day(seed: int, visits: int, technicians: int) -> dict[str, Any]:
    """Return a made-up day as a problem; the same for the same arguments on any machine."""
    rng = random.Random(seed)
    spread = min(0.19, 0.0093 * math.sqrt(visits))

    def point() -> list[float]:
        latitude, longitude = (max(-2.0, min(2.0, rng.gauss(0, 1))) for _axis in range(2))
        return [round(48.85 + spread * latitude, 6), round(2.35 + 1.5 * spread * longitude, 6)]

    def promise() -> list[int]:
        first = rng.choice(WINDOWS) * HOUR
        return [8 * HOUR, 17 * HOUR] if rng.random() < 0.6 else [first, first + 2 * HOUR]

    shifts = []
    for number in range(technicians):
        # Whatever chance says, two people can do each kind of work.
        skills = {str(skill) for skill, share in enumerate(KNOWN) if rng.random() < share}
        skills |= {str(number // 2)} if number < 2 * len(KNOWN) else set()
        shifts.append(_shift(str(number), point(), [8 * HOUR, 17 * HOUR], sorted(skills)))
    return {
        "shifts": shifts,
        "visits": [
            {
                "id": str(number),
                "point": point(),
                "service": round(rng.triangular(1050, 5400, 1800) / 300) * 300,
                "skills": [str(rng.choices(range(len(ASKED)), ASKED)[0])],
                "windows": [promise()],
                "priority": rng.choices((1, 2, 3), (50, 30, 20))[0],
            }
            for number in range(visits)
        ],
    }


def _shift(name: str, home: list[float], hours: list[int], skills: list[str]) -> dict[str, Any]:
    return {
        "id": name,
        "technician": name,
        "start": home,
        "end": home,
        "intervals": [hours],
        "lunch": {"earliest": 43200, "latest": 47700, "seconds": 2700},
        "skills": skills,
    }
