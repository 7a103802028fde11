"""Phone numbers in any form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import phonenumbers

from .text import clean
from .times import PLACEHOLDERS


@dataclass(frozen=True)
class PhoneReading:
    """A phone number as understood.

    :param number: international form, the text as typed where it is no number, "" when empty
    :param extra: what else the cell holds (a name, a second number)
    :param issue: "bad_phone" where the number is not complete
    """

    number: str = ""
    extra: str = ""
    issue: str = ""


def parse_phone(raw: Any, region: str = "FR") -> PhoneReading:
    """Read a phone number out of a cell.

    :param raw: cell value: text, or the number that a spreadsheet made of it
    :param region: ISO code of the country whose national numbers are meant
    """
    text = _as_text(raw, region)
    if not text or text.lower() in PLACEHOLDERS:
        return PhoneReading()
    matches = list(
        phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE)
    )
    if not matches:
        parsed = _parse(text, region)
        return PhoneReading(parsed) if parsed else PhoneReading(text, issue="bad_phone")
    first = matches[0]
    extra = f"{text[: first.start]} {text[first.end :]}"
    extra = re.sub(
        r"(?i)\b(?:t[ée]l(?:[ée]phone)?|phone|mob(?:ile)?|port(?:able)?)\b\s*\.?:?", " ", extra
    )
    return PhoneReading(_international(first.number), clean(extra).strip(" /-,;:()"))


def _as_text(raw: Any, region: str) -> str:
    if raw is None or isinstance(raw, bool):
        return ""
    if isinstance(raw, (int, float)):
        digits = f"{raw:.0f}"
        if region == "FR" and len(digits) == 9:
            return f"0{digits}"  # the sheet dropped the zero
        return f"+{digits}" if len(digits) > 10 else digits
    text = clean(raw).replace("O6", "06").replace("O7", "07")
    text = re.sub(r"\(0\)", "", text)
    if region == "FR" and re.fullmatch(r"[1-9](?:[\s.\-]?\d{2}){4}", text):
        return f"0{text}"
    if re.fullmatch(r"\d+(?:\.0|,0)", text):
        return _as_text(float(text.replace(",", ".")), region)
    return text


def _parse(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    return _international(number) if phonenumbers.is_possible_number(number) else ""


def _international(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
