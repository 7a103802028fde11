"""Plannings of a made-up company written in the many ways that companies write them.

`week(seed)` invents visits; each function of `LAYOUTS` writes them to a real file in its own way and says
which lines of which sheets hold which visit. The reader must give every visit back.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

import openpyxl
from openpyxl.styles import Font

MONDAY = date(2026, 11, 30)
TECHNICIANS = [f"Technicien {number:02d}" for number in range(1, 7)]
PEOPLE = ["Jean Dupont", "Léa Le Goff", "Karim Ben Ali", "Marie Martin", "Paul Roux", "Zoé Hervé"]
TYPES = {
    "Maintenance préventive": 90,
    "Relevé": 20,
    "Dépannage": 60,
    "Visite de contrôle": 45,
    "Installation": 180,
}
_SITES = [
    # customer, name, code, street, zip, insee, city
    ("Mairie de Vannes", "Gymnase de Kercado", "VAN-01", "12 rue Winston Churchill", "56000", "56260", "Vannes"),
    ("Mairie de Vannes", "École Sévigné", "VAN-02", "4 place du Champ de Foire", "56000", "56260", "Vannes"),
    ("Résidences du Golfe", "Résidence Les Lilas Bât. A", "RG-101", "8 allée des Lilas", "56860", "56206", "Séné"),
    ("Résidences du Golfe", "Résidence Les Lilas Bât. B", "RG-102", "8 allée des Lilas", "56860", "56206", "Séné"),
    ("Résidences du Golfe", "Résidence du Port", "RG-103", "2 quai de l'Océan", "56190", "56143", "Muzillac"),
    ("SDE 29", "Quimper - Gare", "S29-A", "Place de la Gare", "29000", "29232", "Quimper"),
    ("SDE 29", "Quimper - Rue de Brest", "S29-B", "55 rue de Brest", "29000", "29232", "Quimper"),
    ("SDE 29", "Douarnenez - Halles", "S29-C", "Place des Halles", "29100", "29046", "Douarnenez"),
    ("SDE 56", "Place de la Mairie", "S56-A", "Place de la Mairie", "56580", "56024", "Bréhan"),
    ("SDE 56", "Place de la Mairie", "S56-B", "Place de la Mairie", "56240", "56014", "Berné"),
    ("SDE 56", "Rue du Stade", "S56-C", "Rue du Stade", "56500", "56174", "Plumelin"),
    ("Boulangerie L'Épi d'Or", "Magasin de Pontivy", "EPI-1", "17 rue Nationale", "56300", "56178", "Pontivy"),
    ("Boulangerie L'Épi d'Or", "Fournil de Bourg", "EPI-2", "3 rue du 8 Mai 1945", "01000", "01053", "Bourg-en-Bresse"),
    ("Clinique Saint-Hervé", "Clinique", "CSH", "1 avenue de l'Hôpital", "22000", "22278", "Saint-Brieuc"),
]  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A site of the company's customers."""

    id: int
    customer: str
    name: str
    code: str
    street: str
    zip: str
    insee: str
    city: str


PLACES = [Place(number, *row) for number, row in enumerate(_SITES, 1)]


@dataclass(frozen=True)
class Visit:
    """One visit as it is meant. `slot` is a time, "morning", "afternoon" or None."""

    day: date
    slot: time | str | None
    technician: str
    place: Place
    type: str
    minutes: int | None
    phone: str
    remark: str = ""
    status: str = "ok"
    urgent: bool = False


@dataclass
class Written:
    """A file, and which visit stands on which line of which sheet."""

    name: str
    data: bytes
    lines: dict[tuple[str, int], Visit] = field(default_factory=dict)
    #: what this layout can't carry and must therefore not be compared
    without: frozenset[str] = frozenset()


def week(seed: int, count: int = 40, people: list[str] | None = None) -> list[Visit]:
    """Visits of one week, sorted by day and technician, with the usual mishaps among them."""
    rng = random.Random(seed)
    visits = []
    for _number in range(count):
        kind = rng.choice(list(TYPES))
        slot = rng.choice(
            [time(hour, minute) for hour in range(8, 17) for minute in (0, 15, 30, 45)]
            + ["morning", "afternoon", None] * 6
        )
        phone = f"063998{rng.randrange(10000):04d}"
        visit = Visit(
            MONDAY + timedelta(days=rng.randrange(5)),
            slot,
            rng.choice(people or TECHNICIANS),
            rng.choice(PLACES),
            kind,
            rng.choice([TYPES[kind], TYPES[kind], None]),
            phone,
        )
        visits.append(_mishap(visit, rng))
    visits.sort(key=lambda visit: (visit.day, visit.technician))
    return _without_clones(visits)


