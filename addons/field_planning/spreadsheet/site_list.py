"""A list of sites from any file: name, address, codes, coordinates; damage is told, never fatal."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from . import issues as say
from .issues import Issue
from .layout import Layout, show
from .phones import parse_phone
from .places import (
    CodeEvidence,
    distance_km,
    normal_city,
    parse_code,
    parse_point,
    split_address,
    split_code_and_city,
)
from .planning import found_postcode
from .reader import Row, Workbook, is_blank
from .sites import SiteIndex, SiteQuery
from .text import clean, compact, guess_repair, is_damaged, is_suspect, normalise


@dataclass
class SiteLine:
    """One site as read; `site_id` is the known site it is, 0 for a new one.

    :param status: "ok" (new), "known", "duplicate" or "unnamed"
    """

    sheet: str
    row: int
    raw: dict[str, str] = field(default_factory=dict)
    name: str = ""
    code: str = ""
    customer: str = ""
    operator: str = ""
    street: str = ""
    zip: str = ""
    insee: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""
    contact: str = ""
    remark: str = ""
    access: str = ""
    customer_id: int = 0
    site_id: int = 0
    issues: list[Issue] = field(default_factory=list)
    status: str = "ok"


def read_sites(
    workbook: Workbook,
    layout: Layout,
    sites: SiteIndex | None = None,
    customers: Any = None,
    codes: CodeEvidence | None = None,
) -> list[SiteLine]:
    """Read a list of sites.

    :param layout: its table, from `detect_layout(sheet, "sites")`
    :param sites: known sites, so that none is made twice
    :param customers: `CustomerIndex` of the known customers
    :param codes: known communes, to look a missing postcode up
    """
    sheet = next(sheet for sheet in workbook.sheets if sheet.name == layout.sheet)
    lines = [
        _read_row(row, layout)
        for row in sheet.rows
        if row.number > layout.header and len(row.filled()) > 1
    ]
    codes = codes or CodeEvidence()
    _complete(lines, codes)
    _check_coordinates(lines)
    _propose_spellings(lines)
    _match(lines, sites or SiteIndex(()), customers)
    return lines


def _read_row(row: Row, layout: Layout) -> SiteLine:
    line = SiteLine(layout.sheet, row.number)
    cells: dict[str, Any] = {}
    for column in layout.columns:
        value = row.value(column.index)
        if not column.field or is_blank(value):
            continue
        if column.field in cells and isinstance(value, str):
            separator = " / " if column.field == "operator" else " "
            value = f"{show(cells[column.field])}{separator}{show(value)}"
        cells[column.field] = value
    line.raw = {key: show(value) for key, value in cells.items()}
    for key in ("site_code", "customer", "operator", "contact", "remark", "access", "city"):
        setattr(line, "code" if key == "site_code" else key, line.raw.get(key, ""))
    line.name = line.raw.get("site", "")
    line.insee = parse_code(cells.get("insee"))
    line.phone = parse_phone(cells.get("phone")).number
    _read_address(line, cells)
    _read_point(line, cells)
    line.name = line.name or line.street or line.code
    if not line.name:
        line.issues.append(say.error("missing_name", "site"))
        line.status = "unnamed"
    return line


def _read_address(line: SiteLine, cells: dict[str, Any]) -> None:
    raw_code, city = split_code_and_city(cells.get("postcode"))
    line.city = line.city or city
    parts = split_address(line.raw.get("address", ""), line.insee)
    line.street = parts.street
    code = parse_code(raw_code) or parts.code
    line.city = line.city or parts.city
    if code and code == line.insee:
        # The list writes the INSEE code where the postcode should stand.
        line.issues.append(say.info("insee_code", "postcode", code))
        code = ""
    line.zip = code


def _read_point(line: SiteLine, cells: dict[str, Any]) -> None:
    if "coordinates" in cells:
        point = parse_point(show(cells["coordinates"]))
    else:
        point = parse_point(cells.get("latitude"), cells.get("longitude") or "")
    line.latitude, line.longitude = point.latitude, point.longitude
    if point.issue:
        value = line.raw.get("coordinates") or " / ".join(
            filter(None, (line.raw.get("latitude"), line.raw.get("longitude")))
        )
        line.issues.append(say.warning(point.issue, "latitude", value))


def _complete(lines: Sequence[SiteLine], codes: CodeEvidence) -> None:
    """Look missing postcodes up, in the known communes and in the list's own sound addresses."""
    own = CodeEvidence()
    for line in lines:
        if line.insee and line.zip:
            own.add(line.insee, line.city, [line.zip])
    for line in lines:
        if line.zip and codes.kind(line.zip, line.city) == "insee":
            line.issues.append(say.info("insee_code", "postcode", line.zip))
            line.insee, line.zip = line.insee or line.zip, ""
        if line.zip:
            continue
        insee = line.insee or codes.insee_of(line.city)
        found = codes.zips_of(insee) or own.zips_of(insee)
        typed = line.raw.get("postcode", "")
        if len(found) == 1:
            line.zip = found[0]
            line.issues.append(found_postcode(codes, typed, found[0]))
        elif found:
            text = ", ".join(found)
            line.issues.append(say.warning("several_postcodes", "postcode", typed, zips=text))
        else:
            line.issues.append(say.warning("missing_postcode", "postcode", typed))
        line.city = line.city or _city_in_name(line, codes, own)


