"""What remarks say beyond words: cancelled, postponed, urgent, access codes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .text import clean, fold

_CANCELLED = re.compile(
    r"\b(?:annul(?:e|ee|es|ees|ation)|cancel(?:l?ed|led|lation)?|supprimee?s?|deprogramme?e?s?|"
    r"abandonnee?s?|sans suite|void|aborted|ne pas faire|n'est plus a faire|plus a faire)\b"
)
_POSTPONED = re.compile(
    r"\b(?:report(?:e|ee|es|ees)|a reporter|repoussee?s?|decalee?s?|postponed|rescheduled|deferred|"
    r"differee?s?|ajournee?s?)\b"
)
_UNDONE = re.compile(
    r"\b(?:ne (?:pas|rien|jamais)|pas|non|not|never|jamais|n'est pas|don't|do not|ne sera pas|si|if|"
    r"sauf|unless|en cas|possible|eventuel\w*|risque|pour|afin|frais|peut etre|"
    r"peut-etre|avant|before)\W+(?:\w+\W+){0,1}$"
)
_TAKEN_BACK = re.compile(
    r"^\W*(?:par erreur|finalement|by mistake|possible|si\b|if\b|sauf|de la derniere|precedemment|"
    r"le mois dernier|la semaine derniere|last (?:week|month|time))"
)
_URGENT = re.compile(
    r"\b(?:urgent[es]*|urgence|urg|prioritaires?|priorite (?:1|haute|max\w*)|prio(?: ?1)?|asap|p1|"
    r"high priority|top priority|critique|critical|emergency)\b|!!"
)
_NOT_URGENT = re.compile(
    r"\b(?:pas|non|not|peu|moins|sans|no|numero d'|numero|n°|tel|appel|issue de|sortie de)\W+(?:\w+\W+){0,1}$"
)
_CODE_VALUE = (
    r"(?P<value>(?=[\w*#/\-]*\d)[A-Z0-9*#][A-Z0-9*#/\-]*(?:\s(?=[\dA-Z*#]+\b)[\dA-Z*#]{1,5}\b)?)"
)
_ACCESS = (
    (
        "code",
        re.compile(
            r"(?i:\b(?:digicodes?|code(?:s)?(?:\s+(?:d['’]\s*)?(?:acc[eè]s|entr[ée]e|portails?|portes?|portillon|"
            r"barri[eè]re|immeuble|parking|hall|grille|gate|door|access|entry|badge|coffre|local))?|"
            r"(?:gate|door|access|entry|entrance)\s+code|pin))\s*(?:(?i:n[°o]|est|is|de))?\s*[:=\-]?\s*"
            + _CODE_VALUE
        ),
    ),
    (
        "alarm",
        re.compile(r"(?i:\balarme?s?(?:\s+code)?|\bcode\s+alarme?)\s*(?:(?i:n[°o]|code))?\s*[:=\-]?\s*" + _CODE_VALUE),
    ),
    ("key", re.compile(r"(?i)(?P<value>\b(?:cl[ée]s?|clefs?|keys?|trousseau|bo[iî]te\s+[àa]\s+cl[ée]s?)\b[^.;\n]*)")),
    ("badge", re.compile(r"(?i)(?P<value>\bbadges?\b[^.;\n]*)")),
)  # fmt: skip


@dataclass(frozen=True)
class Access:
    """One means of access: `kind` is code, key, alarm or badge; `note` is the text it came from."""

    kind: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class RemarkReading:
    """What a remark says.

    :param text: the remark as typed
    :param cancelled: the visit won't take place
    :param postponed: the visit is put off to another day
    :param urgent: the visit is urgent
    :param access: means of access to the site
    """

    text: str = ""
    cancelled: bool = False
    postponed: bool = False
    urgent: bool = False
    access: tuple[Access, ...] = field(default=())


def read_remark(raw: object) -> RemarkReading:
    """Understand a remark, or a status such as `Annulé`; words under a `not` or an `if` don't count."""
    text = clean(raw)
    if not text:
        return RemarkReading()
    folded = fold(text)
    return RemarkReading(
        text,
        cancelled=_says(folded, _CANCELLED, _UNDONE),
        postponed=_says(folded, _POSTPONED, _UNDONE),
        urgent=_says(folded, _URGENT, _NOT_URGENT),
        access=_find_access(text),
    )


def _says(folded: str, pattern: re.Pattern[str], unless: re.Pattern[str]) -> bool:
    return any(
        not unless.search(folded[: match.start()]) and not _TAKEN_BACK.match(folded[match.end() :])
        for match in pattern.finditer(folded)
    )


def _find_access(text: str) -> tuple[Access, ...]:
    found: list[Access] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern in (_ACCESS[1], _ACCESS[0], *_ACCESS[2:]):
        for match in pattern.finditer(text):
            span = match.span()
            if any(start < span[1] and span[0] < end for start, end in taken):
                continue
            taken.append(span)
            found.append(Access(kind, clean(match["value"]).strip(" ,-"), clean(match.group())))
    return tuple(found)


def is_yes(raw: object) -> bool:
    """Whether a cell ticks something (`oui`, `x`, `1`, `true`, `vrai`, a check mark)."""
    return raw is True or fold(clean(raw)).strip(" .") in {
        "oui", "o", "x", "1", "1.0", "true", "vrai", "yes", "y", "ok", "✓", "✔", "☑", "urgent",
    }  # fmt: skip


def read_priority(raw: object) -> bool:
    """Whether a priority or urgency column marks the visit as urgent."""
    folded = fold(clean(raw)).strip(" .")
    if not folded:
        return False
    if is_yes(raw) or folded in {
        "haute",
        "haut",
        "high",
        "h",
        "p1",
        "1",
        "elevee",
        "max",
        "forte",
        "***",
    }:
        return True
    return bool(_URGENT.search(folded) and not re.search(r"\b(?:pas|non|not)\b", folded))