def _mishap(visit: Visit, rng: random.Random) -> Visit:
    chance = rng.random()
    if chance < 0.06:
        word = rng.choice(["ANNULÉ", "annulé par le client", "Annulée"])
        return replace(visit, remark=word, status="cancelled")
    if chance < 0.12:
        return replace(visit, remark="URGENT", urgent=True)
    if chance < 0.2:
        words = ["code portail 4512B", "prévoir échelle", "appeler avant"]
        return replace(visit, remark=rng.choice(words))
    return visit


def _without_clones(visits: list[Visit]) -> list[Visit]:
    seen, kept = set(), []
    for visit in visits:
        key = (visit.day, visit.slot, visit.technician, visit.place.id, visit.type)
        if key not in seen:
            seen.add(key)
            kept.append(visit)
    return kept


# --- ways of typing -------------------------------------------------------------------------

_DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
_MONTHS = {11: "novembre", 12: "décembre"}


def date_forms(day: date, rng: random.Random):
    """One of the forms in which people type `day`, the year among the neighbours' ones."""
    short = _DAYS[day.weekday()][:3]
    month = _MONTHS[day.month]
    return rng.choice(
        [
            datetime.combine(day, time()),
            f"{day:%d/%m/%Y}",
            f"{day:%d/%m/%y}",
            f"{short}. {day.day} {month[:3]}.",
            f"{day.day} {month}",
            f"{_DAYS[day.weekday()].capitalize()} {day.day} {month} {day.year}",
            f"{day:%Y-%m-%d}",
            f"{short} {day:%d/%m}",
            f"{day:%d.%m.%Y}",
            f"{day:%d-%m-%y}",
        ]
    )


def slot_forms(slot: time | str | None, rng: random.Random):
    """One of the forms in which people type a promised time."""
    if slot is None:
        return rng.choice([None, "", "journée", "-"])
    if slot == "morning":
        return rng.choice(["matin", "Matin", "MATIN ", "matinée", "le matin"])
    if slot == "afternoon":
        return rng.choice(["après-midi", "Après midi", "aprem", "APRÈS-MIDI", "PM"])
    hour, minute = slot.hour, slot.minute
    forms = [slot, f"{hour}h{minute:02d}", f"{hour:02d}:{minute:02d}", f"{hour} h {minute:02d}"]
    forms += [f"{hour}H{minute:02d}", f"{hour}.{minute:02d}"]
    if not minute:
        forms += [f"{hour}h", f"{hour} h"]
    return rng.choice(forms)


def length_forms(minutes: int | None, rng: random.Random):
    """One of the forms in which people type a duration."""
    if minutes is None:
        return None
    hours, rest = divmod(minutes, 60)
    decimal = f"{minutes / 60:.6g}".replace(".", ",")
    forms = [minutes, f"{minutes} min", f"{hours}h{rest:02d}", f"{decimal} h", f"{minutes}mn"]
    if not rest:
        forms += [f"{hours} h", f"{hours}h", f"{hours} h."]
    return rng.choice(forms)


def phone_forms(phone: str, rng: random.Random):
    """One of the forms in which people type a phone number."""
    pairs = [phone[index : index + 2] for index in range(0, 10, 2)]
    return rng.choice(
        [
            phone,
            int(phone),
            " ".join(pairs),
            ".".join(pairs),
            f"+33 {phone[1]} {' '.join(pairs[1:])}",
        ]
    )


def type_forms(name: str, rng: random.Random) -> str:
    """One of the forms in which people type a service type."""
    short = {
        "Maintenance préventive": [
            "Maint. prév.",
            "MP",
            "maintenance preventive",
            "Maintenance prev",
        ],
        "Relevé": ["releve", "Relevés", "RELEVÉ"],
        "Dépannage": ["depannage", "Dépan.", "DÉPANNAGE"],
        "Visite de contrôle": ["visite controle", "VC", "Contrôle", "Visite de Contrôle"],
        "Installation": ["Install.", "installation", "INSTALLATION"],
    }
    return rng.choice([name, name.upper(), *short[name]])


def technician_forms(name: str, rng: random.Random) -> str:
    """One of the forms in which people type a technician."""
    number = int(name.split()[1])
    return rng.choice(
        [
            name,
            f"T{number:02d}",
            f"Tech. {number:02d}",
            f"technicien {number}",
            f"{name} ",
            f"T{number}",
        ]
    )


