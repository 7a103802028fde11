"""What the demo's company knows of its trades: service types, checklists, parts and prices.

Plain data, no Odoo. A planning of another trade brings type names that are not here: they get
the general checklist and the fixed price below.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# A check: (name, kind, options). Options: unit, min, max, choices, required, photo_if_fail.
Check = tuple[str, str, dict[str, object]]


@dataclass(frozen=True)
class Trade:
    """How one kind of work is done and paid.

    :param skill: what its technician must hold, or none
    :param hours: usual duration on site
    :param price_kind: fixed, unit or time
    :param price: euros without VAT: per visit, per unit or per hour
    :param counted: check whose number is the quantity sold (unit price only)
    """

    name: str
    hours: float
    skill: str | None
    price_kind: str
    price: float
    checks: tuple[Check, ...]
    photo: bool = False
    signature: bool = True
    counted: str = ""


SAFETY: Check = ("Consignes de sécurité du site lues", "yesno", {})
CLEAN: Check = ("Zone de travail rendue propre", "yesno", {"photo_if_fail": True})
GENERAL_CHECKS: tuple[Check, ...] = (
    SAFETY,
    ("État général", "choice", {"choices": "Bon\nUsé\nÀ remplacer!"}),
    CLEAN,
)

_BOILER_CHECKS: tuple[Check, ...] = (
    ("Sécurité", "section", {}),
    SAFETY,
    ("CO ambiant", "number", {"unit": "ppm", "min": 0, "max": 10}),
    ("Mesures", "section", {}),
    ("Pression d'eau", "number", {"unit": "bar", "min": 1, "max": 2.5}),
    ("Température des fumées", "number", {"unit": "°C", "min": 60, "max": 180}),
    ("État du brûleur", "choice", {"choices": "Bon\nEncrassé\nÀ remplacer!"}),
    CLEAN,
)
_ELECTRIC_CHECKS: tuple[Check, ...] = (
    ("Consignation faite", "yesno", {}),
    ("Tension phase-neutre", "number", {"unit": "V", "min": 207, "max": 253}),
    ("Résistance de terre", "number", {"unit": "Ω", "min": 0, "max": 100}),
    ("Câbles et prises", "choice", {"choices": "Bon\nUsé\nÀ remplacer!"}),
    CLEAN,
)
_ALARM_CHECKS: tuple[Check, ...] = (
    SAFETY,
    ("Tension des batteries", "number", {"unit": "V", "min": 24, "max": 28.5}),
    ("Déclenchement manuel essayé", "yesno", {"photo_if_fail": True}),
    ("Audibilité", "number", {"unit": "dB", "min": 65, "max": 120}),
)

HEATING = (
    Trade("Entretien chaudière", 1.5, "Chauffage gaz", "fixed", 145.0, _BOILER_CHECKS, True),
    Trade("Dépannage chauffage", 1.0, "Chauffage gaz", "time", 62.0, _BOILER_CHECKS, True),
    Trade(
        *("Vérification extincteurs", 0.75, "Sécurité incendie", "unit", 9.8),
        (SAFETY, ("Extincteurs vérifiés", "number", {"unit": "u", "min": 1}), CLEAN),
        counted="Extincteurs vérifiés",
    ),
    Trade("Contrôle alarme incendie", 1.0, "Sécurité incendie", "fixed", 190.0, _ALARM_CHECKS),
    Trade(
        *("Nettoyage VMC", 1.25, "Ventilation", "fixed", 118.0),
        (SAFETY, ("Débit d'air extrait", "number", {"unit": "m³/h", "min": 15}), CLEAN),
        photo=True,
    ),
    Trade(
        *("Relevé de compteurs", 1 / 3, None, "unit", 14.5),
        (("Compteurs relevés", "number", {"unit": "u", "min": 1}),),
        signature=False,
        counted="Compteurs relevés",
    ),
)
CHARGING = (
    Trade(
        *("Maintenance préventive", 1.5, "Maintenance IRVE", "fixed", 165.0, _ELECTRIC_CHECKS, True)
    ),
    Trade("Dépannage", 1.0, "Dépannage IRVE", "time", 68.0, _ELECTRIC_CHECKS, True),
    Trade("Visite de contrôle", 0.75, "Contrôle électrique", "fixed", 110.0, _ELECTRIC_CHECKS),
    Trade("Installation", 3.0, "Installation IRVE", "time", 72.0, _ELECTRIC_CHECKS, True),
    Trade(
        *("Relevé", 1 / 3, "Maintenance IRVE", "unit", 16.0),
        (("Compteurs relevés", "number", {"unit": "u", "min": 1}),),
        signature=False,
        counted="Compteurs relevés",
    ),
)

# (code, name, sales price, cost, quantity in each van)
PARTS = (
    ("ELEC-ALL", "Électrode d'allumage", 24.9, 11.2, 4),
    ("JOINT-BR", "Joint de brûleur", 9.5, 3.1, 10),
    ("SONDE-NTC", "Sonde de température NTC", 18.4, 7.6, 6),
    ("BAT-12V7", "Batterie 12 V 7 Ah", 32.0, 15.5, 4),
    ("FILTRE-G4", "Filtre d'air G4", 12.6, 4.8, 8),
    ("DISJ-C16", "Disjoncteur C16", 14.2, 5.9, 2),
)


def plain(text: str) -> str:
    """A name without accents, case and outer spaces, to compare what people typed."""
    folded = unicodedata.normalize("NFKD", text or "")
    return "".join(char for char in folded if not unicodedata.combining(char)).casefold().strip()


KNOWN = {plain(trade.name): trade for trade in (*HEATING, *CHARGING)}


def trade_for(name: str) -> Trade:
    """The known trade of that name, else a general one at a fixed price."""
    return KNOWN.get(plain(name)) or Trade(name, 1.0, None, "fixed", 95.0, GENERAL_CHECKS)