def _city_in_name(line: SiteLine, *tables: CodeEvidence) -> str:
    """The commune's name when the site's own name begins with it."""
    for table in tables:
        for city in table.insee_cities.get(line.insee, ()):
            start = re.split(r"\s+-\s+|\s*/\s*|_", line.name)[0]
            if normal_city(start) == city:
                return clean(start)
    return ""


def _check_coordinates(lines: Sequence[SiteLine]) -> None:
    """Tell the points that lie far from the other sites of their department."""
    groups: dict[str, list[SiteLine]] = defaultdict(list)
    for line in lines:
        if line.latitude is not None and (line.insee or line.zip):
            groups[(line.insee or line.zip)[:2]].append(line)
    for members in groups.values():
        if len(members) < 5:
            continue
        centre = (
            median(line.latitude or 0.0 for line in members),
            median(line.longitude or 0.0 for line in members),
        )
        away = {
            id(line): distance_km(centre, (line.latitude or 0.0, line.longitude or 0.0))
            for line in members
        }
        usual = sorted(away.values())[int(len(away) * 0.9)]
        for line in members:
            km = away[id(line)]
            if km > max(60.0, 1.5 * usual):
                value = f"{line.latitude}, {line.longitude}"
                line.issues.append(say.warning("far_coordinates", "latitude", value, km=round(km)))


def _propose_spellings(lines: Sequence[SiteLine]) -> None:
    texts = [f"{line.name} {line.street} {line.city}" for line in lines]
    lexicon = {
        word for text in texts if not is_damaged(text) for word in re.split(r"[\s\-_'/(),.]+", text)
    }
    for line in lines:
        for key, field_key in (("name", "site"), ("street", "address"), ("city", "city")):
            value = getattr(line, key)
            if is_damaged(value):
                guess = guess_repair(value, lexicon)
                line.issues.append(
                    say.warning("damaged_text_guess", field_key, value, guess=guess)
                    if guess
                    else say.warning("damaged_text", field_key, value)
                )
        for key, field_key in (("name", "site"), ("customer", "customer")):
            if is_suspect(getattr(line, key)):
                line.issues.append(say.warning("suspect_text", field_key, getattr(line, key)))


def _match(lines: Sequence[SiteLine], sites: SiteIndex, customers: Any) -> None:
    """Recognise the sites that are known, and those that stand twice in the list."""
    seen: dict[tuple[str, ...], int] = {}
    codes = {site.id: site.code for site in sites.sites}
    taken: set[int] = set()
    for line in lines:
        if line.status != "ok":
            continue
        if customers is not None and line.customer:
            line.customer_id = customers.match(line.customer).id or 0
        key = _key(line)
        if key in seen:
            line.issues.append(say.error("duplicate_site", "", "", row=seen[key]))
            line.status = "duplicate"
            continue
        seen[key] = line.row
        line.site_id = _known(line, sites, codes)
        if line.site_id in taken:
            line.site_id = 0  # one known site can't be two lines of the list
        if line.site_id:
            taken.add(line.site_id)
            line.status = "known"


def _key(line: SiteLine) -> tuple[str, ...]:
    if line.code:
        return ("code", compact(line.code))
    return (normalise(line.name), normalise(line.street), normal_city(line.city), line.insee)


def _known(line: SiteLine, sites: SiteIndex, codes: dict[int, str]) -> int:
    """The known site that a line is: by its code, else by name and address."""
    if line.code and (match := sites.match(SiteQuery(code=line.code))).id:
        return match.id or 0
    query = SiteQuery(line.name, "", line.street, line.zip, line.city, line.customer_id, line.insee)
    match = sites.match(query)
    if not match.id or not match.sure:
        return 0
    # Another code is another site, however alike the names are.
    return 0 if line.code and codes[match.id] else match.id