# --- files ----------------------------------------------------------------------------------


def _save(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _book(title: str = "Feuil1"):
    book = openpyxl.Workbook()
    book.active.title = title
    return book, book.active


def _cp(place: Place, rng: random.Random):
    """The `CP` cell: mostly a postcode, as text or number; some customers write INSEE codes."""
    code = place.insee if place.customer == "SDE 29" else place.zip
    return rng.choice([code, int(code)])


def classic(visits: list[Visit], seed: int = 1) -> Written:
    """French sheet with title, mixed forms, a total line after each day and a legend below."""
    rng = random.Random(seed)
    book, sheet = _book("Semaine 49")
    sheet.merge_cells("A1:L1")
    sheet["A1"] = "PLANNING DES INTERVENTIONS - SEMAINE 49 / 2026"
    titles = "Date;Heure;Technicien;Client;Site;Adresse;CP;Ville;Type d'intervention;Durée;Tél. contact;Observations"
    _put(sheet, 3, titles.split(";"))
    written = Written("classic.xlsx", b"")
    row, day = 4, visits[0].day
    for visit in visits:
        if visit.day != day:
            _put(
                sheet,
                row + 1,
                [f"Total {_DAYS[day.weekday()][:3]}. :", None, None, 12, "interventions"],
            )
            row, day = row + 2, visit.day
        place = visit.place
        _put(
            sheet,
            row,
            [
                date_forms(visit.day, rng),
                slot_forms(visit.slot, rng),
                technician_forms(visit.technician, rng),
                place.customer,
                place.name,
                place.street,
                _cp(place, rng),
                place.city,
                type_forms(visit.type, rng),
                length_forms(visit.minutes, rng),
                phone_forms(visit.phone, rng),
                visit.remark,
            ],
        )
        written.lines[sheet.title, row] = visit
        row += 1
    _put(sheet, row + 1, ["Légende : T = technicien ; CP = code postal"])
    _put(sheet, row + 2, ["Imprimé le 27/11/2026"])
    written.data = _save(book)
    return written


def _put(sheet, row: int, values: list) -> None:
    for column, value in enumerate(values, 1):
        if value is not None:
            sheet.cell(row, column, value)


def english_csv(visits: list[Visit], seed: int = 2) -> Written:
    """Comma separated, UTF-8, ISO dates, American clock, minutes in the title."""
    titles = "Job no,Technician,Date,Time,Customer,Site,Address,Zip,City,Job type,Duration (min),Phone,Notes"
    english = {
        "Maintenance préventive": "Preventive maintenance",
        "Relevé": "Meter reading",
        "Dépannage": "Repair",
        "Visite de contrôle": "Inspection",
        "Installation": "Installation",
    }
    notes = {"cancelled": "CANCELLED by customer"}
    rows = [titles.split(",")]
    written = Written("jobs.csv", b"")
    for number, visit in enumerate(visits, 1):
        slot = {"morning": "AM", "afternoon": "PM", None: "any time"}.get(visit.slot)
        place = visit.place
        rows.append(
            [
                f"WO-{number:04d}", visit.technician, visit.day.isoformat(),
                slot or visit.slot.strftime("%I:%M %p"), place.customer, place.name, place.street,
                place.zip, place.city, english[visit.type], visit.minutes or "", f"+33{visit.phone[1:]}",
                notes.get(visit.status, visit.remark),
            ]
        )  # fmt: skip
        written.lines["", number + 1] = visit
    written.data = _csv(rows, ",", "utf-8")
    written.without = frozenset({"remark"})
    return written


def _csv(rows: list[list], delimiter: str, encoding: str, quote: int = csv.QUOTE_MINIMAL) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quote).writerows(rows)
    return stream.getvalue().encode(encoding)


def semicolon_ansi(visits: list[Visit], seed: int = 3) -> Written:
    """Windows-1252 with semicolons, dates without a year, decimal commas, another column order."""
    rng = random.Random(seed)
    rows = [["Planning semaine 49 du 30/11 au 04/12/2026"], []]
    rows.append(
        "Client;Lieu d'intervention;Adresse;Ville;Intervenant;Jour;RDV;Prestation;Durée (h);Tél;Remarques".split(
            ";"
        )
    )
    written = Written("planning.csv", b"")
    for visit in visits:
        place = visit.place
        hours = f"{visit.minutes / 60:.4g}".replace(".", ",") if visit.minutes else ""
        rows.append(
            [
                place.customer, place.name, place.street, f"{place.zip} {place.city}",
                technician_forms(visit.technician, rng),
                f"{_DAYS[visit.day.weekday()][:3]}. {visit.day:%d/%m}",
                _as_text(slot_forms(visit.slot, rng)), type_forms(visit.type, rng), hours,
                phone_forms(visit.phone, rng), visit.remark,
            ]
        )  # fmt: skip
        written.lines["", len(rows)] = visit
    written.data = _csv(rows, ";", "cp1252")
    return written


