"""Places: postcodes and INSEE codes, addresses in one cell, coordinates in any system."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .text import clean, normalise

_CODE = re.compile(
    r"(?:F\s*-\s*|FR\s*-\s*)?(\d[\dAB]?\d{2,3}|\d{2}\s\d{3})(?:[.,]0)?", re.IGNORECASE
)
_TAIL = re.compile(
    r"^(?P<street>.*?)[\s,;\-\u2013]*(?<![\d\w/])(?:F\s*-\s*)?(?P<code>\d{5}|\d{4}|0)\s+(?:-\s*)?"
    r"(?P<city>[^\W\d_][^\d,;]*?(?:[\s\-]\d{1,2}(?:er?|[èe]me)?(?![\w]))?(?:\s+CEDEX(?:\s*\d{1,2})?)?)\s*(?:,?\s*(?:France|\(France\)))?$",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    r"\b(?:janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|"
    r"décembre|decembre|en|an)\s*$",
    re.IGNORECASE,
)
#: Box that holds mainland France, Corsica and their coasts.
_FRANCE = (41.0, 51.6, -5.8, 10.0)


def parse_code(raw: Any) -> str:
    """A five-character commune code or postcode out of a cell, its lost zero given back.

    :return: "" when the cell holds none (`0`, text)
    """
    if raw is None or isinstance(raw, bool):
        return ""
    text = f"{raw:.0f}" if isinstance(raw, float) else clean(raw)
    match = re.match(rf"{_CODE.pattern}(?![\w])", text.upper())
    if not match:
        return ""
    code = match[1].replace(" ", "")
    if re.fullmatch(r"\d{4}", code):
        code = f"0{code}"
    if not re.fullmatch(r"\d{5}|2[AB]\d{3}", code) or code.startswith("00"):
        return ""
    return code


@dataclass(frozen=True)
class AddressParts:
    """An address cut into street, code (postcode or INSEE) and city; `zero` when the code was 0."""

    street: str
    code: str = ""
    city: str = ""
    zero: bool = False


def split_address(text: str, insee: str = "") -> AddressParts:
    """Cut `Rue du Stade 56500 Plumelin` into its parts.

    :param insee: the commune's INSEE code where it is known: its department decides whether four
        digits are a postcode that lost its zero
    """
    text = clean(text)
    match = _TAIL.match(text)
    # The last number is the code: "Place du 19 mars 1962 13550 NOVES".
    if match and _TAIL.match(f"x {match['code']} {match['city']}") is None:
        match = None
    if not match:
        return AddressParts(text)
    code, street = match["code"], match["street"].strip(" ,;-\u2013")
    if code == "0":
        return AddressParts(street, "", clean(match["city"]), zero=True)
    if len(code) == 4:
        if _YEAR_BEFORE.search(street) or not insee or f"0{code}"[:2] != insee[:2]:
            return AddressParts(text)
        code = f"0{code}"
    return AddressParts(street, code, clean(match["city"]))


def split_code_and_city(raw: Any) -> tuple[Any, str]:
    """`29000 Quimper` or `Quimper (29000)` in one cell, as (code, city)."""
    text = clean(raw)
    if match := re.fullmatch(r"(?:F-)?(\d{4,5}|\d{2}\s\d{3})\s*[-,]?\s+([^\W\d].*)", text):
        return match[1], match[2]
    if match := re.fullmatch(r"([^\d(]{3,}?)\s*[(,\-]?\s*(\d{4,5})\)?", text):
        return match[2], match[1]
    return raw, ""


@lru_cache(maxsize=16384)
def normal_city(name: str) -> str:
    """A commune's name for comparing: `ST-MÉRY` is `saint mery`, districts and CEDEX dropped."""
    words = normalise(re.sub(r"(?i)\bcedex\b.*|\(\d{2,5}\)", "", name)).split()
    words = [{"st": "saint", "ste": "sainte", "sts": "saints"}.get(word, word) for word in words]
    if len(words) > 1 and re.fullmatch(r"\d{1,2}(?:er|e|eme)?", words[-1]):
        words.pop()
    if len(words) > 1 and words[0] in {"le", "la", "les", "l"}:
        words = words[1:]
    return " ".join(words)


@lru_cache(maxsize=16384)
def district(name: str) -> str:
    """Number of a big city's district (`Marseille 8e`), "" where the name has none."""
    plain = normalise(re.sub(r"(?i)\bcedex\b.*|\(\d{2,5}\)", "", name))
    match = re.search(r"\s0?(\d{1,2})(?:er|e|eme)?$", plain)
    return match[1] if match else ""


