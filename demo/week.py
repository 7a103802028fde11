"""One week of a maintenance company, as its office keeps it: three files and their truth.

Plain Python, no Odoo. Everything follows from ``seed`` and ``start``: two runs write the same.
The planning sheet is deliberately untidy: titles, day banners, totals, a header repeated by the
printer, dates and durations typed in ten ways, duplicates, strangers, cancelled lines.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

TOWNS_FILE = Path(__file__).with_name("towns.csv")

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
    *("août", "septembre", "octobre", "novembre", "décembre"),
)
SHORT_MONTHS = (
    *("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil."),
    *("août", "sept.", "oct.", "nov.", "déc."),
)

GAS = "Chauffage gaz"
FIRE = "Sécurité incendie"
AIR = "Ventilation"

BOILER = "Entretien chaudière"
BREAKDOWN = "Dépannage chauffage"
EXTINGUISHERS = "Vérification extincteurs"
ALARM = "Contrôle alarme incendie"
VENT = "Nettoyage VMC"
METERS = "Relevé de compteurs"


@dataclass(frozen=True)
class Town:
    name: str
    postcode: str
    insee: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Customer:
    """A customer as the office knows it; ``siren`` and ``vat`` are well-formed, not given."""

    code: str
    name: str
    street: str
    town: str
    siren: str
    vat: str


@dataclass(frozen=True)
class ServiceType:
    """``minutes``: usual duration. ``skill``: what its technician must hold, or none."""

    name: str
    minutes: int
    skill: str | None


@dataclass(frozen=True)
class Technician:
    """``latitude``/``longitude``: where the day starts. ``start``/``end``: "08:00" local."""

    name: str
    town: str
    latitude: float
    longitude: float
    start: str
    end: str
    skills: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    code: str
    customer: Customer
    name: str
    street: str
    town: Town
    latitude: float
    longitude: float


@dataclass
class Row:
    """One line of the planning as the office means it, and what a careful reader makes of it.

    ``time``: (hour, minute), "morning", "afternoon" or none. ``minutes``: none = not given.
    ``row``: line of the sheet, set by the writer.
    """

    status: str
    date: date | None
    time: tuple[int, int] | str | None
    technician: str | None
    site: Site
    type: str
    minutes: int | None
    phone: str
    note: str | None = None
    received: datetime | None = None
    order: str | None = None
    urgent: bool = False
    row: int = 0
    cells: list[object] = field(default_factory=list)

    def truth(self) -> dict[str, object]:
        """The line as the expected file holds it (same keys as the shared data's)."""
        when = list(self.time) if isinstance(self.time, tuple) else self.time
        return {
            "row": self.row,
            "status": self.status,
            "date": self.date.isoformat() if self.date and self.status != "bad_date" else None,
            "time": when,
            "technician": self.technician if self.status != "unassigned" else None,
            "customer": self.site.customer.name,
            "station": self.site.code,
            "site": self.site.name,
            "lat": self.site.latitude,
            "lon": self.site.longitude,
            "type": self.type,
            "minutes": self.minutes,
            "urgent": self.urgent,
            "note": self.note,
        }


SERVICE_TYPES = (
    ServiceType(BOILER, 90, GAS),
    ServiceType(BREAKDOWN, 60, GAS),
    ServiceType(EXTINGUISHERS, 45, FIRE),
    ServiceType(ALARM, 60, FIRE),
    ServiceType(VENT, 75, AIR),
    ServiceType(METERS, 20, None),
)
TYPES = {service.name: service for service in SERVICE_TYPES}

# (name, town, start, end, skills)
_TECHNICIANS = (
    ("Karim Belkacem", "Angers", "08:00", "17:00", (GAS, FIRE)),
    ("Sophie Guérin", "Trélazé", "08:00", "17:00", (FIRE, AIR)),
    ("Yann Le Bihan", "Avrillé", "08:00", "16:30", (GAS, AIR)),
    ("Fatou Diarra", "Beaucouzé", "08:30", "17:00", (GAS, FIRE, AIR)),
    ("Michel Cesbron", "Chalonnes-sur-Loire", "08:00", "17:00", (GAS,)),
    ("Inès Moreau", "Cholet", "08:00", "17:00", (GAS, FIRE)),
    ("Thomas Rabouin", "Saumur", "08:00", "16:00", (GAS, FIRE, AIR)),
    ("Lucie Pasquier", "Baugé-en-Anjou", "08:00", "17:00", (GAS, FIRE)),
)

# (code, name, street, town, SIREN, names of its sites)
_CUSTOMERS = (
    (
        *("HTR", "Habitat des Trois Rives", "18 boulevard du Roi René", "Angers", "999900012"),
        ("Résidence Les Capucines", "Résidence Monplaisir - Bât. B", "Tour Hamon", "Les Tilleuls"),
    ),
    (
        *("RVL", "Résidences du Val Ligérien", "4 rue de la Gare", "Saumur", "999900020"),
        ("Résidence du Parc", "Clos des Vignes", "Résidence Beaulieu - Entrée C", "Le Chardonnet"),
    ),
    (
        *("LEC", "Communauté de communes Loire et Coteaux", "1 place de l'Europe"),
        *("Chalonnes-sur-Loire", "999900038"),
        ("Mairie", "Salle des sports", "Médiathèque", "Ateliers municipaux"),
    ),
    (
        *("SEL", "Syndicat des Écoles du Layon", "2 place de la Mairie", "Beaulieu-sur-Layon"),
        *("999900046", ("École Jules Ferry", "École Les Marronniers", "Restaurant scolaire")),
    ),
    (
        *("LAR", "Cabinet Larivière Syndic", "27 rue d'Alsace", "Angers", "999900053"),
        ("Copropriété Bellevue", "Copropriété Le Mail", "Copropriété Les Arcades"),
    ),
    (
        *("EHP", "Association Les Aînés d'Anjou", "9 avenue de Grammont", "Avrillé", "999900061"),
        ("EHPAD Les Glycines", "Foyer logement Bon Accueil", "EHPAD La Buissonnière"),
    ),
)

# Public customers pay only invoices that bear their order number.
ORDERS = {"LEC": "BC-2026-0417", "SEL": "2026/MARCHE/12", "HTR": "HTR-26-0093"}

_STREETS = (
    *("rue des Écoles", "place de l'Église", "avenue du Général de Gaulle", "rue de la Mairie"),
    *("chemin des Vignes", "rue Victor Hugo", "impasse du Lavoir", "allée des Acacias"),
    *("rue du 8 Mai 1945", "boulevard Jean Moulin", "quai de Loire", "route d'Angers"),
)

_NOTES = (
    *(None,) * 14,
    "code portail 4512B",
    "digicode 27A61",
    "clés chez le gardien",
    "prévoir échelle",
    "appeler avant",
    "accès par l'arrière",
    "gardien absent le matin",
)

HEADER = (
    *("N° commande", "Jour", "H. RDV", "Intervenant", "Donneur d'ordre", "Lieu d'intervention"),
    *("Adresse", "Code Postal", "Commune", "Nature", "Tps prévu", "Tél. sur place"),
    *("Reçu le", "Remarques"),
)


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in km between two (latitude, longitude)."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    half = sin((lat_b - lat_a) / 2) ** 2
    half += cos(lat_a) * cos(lat_b) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * 6371 * asin(sqrt(half))


def vat_of(siren: str) -> str:
    """The French VAT number of a SIREN: its key is (12 + 3 × (SIREN mod 97)) mod 97."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def luhn_digit(digits: str) -> str:
    """The last digit that makes ``digits`` + it a valid SIREN."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def load_towns() -> dict[str, Town]:
    """The real towns of ``towns.csv`` by name."""
    with TOWNS_FILE.open(encoding="utf-8", newline="") as stream:
        return {
            line["name"]: Town(
                line["name"],
                line["postcode"],
                line["insee"],
                float(line["latitude"]),
                float(line["longitude"]),
            )
            for line in csv.DictReader(stream)
        }


def working_days(start: date, count: int = 5) -> list[date]:
    """``count`` days from ``start``, Saturdays and Sundays left out."""
    days: list[date] = []
    day = start
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return days


def default_start(today: date) -> date:
    """Two working days before ``today``: yesterday is done, today is running, tomorrow planned."""
    day, left = today, 2
    while left or day.weekday() > 4:
        day -= timedelta(days=1)
        if day.weekday() < 5 and left:
            left -= 1
    return day


class Week:
    """The company's week: ``customers``, ``technicians``, ``sites``, ``rows``.

    :param start: first day of the planning
    :param seed: any integer; the same seed and start give the same week
    """

    def __init__(self, start: date, seed: int = 49) -> None:
        self.start = start
        self.days = working_days(start)
        self._random = random.Random(seed)
        self.towns = load_towns()
        self.customers = [
            Customer(code, name, street, town, siren, vat_of(siren))
            for code, name, street, town, siren, _sites in _CUSTOMERS
        ]
        self.technicians = [self._technician(*line) for line in _TECHNICIANS]
        self.sites = self._make_sites()
        self.rows = self._make_rows()

    # -- people and places -------------------------------------------------------------------

    def _near(self, town: Town, spread: float = 0.012) -> tuple[float, float]:
        """A point within about a kilometre of the town's centre."""
        return (
            round(town.latitude + (self._random.random() - 0.5) * spread, 6),
            round(town.longitude + (self._random.random() - 0.5) * spread, 6),
        )

    def _technician(
        self, name: str, town: str, start: str, end: str, skills: tuple[str, ...]
    ) -> Technician:
        latitude, longitude = self._near(self.towns[town])
        return Technician(name, town, latitude, longitude, start, end, tuple(sorted(skills)))

    def _make_sites(self) -> list[Site]:
        """Two sites per town; the customer with the nearest office gets most of them."""
        sites: list[Site] = []
        used: dict[str, int] = {}
        for index, town in enumerate(sorted(self.towns.values(), key=lambda town: town.insee)):
            for turn in range(2):
                rank = (index + 3 * turn + self._random.randrange(2)) % len(self.customers)
                customer = self.customers[rank]
                names = _CUSTOMERS[rank][-1]
                number = used[customer.code] = used.get(customer.code, 0) + 1
                # The town is part of the name, as offices write it: names stay unique.
                name = f"{town.name} - {names[number % len(names)]}"
                street = f"{1 + self._random.randrange(90)} {self._random.choice(_STREETS)}"
                latitude, longitude = self._near(town)
                code = f"{customer.code}-{number:03d}"
                sites.append(Site(code, customer, name, street, town, latitude, longitude))
        return sites

    # -- the planning ------------------------------------------------------------------------

    def _phone(self) -> str:
        return f"06 39 98 {self._random.randrange(100):02d} {self._random.randrange(100):02d}"

    def _nearest_sites(self, technician: Technician, count: int) -> list[Site]:
        start = (technician.latitude, technician.longitude)
        return sorted(
            self.sites, key=lambda site: distance_km(start, (site.latitude, site.longitude))
        )[:count]

    def _make_rows(self) -> list[Row]:
        rows: list[Row] = []
        for technician in self.technicians:
            near = self._nearest_sites(technician, 26)
            self._random.shuffle(near)
            for rank, day in enumerate(self.days):
                count = 3 if (rank + len(rows)) % 2 else 4
                sites = [near[(rank * 4 + turn) % len(near)] for turn in range(count)]
                rows += self._day_rows(technician, day, sites)
        self._spoil(rows)
        rows.sort(key=lambda row: (row.date or self.start, self._rank(row.technician)))
        self._cause_clashes(rows)
        return self._add_noise(rows)

    def _rank(self, technician: str | None) -> int:
        names = [known.name for known in self.technicians]
        return names.index(technician) if technician in names else len(names)

    def _day_rows(self, technician: Technician, day: date, sites: list[Site]) -> list[Row]:
        """A day as the office planned it: feasible in the sheet's order, with free room."""
        allowed = [
            service.name
            for service in SERVICE_TYPES
            if (service.skill is None or service.skill in technician.skills)
            # A breakdown doesn't wait until the end of the week.
            and (service.name != BREAKDOWN or day <= self.days[1])
        ]
        if BREAKDOWN in allowed:
            allowed += [BREAKDOWN] * 2
        rows: list[Row] = []
        clock = _minutes(technician.start) + 30
        here = (technician.latitude, technician.longitude)
        for site in sites:
            there = (site.latitude, site.longitude)
            clock += 5 + int(distance_km(here, there) * 1.4)
            clock = -(-clock // 15) * 15
            if 11 * 60 + 45 <= clock < 13 * 60:
                clock = 13 * 60 + 15
            service = TYPES[self._random.choice(allowed)]
            rows.append(self._row(technician, day, clock, site, service))
            clock += service.minutes
            here = there
        return rows

    def _row(
        self, technician: Technician, day: date, clock: int, site: Site, service: ServiceType
    ) -> Row:
        draw = self._random.random()
        when: tuple[int, int] | str | None = divmod(clock, 60)
        if draw < 0.25:
            when = "morning" if clock < 12 * 60 else "afternoon"
        elif draw < 0.75:
            when = None
        note = self._random.choice(_NOTES)
        received = None
        if service.name == BREAKDOWN:
            received = self._call_before()
        return Row(
            status="ok",
            date=day,
            time=when,
            technician=technician.name,
            site=site,
            type=service.name,
            minutes=service.minutes if self._random.random() < 0.85 else None,
            phone=self._phone(),
            note=note,
            received=received,
            order=ORDERS.get(site.customer.code),
        )

    def _call_before(self) -> datetime:
        """When the customer called: office hours of the working days before the week."""
        back = self._random.choice((1, 1, 1, 2))
        called = self.start
        while back:
            called -= timedelta(days=1)
            back -= called.weekday() < 5
        minutes = 8 * 60 + self._random.randrange(102) * 5
        return datetime.combine(called, time(*divmod(minutes, 60)))

    def _spoil(self, rows: list[Row]) -> None:
        """Lines that a careful reader refuses, or takes with care."""
        picks = list(range(len(rows)))
        self._random.shuffle(picks)
        for status, count in (
            *(("cancelled", 4), ("unknown_technician", 3), ("bad_date", 2), ("unassigned", 5)),
            ("urgent", 4),
        ):
            for _turn in range(count):
                row = rows[picks.pop()]
                if status == "urgent":
                    row.urgent, row.note = True, "URGENT"
                    continue
                row.status = status
                if status == "cancelled":
                    row.note = self._random.choice(("ANNULÉ", "annulé par le client"))
                elif status == "unknown_technician":
                    row.technician = "Intérim 2"

    def _cause_clashes(self, rows: list[Row]) -> None:
        """Two promises at the same moment, and one work that its technician can't do."""
        promised = [
            (one, two)
            for one, two in pairwise(rows)
            if one.status == two.status == "ok"
            and one.technician == two.technician
            and one.date == two.date
        ]
        for one, two in (promised[20], promised[60]):
            one.time = two.time = (9, 30)
        wrong = next(
            row for row in rows[40:] if row.technician == "Michel Cesbron" and row.status == "ok"
        )
        wrong.type, wrong.minutes, wrong.received = ALARM, 60, None

    def _add_noise(self, rows: list[Row]) -> list[Row]:
        """The same line twice, four times in the sheet."""
        doubles = [index for index, row in enumerate(rows) if row.status == "ok"][11::31][:4]
        noisy: list[Row] = []
        for index, row in enumerate(rows):
            noisy.append(row)
            if index in doubles:
                noisy.append(Row(**{**row.__dict__, "status": "duplicate", "cells": []}))
        return noisy

    # -- what people type --------------------------------------------------------------------

    def _type_date(self, row: Row) -> object:
        if row.status == "bad_date":
            return self._random.choice(("31/02/2026", "32/11", "à caler"))
        day = row.date
        assert day
        return self._random.choice(
            (
                datetime.combine(day, time()),
                datetime.combine(day, time()),
                f"{day:%d/%m/%Y}",
                f"{day:%d/%m/%y}",
                f"{DAYS[day.weekday()][:3]}. {day.day} {SHORT_MONTHS[day.month - 1]}",
                f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}",
            )
        )

    def _type_time(self, when: tuple[int, int] | str | None) -> object:
        if when is None:
            return None
        if when == "morning":
            return self._random.choice(("matin", "Matin", "MATIN"))
        if when == "afternoon":
            return self._random.choice(("après-midi", "Après-midi", "apres midi"))
        hour, minute = when
        return self._random.choice(
            (
                time(hour, minute),
                f"{hour}h{minute:02d}" if minute else f"{hour}h",
                f"{hour:02d}:{minute:02d}",
                f"{hour} h {minute:02d}",
            )
        )

    def _type_duration(self, minutes: int | None) -> object:
        if minutes is None:
            return None
        hours, rest = divmod(minutes, 60)
        return self._random.choice(
            (
                minutes,
                f"{minutes} min",
                f"{hours}h{rest:02d}",
                f"{minutes / 60:.2f}".rstrip("0").rstrip(".").replace(".", ",") + " h"
                if minutes % 15 == 0
                else f"{minutes}'",
                time(hours, rest),
            )
        )

    def _type_phone(self, phone: str) -> object:
        digits = phone.replace(" ", "")
        return self._random.choice(
            (phone, phone.replace(" ", "."), digits, int(digits), f"+33 {phone[1:]}")
        )

    def _type_postcode(self, town: Town) -> object:
        draw = self._random.random()
        if draw < 0.15:
            return town.insee
        return int(town.postcode) if draw < 0.4 else town.postcode

    def _type_customer(self, name: str) -> str:
        draw = self._random.random()
        return name.upper() if draw < 0.1 else f"{name} " if draw < 0.2 else name

    def _type_received(self, row: Row) -> object:
        if row.received is None:
            return None
        if self._random.random() < 0.5:
            return row.received
        return f"{row.received:%d/%m/%Y %H:%M}"

    def _cells(self, row: Row) -> list[object]:
        type_name = row.type.upper() if self._random.random() < 0.1 else row.type
        return [
            row.order,
            self._type_date(row),
            self._type_time(row.time),
            None if row.status == "unassigned" else row.technician,
            self._type_customer(row.site.customer.name),
            row.site.name,
            row.site.street,
            self._type_postcode(row.site.town),
            row.site.town.name,
            type_name,
            self._type_duration(row.minutes),
            self._type_phone(row.phone),
            self._type_received(row),
            row.note,
        ]

    # -- files -------------------------------------------------------------------------------

    def technicians_csv(self) -> str:
        """Name, start point, hours and skills, one technician a line."""
        lines: list[Iterable[object]] = [
            ("name", "latitude", "longitude", "start", "end", "skills")
        ]
        lines += [
            (tech.name, tech.latitude, tech.longitude, tech.start, tech.end, ";".join(tech.skills))
            for tech in self.technicians
        ]
        return _csv(lines, ",")

    def sites_csv(self) -> str:
        """The customers' sites as a French spreadsheet exports them: `;` and decimal commas."""
        lines: list[Iterable[object]] = [
            (
                *("Client", "Code site", "Nom du site", "Adresse", "Code postal", "Commune"),
                *("Code INSEE", "Latitude", "Longitude"),
            )
        ]
        lines += [
            (
                *(site.customer.name, site.code, site.name, site.street, site.town.postcode),
                *(site.town.name, site.town.insee),
                str(site.latitude).replace(".", ","),
                str(site.longitude).replace(".", ","),
            )
            for site in self.sites
        ]
        return _csv(lines, ";")

    def planning_xlsx(self) -> bytes:
        """The planning spreadsheet; sets ``row`` of each line on the way."""
        from openpyxl import Workbook

        # The cells are drawn from their own source: writing twice gives the same sheet.
        self._random = random.Random(len(self.rows))
        book = Workbook()
        book.properties.created = book.properties.modified = datetime(2026, 1, 1)
        sheet = book.active
        first, last = self.days[0], self.days[-1]
        sheet.title = f"Semaine {first.isocalendar().week}"
        sheet.append([f"THERMALIS - PLANNING DES TECHNICIENS DU {first:%d/%m} AU {last:%d/%m/%Y}"])
        sheet.merge_cells("A1:N1")
        sheet.append([None, "mis à jour par Sylvie - ne pas modifier les couleurs !"])
        sheet.merge_cells("B2:H2")
        sheet.append([])
        sheet.append(HEADER)
        line = 4
        for index, (day, rows) in enumerate(self._by_day()):
            sheet.append(
                [f"{DAYS[day.weekday()].upper()} {day.day} {MONTHS[day.month - 1].upper()}"]
            )
            line += 1
            if index == 3:
                # Printed on two pages: the header comes again.
                sheet.append(HEADER)
                line += 1
            for row in rows:
                line += 1
                row.row, row.cells = line, self._double(row) or self._cells(row)
                sheet.append(row.cells)
            sheet.append([])
            sheet.append([f"Total {DAYS[day.weekday()]} :", None, None, len(rows), "interventions"])
            line += 2
        legend = book.create_sheet("Légende")
        for text in (
            "N° commande : à reporter sur la facture",
            "matin : 8h-12h",
            "après-midi : 13h30-17h",
        ):
            legend.append([text])
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    def _double(self, row: Row) -> list[object] | None:
        """A duplicate is typed as the line before it."""
        if row.status != "duplicate":
            return None
        return list(self.rows[self.rows.index(row) - 1].cells)

    def _by_day(self) -> list[tuple[date, list[Row]]]:
        return [
            (day, [row for row in self.rows if (row.date or self.start) == day])
            for day in self.days
        ]

    def expected(self) -> list[dict[str, object]]:
        """What a careful human reads out of the planning, line by line (tests only)."""
        self.planning_xlsx()
        return [row.truth() for row in self.rows]

    def write(self, folder: Path) -> dict[str, Path]:
        """Write the three files and the truth into ``folder``.

        :return: paths by name: planning, technicians, sites, expected
        """
        folder.mkdir(parents=True, exist_ok=True)
        paths = {
            "planning": folder / "planning.xlsx",
            "technicians": folder / "techniciens.csv",
            "sites": folder / "sites.csv",
            "expected": folder / "planning.expected.json",
        }
        paths["planning"].write_bytes(self.planning_xlsx())
        paths["technicians"].write_text(self.technicians_csv(), encoding="utf-8")
        paths["sites"].write_text(self.sites_csv(), encoding="utf-8-sig")
        truth = [row.truth() for row in self.rows]
        paths["expected"].write_text(
            json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        return paths


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _csv(lines: Iterable[Iterable[object]], delimiter: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return stream.getvalue()