def _as_text(value) -> str:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y")
    return "" if value is None else str(value)


def sheet_per_day(visits: list[Visit], seed: int = 4) -> Written:
    """One sheet a day, the date in the title only; a sheet of lists and a hidden draft beside them."""
    rng = random.Random(seed)
    book, sheet = _book("Listes")
    _put(sheet, 1, ["Techniciens", "Prestations"])
    for row, name in enumerate(TECHNICIANS, 2):
        _put(sheet, row, [name, list(TYPES)[(row - 2) % 5]])
    written = Written("jours.xlsx", b"")
    for day in sorted({visit.day for visit in visits}):
        sheet = book.create_sheet(_DAYS[day.weekday()].capitalize())
        sheet.merge_cells("B1:I1")
        sheet["B1"] = (
            f"Planning du {_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month]} {day.year}"
        )
        _put(
            sheet,
            4,
            [
                None,
                "Heure",
                "Technicien",
                "Client",
                "Site",
                "Adresse",
                "Ville",
                "Nature",
                "Temps prévu",
                "Téléphone",
                "Obs.",
            ],
        )
        for row, visit in enumerate((v for v in visits if v.day == day), 5):
            place = visit.place
            _put(
                sheet, row,
                [
                    None, slot_forms(visit.slot, rng), technician_forms(visit.technician, rng),
                    place.customer, place.name, place.street, place.city, type_forms(visit.type, rng),
                    length_forms(visit.minutes, rng), phone_forms(visit.phone, rng), visit.remark,
                ],
            )  # fmt: skip
            written.lines[sheet.title, row] = visit
    hidden = book.create_sheet("Brouillon")
    hidden.sheet_state = "hidden"
    _put(hidden, 1, ["Date", "Technicien", "Client", "Site"])
    _put(hidden, 2, ["30/11/2026", "T01", "SDE 29", "Quimper - Gare"])
    written.data = _save(book)
    return written


def sheet_per_technician_ods(visits: list[Visit], seed: int = 5) -> Written:
    """OpenDocument, one sheet a technician, no technician column, real dates and times."""
    rng = random.Random(seed)
    written = Written("tournees.ods", b"")
    tables = []
    for name in sorted({visit.technician for visit in visits}):
        rows = [
            [f"Tournée de {name}"],
            [],
            "Date;Début;Fin;Client;Chantier;Adresse;CP;Ville;Prestation;Contact;Tél.;Commentaires".split(
                ";"
            ),
        ]
        for visit in (v for v in visits if v.technician == name):
            place = visit.place
            start = visit.slot if isinstance(visit.slot, time) else slot_forms(visit.slot, rng)
            end = None
            if isinstance(visit.slot, time) and visit.minutes:
                end = (
                    datetime.combine(MONDAY, visit.slot) + timedelta(minutes=visit.minutes)
                ).time()
            rows.append(
                [
                    visit.day, start, end, place.customer, place.name, place.street, int(place.zip),
                    place.city, type_forms(visit.type, rng), "M. Le Gall", visit.phone, visit.remark,
                ]
            )  # fmt: skip
            expected = visit if end else replace(visit, minutes=None)
            written.lines[name, len(rows)] = expected
        tables.append((name, rows))
    written.data = ods(tables)
    return written