@dataclass
class CodeEvidence:
    """What is known about codes: which are INSEE codes, which are postcodes, and of which city.

    :param insee_cities: INSEE code -> normalised names of its commune
    :param zip_cities: postcode -> normalised names of its communes
    :param insee_zips: INSEE code -> postcodes of the commune
    :param complete: the tables hold every commune of the country
    """

    insee_cities: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    zip_cities: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    insee_zips: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    city_insee: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    complete: bool = False

    def add(self, insee: str, name: str, zips: Iterable[str]) -> None:
        """Learn one commune, or what one known address tells of it (any part may be empty)."""
        city = normal_city(name) if name else ""
        if insee:
            self.insee_cities[insee].update({city} - {""})
            self.insee_zips[insee].update(z for z in zips if z)
            if city:
                self.city_insee[city].add(insee)
        for code in zips:
            if code:
                self.zip_cities[code].update({city} - {""})

    def kind(self, code: str, city: str = "") -> str:
        """Whether `code` is an "insee" code or a "zip", "" when that can't be told."""
        wanted = normal_city(city) if city else ""
        as_insee = self._fits(self.insee_cities.get(code), wanted)
        as_zip = self._fits(self.zip_cities.get(code), wanted)
        if as_insee != as_zip:
            return "insee" if as_insee > as_zip else "zip"
        if as_insee == 0 and not self.complete:
            return ""
        return "zip" if as_zip else ""

    @staticmethod
    def _fits(cities: set[str] | None, wanted: str) -> int:
        """0: unknown code, 1: code of another city, 2: code of this city."""
        if cities is None:
            return 0
        if wanted and any(same_city(wanted, city) for city in cities):
            return 2
        return 1

    def zips_of(self, insee: str) -> list[str]:
        """Postcodes of a commune, as far as known."""
        return sorted(self.insee_zips.get(insee, ()))

    def insee_of(self, city: str, department: str = "") -> str:
        """INSEE code of a city, "" where it is unknown or where two bear the name."""
        codes = {
            code
            for code in self.city_insee.get(normal_city(city), ())
            if not department or code.startswith(department)
        }
        return next(iter(codes)) if len(codes) == 1 else ""


def same_city(first: str, second: str) -> bool:
    """Whether two normalised names of communes mean the same (`la gacilly`, `gacilly`)."""
    if not first or not second:
        return False
    left = first.replace(" ", "")
    right = second.replace(" ", "")
    if left == right:
        return True
    short, long = sorted((first.split(), second.split()), key=len)
    return len(short) >= 1 and short == long[: len(short)] and len(" ".join(short)) >= 5


def looks_like_insee(codes: Iterable[str]) -> bool:
    """Whether codes of one source are INSEE codes: most postcodes end in 0, INSEE codes rarely do."""
    counts = Counter(code[-1] for code in set(codes) if code)
    total = sum(counts.values())
    return total >= 4 and counts["0"] / total <= 0.3


@dataclass(frozen=True)
class Point:
    """Coordinates in degrees (WGS84), or the code of an issue."""

    latitude: float | None = None
    longitude: float | None = None
    issue: str = ""


def parse_point(first: Any, second: Any = None) -> Point:
    """Coordinates from latitude / longitude or Y / X cells, in degrees or Lambert-93 metres.

    :param first: latitude, or Y, or both in one cell (`48.01, -4.09`)
    :param second: longitude, or X
    """
    if second is None and isinstance(first, str):
        pair = re.findall(r"-?\d+[.,]?\d*", first.replace(";", " "))
        if len(pair) != 2:
            return Point(issue="missing_coordinates" if not clean(first) else "bad_coordinates")
        first, second = pair
    latitude, longitude = _number(first), _number(second)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        wrong = any(clean(value) and _number(value) is None for value in (first, second))
        return Point(issue="bad_coordinates" if wrong else "missing_coordinates")
    if abs(latitude) > 180 or abs(longitude) > 180:
        return _from_metres(longitude, latitude)
    if _in_france(longitude, latitude) and not _in_france(latitude, longitude):
        latitude, longitude = longitude, latitude  # the two columns were swapped
    if abs(latitude) > 90:
        return Point(issue="bad_coordinates")
    return Point(round(latitude, 7), round(longitude, 7))


def _number(raw: Any) -> float | None:
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, (int, float)):
        return float(raw) if math.isfinite(raw) else None
    text = clean(raw).replace("\u00a0", "").replace(" ", "").replace("°", "").replace("\u2212", "-")
    sign = -1 if re.search(r"(?i)[wos]$", text) and not text.startswith("-") else 1
    text = re.sub(r"(?i)[nsewo]$", "", text)
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return sign * number if math.isfinite(number) else None


def _in_france(latitude: float, longitude: float) -> bool:
    south, north, west, east = _FRANCE
    return south <= latitude <= north and west <= longitude <= east


def _from_metres(x: float, y: float) -> Point:
    """Lambert-93 metres, in either order, to degrees."""
    for east, north in ((x, y), (y, x)):
        if 0 <= east <= 1_300_000 and 6_000_000 <= north <= 7_200_000:
            longitude, latitude = _lambert93().transform(east, north)
            return Point(round(latitude, 7), round(longitude, 7))
    return Point(issue="bad_coordinates")


@lru_cache(maxsize=1)
def _lambert93() -> Any:
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)


def distance_km(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Distance as the crow flies between two (latitude, longitude) points, in km."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*first, *second))
    a = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 12742.0 * math.asin(min(1.0, math.sqrt(a)))