def ods(tables: list[tuple[str, list[list]]]) -> bytes:
    """An OpenDocument spreadsheet with these (name, rows) tables."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    for name, rows in tables:
        table = Table(name=name)
        for values in rows:
            row = TableRow()
            for value in values:
                if isinstance(value, date):
                    cell = TableCell(valuetype="date", datevalue=value.isoformat())
                elif isinstance(value, time):
                    cell = TableCell(valuetype="time", timevalue=f"PT{value:%H}H{value:%M}M00S")
                elif isinstance(value, (int, float)):
                    cell = TableCell(valuetype="float", value=value)
                elif value in (None, ""):
                    cell = TableCell()
                else:
                    cell = TableCell(valuetype="string")
                    cell.addElement(P(text=str(value)))
                row.addElement(cell)
            table.addElement(row)
        document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()


def sections(visits: list[Visit], seed: int = 6) -> Written:
    """A merged line for each day, the header repeated under it, a count after each block."""
    rng = random.Random(seed)
    book, sheet = _book()
    sheet["A1"] = "Planning 2026 - S49"
    titles = [
        "N° BT",
        "Heure",
        "Tech.",
        "Client",
        "Nom du site",
        "Adresse complète",
        "Intervention",
        "Durée",
        "Tél. client",
        "Consignes",
    ]
    written = Written("sections.xlsx", b"")
    row, number = 3, 0
    for day in sorted({visit.day for visit in visits}):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=10)
        sheet.cell(row, 1, f"{_DAYS[day.weekday()].upper()} {day.day} {_MONTHS[day.month].upper()}")
        _put(sheet, row + 1, titles)
        row += 2
        block = [visit for visit in visits if visit.day == day]
        for visit in block:
            number += 1
            place = visit.place
            _put(
                sheet, row,
                [
                    f"BT{number:05d}", slot_forms(visit.slot, rng), technician_forms(visit.technician, rng),
                    place.customer, place.name, f"{place.street} - {place.zip} {place.city}",
                    type_forms(visit.type, rng), length_forms(visit.minutes, rng),
                    phone_forms(visit.phone, rng), visit.remark,
                ],
            )  # fmt: skip
            written.lines[sheet.title, row] = visit
            row += 1
        _put(sheet, row, [None, None, None, "Nb interventions", len(block)])
        row += 2
    written.data = _save(book)
    return written


def merged(visits: list[Visit], seed: int = 7) -> Written:
    """Date and technician merged over their lines, a header on two lines with groups."""
    rng = random.Random(seed)
    book, sheet = _book("Planning")
    sheet.merge_cells("C2:D2")
    sheet.merge_cells("E2:H2")
    _put(
        sheet,
        2,
        [
            "Jour",
            "Technicien",
            "Rendez-vous",
            None,
            "Client",
            None,
            None,
            None,
            "Prestation",
            "Téléphone",
            "Notes",
        ],
    )
    _put(sheet, 3, [None, None, "Heure", "Durée", "Nom", "Site", "Adresse", "Ville"])
    written = Written("fusion.xlsx", b"")
    row = 4
    groups: dict[tuple, list[Visit]] = {}
    for visit in visits:
        groups.setdefault((visit.day, visit.technician), []).append(visit)
    start_of_day: dict[date, int] = {}
    end_of_day: dict[date, int] = {}
    for (day, technician), block in groups.items():
        start_of_day.setdefault(day, row)
        sheet.cell(row, 2, technician)
        if len(block) > 1:
            sheet.merge_cells(
                start_row=row, start_column=2, end_row=row + len(block) - 1, end_column=2
            )
        for visit in block:
            place = visit.place
            values = [
                slot_forms(visit.slot, rng), length_forms(visit.minutes, rng), place.customer, place.name,
                place.street, f"{place.zip} {place.city}", type_forms(visit.type, rng),
                phone_forms(visit.phone, rng), visit.remark,
            ]  # fmt: skip
            for column, value in enumerate(values, 3):
                sheet.cell(row, column, value)
            written.lines[sheet.title, row] = visit
            end_of_day[day] = row
            row += 1
    for day, start in start_of_day.items():
        sheet.cell(start, 1, datetime.combine(day, time()))
        if end_of_day[day] > start:
            sheet.merge_cells(
                start_row=start, start_column=1, end_row=end_of_day[day], end_column=1
            )
    written.data = _save(book)
    return written


def tabs_utf16(visits: list[Visit], seed: int = 8) -> Written:
    """ "Unicode text" of a spreadsheet program: tabs, UTF-16, day numbers and fractions of a day."""
    rows = [
        "Technicien\tDate\tHeure\tClient\tSite\tAdresse\tCode postal\tCommune\tObjet\tDurée\tPortable\tInfos".split(
            "\t"
        )
    ]
    written = Written("export.txt", b"")
    for visit in visits:
        place = visit.place
        serial = (visit.day - date(1899, 12, 30)).days
        slot = visit.slot
        if isinstance(slot, time):
            slot = f"{(slot.hour * 60 + slot.minute) / 1440:.9f}".replace(".", ",")
        length = f"{visit.minutes / 1440:.9f}".replace(".", ",") if visit.minutes else ""
        rows.append(
            [
                visit.technician, str(serial), {"morning": "matin", "afternoon": "après-midi"}.get(slot, slot or ""),
                place.customer, place.name, place.street, place.zip.lstrip("0"), place.city, visit.type,
                length, visit.phone[1:], visit.remark,
            ]
        )  # fmt: skip
        written.lines["", len(rows)] = visit
    written.data = b"\xff\xfe" + _csv(rows, "\t", "utf-16-le")
    return written


def start_and_end(visits: list[Visit], seed: int = 9) -> Written:
    """An agenda's export: start and end as day and time, no duration, status and priority columns."""
    book, sheet = _book("Export")
    _put(
        sheet,
        1,
        [
            "Sujet",
            "Début",
            "Fin",
            "Ressource",
            "Société",
            "Lieu",
            "Adresse",
            "CP",
            "Ville",
            "Type de prestation",
            "Statut",
            "Priorité",
            "Mobile",
            "Description",
        ],
    )
    written = Written("agenda.xlsx", b"")
    row = 2
    for visit in visits:
        if not isinstance(visit.slot, time) or not visit.minutes:
            continue
        start = datetime.combine(visit.day, visit.slot)
        place = visit.place
        status = "Annulé" if visit.status == "cancelled" else "Confirmé"
        _put(
            sheet, row,
            [
                f"Visite {row}", start, start + timedelta(minutes=visit.minutes), visit.technician.upper(),
                place.customer, place.name, place.street, place.zip, place.city, visit.type, status,
                "Urgente" if visit.urgent else "Normale", visit.phone,
                "" if visit.status == "cancelled" or visit.urgent else visit.remark,
            ],
        )  # fmt: skip
        written.lines[sheet.title, row] = visit
        row += 1
    written.data = _save(book)
    written.without = frozenset({"remark"})
    return written


def odd_titles(visits: list[Visit], seed: int = 10) -> Written:
    """Home-made titles; the technicians are people, written by initials or a part of the name."""
    rng = random.Random(seed)
    book, sheet = _book("sem 49")
    _put(sheet, 5, ["Quoi", "Qui", "Où", "Rue", "Quand", "H", "Cpt", "Tps", "Tph", "Rem."])
    written = Written("maison.xlsx", b"")
    for row, visit in enumerate(visits, 6):
        place = visit.place
        first, last = visit.technician.split(" ", 1)
        who = rng.choice(
            [visit.technician, f"{first[0]}. {last}", f"{last.upper()} {first}", first, last]
        )
        _put(
            sheet, row,
            [
                type_forms(visit.type, rng), who, place.name, f"{place.street}, {place.zip} {place.city}",
                date_forms(visit.day, rng), slot_forms(visit.slot, rng), place.customer,
                length_forms(visit.minutes, rng), phone_forms(visit.phone, rng), visit.remark,
            ],
        )  # fmt: skip
        written.lines[sheet.title, row] = visit
    written.data = _save(book)
    written.without = frozenset({"customer_column"})
    return written


def station_codes_ods(visits: list[Visit], seed: int = 11) -> Written:
    """Day and time in one column, the site by its code only, durations as times of day."""
    rows = [
        "Date et heure;N° station;Nature des travaux;Intervenant;Durée estimée;N° tél;Observations".split(
            ";"
        )
    ]
    written = Written("stations.ods", b"")
    for visit in visits:
        if not isinstance(visit.slot, time):
            continue
        length = time(visit.minutes // 60, visit.minutes % 60) if visit.minutes else None
        rows.append(
            [
                datetime.combine(visit.day, visit.slot), visit.place.code, visit.type, visit.technician,
                length, visit.phone, visit.remark,
            ]
        )  # fmt: skip
        written.lines["Feuille1", len(rows)] = visit
    written.data = ods([("Feuille1", rows)])
    return written


def once_per_block(visits: list[Visit], seed: int = 12) -> Written:
    """Date and technician typed once above their lines, not merged; a blank line between blocks."""
    rng = random.Random(seed)
    rows = [
        ["Tournées de la semaine"],
        "Technicien|Date|Heure|Client|Site|Adresse|Ville|Prestation|Durée|Observations".split("|"),
    ]
    written = Written("blocs.csv", b"")
    by_technician = sorted(visits, key=lambda visit: (visit.technician, visit.day))
    technician, day = "", None
    for visit in by_technician:
        if visit.technician != technician and technician:
            rows.append([])
        new = visit.technician != technician
        show_day = new or visit.day != day
        place = visit.place
        rows.append(
            [
                visit.technician if new else "", f"{visit.day:%d/%m/%Y}" if show_day else "",
                _as_text(slot_forms(visit.slot, rng)), place.customer, place.name, place.street,
                place.city, type_forms(visit.type, rng), _as_text(length_forms(visit.minutes, rng)),
                visit.remark,
            ]
        )  # fmt: skip
        technician, day = visit.technician, visit.day
        written.lines["", len(rows)] = visit
    written.data = _csv(rows, "|", "utf-8-sig")
    written.without = frozenset({"phone"})
    return written


def mojibake(visits: list[Visit], seed: int = 13) -> Written:
    """UTF-8 that some program took for Windows-1252 and saved again, all fields quoted."""
    rng = random.Random(seed)
    rows = [
        "Date;Créneau;Technicien;Client;Site;Adresse;Ville;Activité;Durée;Téléphone;Précisions".split(
            ";"
        )
    ]
    written = Written("casse.csv", b"")
    for visit in visits:
        place = visit.place
        rows.append(
            [
                f"{visit.day:%d/%m/%Y}", _as_text(slot_forms(visit.slot, rng)), visit.technician,
                place.customer, place.name, place.street, place.city, visit.type,
                _as_text(length_forms(visit.minutes, rng)), visit.phone, visit.remark,
            ]
        )  # fmt: skip
        written.lines["", len(rows)] = visit
    plain = _csv(rows, ";", "utf-8", csv.QUOTE_ALL)
    written.data = _twice(plain)
    return written


def _twice(data: bytes) -> bytes:
    """`data` as it looks after being read as Windows-1252 and written as UTF-8."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data).encode()


def american(visits: list[Visit], seed: int = 14) -> Written:
    """Month before day, 12-hour clock, "AM" and "PM" for half-days."""
    rows = [
        "Engineer,Visit date,Appointment,Account,Location,Street,Town,Work type,Hours,Mobile,Comments".split(
            ","
        )
    ]
    written = Written("us.csv", b"")
    for visit in visits:
        place = visit.place
        slot = {"morning": "AM", "afternoon": "PM", None: ""}.get(visit.slot)
        if slot is None:
            slot = visit.slot.strftime("%I:%M%p").lstrip("0").lower()
        hours = f"{visit.minutes / 60:.3g}" if visit.minutes else ""
        rows.append(
            [
                visit.technician, f"{visit.day:%m/%d/%Y}", slot, place.customer, place.name, place.street,
                place.city, visit.type, hours, f"+33 {visit.phone[1:]}", visit.remark,
            ]
        )  # fmt: skip
        written.lines["", len(rows)] = visit
    written.data = _csv(rows, ",", "utf-8")
    return written


def struck_and_hidden(visits: list[Visit], seed: int = 15) -> Written:
    """Cancelled lines struck through instead of remarked, hidden columns, an hour range."""
    rng = random.Random(seed)
    book, sheet = _book("Planning S49")
    _put(
        sheet,
        1,
        [
            "Ref.",
            "Équipier",
            "Date RDV",
            "Horaires",
            "Donneur d'ordre",
            "Site",
            "Adresse",
            "Code postal",
            "Localité",
            "Type",
            "Tél. contact",
            "Remarque",
        ],
    )
    sheet.column_dimensions["A"].hidden = True
    written = Written("barre.xlsx", b"")
    for row, visit in enumerate(visits, 2):
        place = visit.place
        slot, expected = visit.slot, replace(visit, minutes=None)
        if isinstance(slot, time) and visit.minutes:
            end = (datetime.combine(MONDAY, slot) + timedelta(minutes=visit.minutes)).time()
            slot, expected = f"{slot.hour}h{slot.minute:02d} - {end.hour}h{end.minute:02d}", visit
        else:
            slot = slot_forms(slot, rng)
        remark = "" if visit.status == "cancelled" else visit.remark
        _put(
            sheet, row,
            [
                row, visit.technician, date_forms(visit.day, rng), slot, place.customer, place.name,
                place.street, place.zip, place.city, type_forms(visit.type, rng),
                phone_forms(visit.phone, rng), remark,
            ],
        )  # fmt: skip
        if visit.status == "cancelled":
            for cell in sheet[row]:
                cell.font = Font(strike=True)
            expected = replace(expected, remark="")
        written.lines[sheet.title, row] = expected
    written.data = _save(book)
    return written


def weekdays_only(visits: list[Visit], seed: int = 16) -> Written:
    """The day by its name only; the week stands in the title."""
    rng = random.Random(seed)
    book, sheet = _book("Feuil1")
    sheet["A1"] = "SEMAINE 49 - ANNÉE 2026"
    _put(
        sheet,
        2,
        [
            "Jour",
            "Heure",
            "Intervenant",
            "Client",
            "Site",
            "Ville",
            "Intervention",
            "Durée",
            "Téléphone",
            "Obs",
        ],
    )
    written = Written("jours_seuls.xlsx", b"")
    for row, visit in enumerate(visits, 3):
        place = visit.place
        _put(
            sheet, row,
            [
                _DAYS[visit.day.weekday()].capitalize(), slot_forms(visit.slot, rng),
                technician_forms(visit.technician, rng), place.customer, place.name, place.city,
                type_forms(visit.type, rng), length_forms(visit.minutes, rng),
                phone_forms(visit.phone, rng), visit.remark,
            ],
        )  # fmt: skip
        written.lines[sheet.title, row] = visit
    written.data = _save(book)
    return written


def technician_sections(visits: list[Visit], seed: int = 17) -> Written:
    """A line with the technician's name above his visits of the week."""
    rng = random.Random(seed)
    book, sheet = _book("Hebdo")
    _put(
        sheet,
        1,
        [
            "Date",
            "Heure",
            "Client",
            "Site",
            "Adresse",
            "Ville",
            "Prestation",
            "Durée",
            "Contact",
            "Tél",
            "Remarques",
        ],
    )
    written = Written("par_technicien.xlsx", b"")
    row = 2
    for name in sorted({visit.technician for visit in visits}):
        sheet.cell(row, 1, f"Technicien : {name}" if row % 2 else name)
        row += 1
        for visit in (v for v in visits if v.technician == name):
            place = visit.place
            _put(
                sheet, row,
                [
                    date_forms(visit.day, rng), slot_forms(visit.slot, rng), place.customer, place.name,
                    place.street, place.city, type_forms(visit.type, rng), length_forms(visit.minutes, rng),
                    "Mme Riou", phone_forms(visit.phone, rng), visit.remark,
                ],
            )  # fmt: skip
            written.lines[sheet.title, row] = visit
            row += 1
        row += 1
    written.data = _save(book)
    return written


def old_excel(visits: list[Visit], seed: int = 18) -> Written:
    """A file of the old binary kind."""
    import xlwt

    rng = random.Random(seed)
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Planning")
    day_style = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    time_style = xlwt.easyxf(num_format_str="HH:MM")
    titles = [
        "Date",
        "Heure",
        "Technicien",
        "Client",
        "Site",
        "Adresse",
        "CP",
        "Ville",
        "Prestation",
        "Durée (min)",
        "Tél",
        "Observations",
    ]
    for column, title in enumerate(titles):
        sheet.write(0, column, title)
    written = Written("ancien.xls", b"")
    for row, visit in enumerate(visits, 1):
        place = visit.place
        sheet.write(row, 0, visit.day, day_style)
        if isinstance(visit.slot, time):
            sheet.write(row, 1, visit.slot, time_style)
        else:
            sheet.write(row, 1, _as_text(slot_forms(visit.slot, rng)))
        values = [
            visit.technician, place.customer, place.name, place.street, place.zip, place.city, visit.type,
            visit.minutes or "", visit.phone, visit.remark,
        ]  # fmt: skip
        for column, value in enumerate(values, 2):
            sheet.write(row, column, value)
        written.lines["Planning", row + 1] = visit
    stream = io.BytesIO()
    book.save(stream)
    written.data = stream.getvalue()
    return written


def no_header(visits: list[Visit], seed: int = 19) -> Written:
    """No header at all: columns are told by what they hold."""
    rows = []
    written = Written("brut.csv", b"")
    for visit in visits:
        place = visit.place
        slot = {"morning": "matin", "afternoon": "après-midi", None: ""}.get(visit.slot)
        rows.append(
            [
                f"{visit.day:%d/%m/%Y}", slot if slot is not None else f"{visit.slot:%H:%M}",
                visit.technician, place.customer, place.code, visit.type,
                f"{visit.minutes} min" if visit.minutes else "", visit.phone,
            ]
        )  # fmt: skip
        written.lines["", len(rows)] = visit
    written.data = _csv(rows, ";", "utf-8")
    written.without = frozenset({"remark"})
    return written


LAYOUTS = {
    function.__name__: function
    for function in (
        classic, english_csv, semicolon_ansi, sheet_per_day, sheet_per_technician_ods, sections, merged,
        tabs_utf16, start_and_end, odd_titles, station_codes_ods, once_per_block, mojibake, american,
        struck_and_hidden, weekdays_only, technician_sections, old_excel, no_header,
    )
}  # fmt: skip
