"""What the company already knows, and how a typed name finds it without ever guessing.

Each matcher answers with a `Match`: one record, or several candidates, or nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from .text import STOPWORDS, compact, content_tokens, fold, is_typo, normalise, tokens

#: Trade words meaning the same kind of work, French and English.
_CONCEPTS = (
    ("preventive", "maintenance preventive;preventive maintenance;entretien;maintenance annuelle;"
     "preventif;preventive;pm;planned maintenance;routine maintenance;mp;servicing;entretien annuel"),
    ("corrective", "depannage;maintenance corrective;corrective maintenance;curatif;curative;repair;"
     "reparation;breakdown;troubleshooting;panne;corrective;corrective repair;breakdown repair;"
     "emergency repair;fault;fault repair;call out;callout;intervention curative;fix"),
    ("inspection", "visite de controle;controle;inspection;check;verification;control visit;"
     "visite periodique;safety check;inspection visit;controle technique;control;check visit;audit"),
    ("installation", "installation;pose;mise en service;install;commissioning;setup;set up;raccordement;"
     "new installation;montage;fitting"),
    ("reading", "releve;releve de compteur;releve compteur;meter reading;reading;releve index;meter read;"
     "index;lecture;readout;metering"),
    ("cleaning", "nettoyage;cleaning;entretien menager;lavage;clean;proprete"),
    ("survey", "visite technique;survey;etude;metre;site survey;pre visite;reconnaissance;devis"),
    ("removal", "depose;demontage;removal;dismantling;enlevement;desinstallation"),
    ("replacement", "remplacement;replacement;echange;changement;swap"),
    ("training", "formation;training"),
    ("delivery", "livraison;delivery"),
)  # fmt: skip
_CONCEPT_OF = {
    " ".join(content_tokens(word)): concept
    for concept, words in _CONCEPTS
    for word in words.split(";")
}
_LEGAL = frozenset(
    """sa sas sasu sarl eurl snc sci scop scic gie ltd limited inc gmbh llc plc corp co cie ste
    societe company groupe group ets etablissements""".split()
)
_ROLES = frozenset(
    """m mr mrs ms mme mlle monsieur madame tech techn technicien technicienne technician intervenant
    agent engineer equipe team chef no n numero nom""".split()
)


@dataclass(frozen=True)
class Known:
    """A record the company knows by name.

    :param id: whatever identifies it for the caller
    :param name: its usual name
    :param aliases: other names and codes
    """

    id: int
    name: str
    aliases: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All of its names."""
        return tuple(name for name in (self.name, *self.aliases) if name)


@dataclass(frozen=True)
class Match:
    """What a name was matched to.

    :param id: the record, None when there is none or several
    :param candidates: records that could be meant, when several
    :param sure: False where spelling had to be put right: worth a look
    """

    id: int | None = None
    candidates: tuple[int, ...] = ()
    sure: bool = True


NOTHING = Match()


def _decide(ids: Iterable[int], sure: bool = True) -> Match | None:
    """A match out of the ids found at one level, None to go on with the next level."""
    found = tuple(dict.fromkeys(ids))
    if len(found) == 1:
        return Match(found[0], sure=sure)
    return Match(candidates=found) if found else None


class PeopleIndex:
    """Technicians by name, in any of the spellings people use.

    In this order: the whole name or a code, names in another order, the number in `T01`,
    initials, a part of the name, a slip of the fingers. The first level that finds somebody
    decides; two people found at one level are ambiguous.
    """

    def __init__(self, people: Iterable[Known]) -> None:
        self.people = list(people)
        self._names: dict[str, list[int]] = defaultdict(list)
        self._sorted: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._bare: dict[str, list[int]] = defaultdict(list)
        self._tokens: list[tuple[int, tuple[str, ...]]] = []
        for person in self.people:
            for name in person.names():
                self._names[compact(name)].append(person.id)
                self._sorted[tuple(sorted(tokens(name)))].append(person.id)
                if bare := "".join(word for word in tokens(name) if word not in _ROLES):
                    self._bare[bare].append(person.id)
            self._tokens.append((person.id, tokens(person.name)))
        self._cache: dict[str, Match] = {}

    def match(self, text: str) -> Match:
        """The technician that `text` names."""
        key = normalise(text)
        if key not in self._cache:
            self._cache[key] = self._match(text) if compact(text) else NOTHING
        return self._cache[key]

    def _match(self, text: str) -> Match:
        words = tokens(_letters_in_numbers(text))
        bare = tuple(word for word in words if word not in _ROLES)
        levels: list[Callable[[], Match | None]] = [
            lambda: _decide(self._names.get(compact(text), ())),
            lambda: _decide(self._sorted.get(tuple(sorted(words)), ())),
            lambda: self._by_number(words),
            lambda: self._by_initials(text),
            lambda: self._by_part(words),
            lambda: self._by_part(bare) if bare and bare != words else None,
            lambda: self._by_part(_cut_initials(bare)),
            lambda: _decide(self._bare.get("".join(bare), ())) if bare else None,
            lambda: self._by_typo(words),
            lambda: self._by_typo(bare) if bare and bare != words else None,
        ]
        return next((match for level in levels if (match := level())), NOTHING)

    def _by_number(self, words: tuple[str, ...]) -> Match | None:
        """`T01`, `Tech. 1`, `n° 1` for `Technicien 01`: same number, word abbreviated."""
        numbers = [word for word in words if word.isdigit()]
        if len(numbers) != 1:
            return None
        letters = [word for word in words if not word.isdigit()]
        found = []
        for person_id, name in self._tokens:
            if [word for word in name if word.isdigit()] != numbers:
                continue
            parts = [word for word in name if not word.isdigit()]
            if all(self._abbreviates(word, parts) for word in letters):
                found.append(person_id)
        return _decide(found)

    @staticmethod
    def _abbreviates(word: str, parts: Sequence[str]) -> bool:
        initials = "".join(part[0] for part in parts)
        return (
            word in {"n", "no", "numero", "num"}
            or any(part.startswith(word) for part in parts)
            or word == initials
            or any(is_typo(word, part) for part in parts)
            or (word in _ROLES and any(part in _ROLES for part in parts))
        )

    def _by_initials(self, text: str) -> Match | None:
        letters = fold(text).replace(".", "").replace(" ", "").replace("-", "")
        if not 2 <= len(letters) <= 4 or not letters.isalpha():
            return None
        found = []
        for person_id, name in self._tokens:
            initials = "".join(word[0] for word in name if not word.isdigit())
            if (
                len(initials) >= 2
                and letters in {initials, initials[1:] + initials[0]}
                or len(initials) == 2
                and letters == initials[::-1]
            ):
                found.append(person_id)
        return _decide(found)

    def _by_part(self, words: Sequence[str]) -> Match | None:
        """`Dupont`, `J. Dupont`, `Jean D.`: each word is a word of the name, or begins it."""
        if not any(len(word) >= 3 for word in words) or any(word.isdigit() for word in words):
            return None
        found = [
            person_id
            for person_id, name in self._tokens
            if _pair(words, name, lambda word, other: other.startswith(word))
        ]
        exact = [
            person_id
            for person_id, name in self._tokens
            if _pair(words, name, lambda w, o: w == o or (len(w) == 1 and o.startswith(w)))
        ]
        return _decide(exact) or _decide(found)

    def _by_typo(self, words: tuple[str, ...]) -> Match | None:
        found = [
            person_id
            for person_id, name in self._tokens
            if len(words) == len(name) and _pair(words, name, _close)
        ]
        if not found and len(words) == 1 and len(words[0]) >= 5:
            found = [
                person_id
                for person_id, name in self._tokens
                if any(is_typo(words[0], other) for other in name)
            ]
        return _decide(found, sure=False)


def _letters_in_numbers(text: str) -> str:
    """`T O1` typed with the letter O: zeros and ones put right inside numbers."""
    return re.sub(
        r"(?i)\b(t(?:ech\w*)?\.?\s*)?([oil\d]*\d[oil\d]*|o\d)\b",
        lambda m: (m[1] or "") + m[2].lower().replace("o", "0").replace("i", "1").replace("l", "1"),
        text,
    )


def _cut_initials(words: Sequence[str]) -> tuple[str, ...]:
    """`JP Martin`: letters that begin no name are taken one by one."""
    cut: list[str] = []
    for word in words:
        vowels = any(char in "aeiouy" for char in word)
        cut.extend(word if len(word) in (2, 3) and word.isalpha() and not vowels else [word])
    return tuple(cut)


def _close(word: str, other: str) -> bool:
    return is_typo(word, other) or (len(word) == 1 and other.startswith(word))


def _pair(words: Sequence[str], name: Sequence[str], alike: Callable[[str, str], bool]) -> bool:
    """Whether every word finds its own counterpart in `name`."""
    rest = list(name)
    for word in sorted(words, key=len, reverse=True):
        partner = next((other for other in rest if word == other), None) or next(
            (other for other in rest if alike(word, other)), None
        )
        if partner is None:
            return False
        rest.remove(partner)
    return bool(words)


class TypeIndex:
    """Service types by name: spelling, accents, case, abbreviations, French and English words."""

    def __init__(self, types: Iterable[Known]) -> None:
        self.types = list(types)
        self._names: dict[str, list[int]] = defaultdict(list)
        self._words: list[tuple[int, tuple[str, ...]]] = []
        self._concepts: dict[str, list[int]] = defaultdict(list)
        for kind in self.types:
            for name in kind.names():
                self._names[compact(name)].append(kind.id)
                words = content_tokens(name)
                self._words.append((kind.id, words))
                if concept := _concept(words):
                    self._concepts[concept].append(kind.id)
        self._cache: dict[str, Match] = {}

    def match(self, text: str) -> Match:
        """The service type that `text` names."""
        key = normalise(text)
        if key not in self._cache:
            self._cache[key] = self._match(text) if key else NOTHING
        return self._cache[key]

    def _match(self, text: str) -> Match:
        words = content_tokens(text)
        levels: list[Callable[[], Match | None]] = [
            lambda: _decide(self._names.get(compact(text), ())),
            lambda: self._where(lambda known: sorted(known) == sorted(words)),
            lambda: self._by_initials(text, words),
            lambda: self._where(
                lambda known: len(known) == len(words) and _pair(words, known, _begins)
            ),
            lambda: self._where(
                lambda known: len(known) == len(words) and _pair(words, known, is_typo)
            ),
            lambda: self._by_concept(words),
            lambda: self._where(lambda known: _pair(known, words, is_typo), longest=True),
            lambda: self._where(lambda known: _pair(words, known, _begins)),
            lambda: self._by_inner_concept(words),
        ]
        return next((match for level in levels if (match := level())), NOTHING)

    def _where(
        self, test: Callable[[tuple[str, ...]], bool], longest: bool = False
    ) -> Match | None:
        found = [(len(known), kind_id) for kind_id, known in self._words if test(known)]
        if longest and found:
            most = max(length for length, _id in found)
            inner = {kind_id for length, kind_id in found if length < most}
            best = [kind_id for length, kind_id in found if length == most]
            # "Maintenance préventive + relevé" names two works, not the longer one.
            return _decide([*best, *sorted(inner - set(best))])
        return _decide(kind_id for _length, kind_id in found)

    def _by_initials(self, text: str, words: tuple[str, ...]) -> Match | None:
        letters = fold(text).replace(".", "").replace(" ", "")
        if not 2 <= len(letters) <= 4 or not letters.isalpha() or len(words) > 4:
            return None
        found = [
            kind_id
            for kind_id, known in self._words
            if len(known) > 1 and "".join(word[0] for word in known) == letters
        ]
        return _decide(found)

    def _by_concept(self, words: tuple[str, ...]) -> Match | None:
        concept = _concept(words)
        return _decide(self._concepts.get(concept, ())) if concept else None

    def _by_inner_concept(self, words: tuple[str, ...]) -> Match | None:
        concepts = {
            concept
            for key, concept in _CONCEPT_OF.items()
            if len(key) > 3 and set(key.split()) <= set(words)
        }
        found = [
            kind_id for concept in sorted(concepts) for kind_id in self._concepts.get(concept, ())
        ]
        return _decide(found)


def _begins(word: str, other: str) -> bool:
    return (len(word) >= 3 and other.startswith(word)) or is_typo(word, other)


def _concept(words: Sequence[str]) -> str:
    return _CONCEPT_OF.get(" ".join(words), "") or _CONCEPT_OF.get(" ".join(sorted(words)), "")


class CustomerIndex:
    """Customers by name or reference. Numbers in a name must be equal: `SDE 29` is never `SDE 56`."""

    def __init__(self, customers: Iterable[Known]) -> None:
        self.customers = list(customers)
        self._names: dict[str, list[int]] = defaultdict(list)
        self._bare: dict[str, list[int]] = defaultdict(list)
        self._words: list[tuple[int, tuple[str, ...]]] = []
        self._by_word: dict[str, set[int]] = defaultdict(set)
        for position, customer in enumerate(self.customers):
            for name in customer.names():
                self._names[compact(name)].append(customer.id)
                self._bare[bare_company(name)].append(customer.id)
            words = tuple(word for word in content_tokens(customer.name) if word not in _LEGAL)
            self._words.append((customer.id, words))
            for word in words:
                self._by_word[word[:3]].add(position)
        self._cache: dict[str, Match] = {}

    def match(self, text: str) -> Match:
        """The customer that `text` names; a name that is only alike comes back as a candidate."""
        key = normalise(text)
        if key not in self._cache:
            self._cache[key] = self._match(text) if key else NOTHING
        return self._cache[key]

    def _match(self, text: str) -> Match:
        for found in (self._names.get(compact(text), ()), self._bare.get(bare_company(text), ())):
            if match := _decide(found):
                return match
        return self._by_acronym(text) or self._by_likeness(text) or NOTHING

    def _by_acronym(self, text: str) -> Match | None:
        """`Syndicat départemental d'énergie 29` for `SDE29`, and the reverse."""
        mine = _acronym(text)
        found = [
            customer.id
            for customer, (_id, words) in zip(self.customers, self._words, strict=True)
            if (len(words) > 2 and _acronym(customer.name) == compact(text))
            or (mine and mine == compact(customer.name))
        ]
        return _decide(found, sure=False)

    def _by_likeness(self, text: str) -> Match | None:
        words = tuple(word for word in content_tokens(text) if word not in _LEGAL)
        near = {position for word in words for position in self._by_word.get(word[:3], ())}
        typos, parts = [], []
        for position in sorted(near):
            customer_id, known = self._words[position]
            if len(words) == len(known) and _pair(words, known, is_typo):
                # One letter makes another body of a short acronym.
                (typos if len("".join(words)) >= 7 else parts).append(customer_id)
            elif self._is_part(words, known):
                parts.append(customer_id)
        match = _decide(typos, sure=False)
        return match or (Match(candidates=tuple(parts)) if parts else None)

    @staticmethod
    def _is_part(words: tuple[str, ...], known: tuple[str, ...]) -> bool:
        short, long = sorted((words, known), key=len)
        if not short or sum(map(len, short)) < 5 or len(long) > len(short) + 2:
            return False
        extra = [word for word in long if word not in short]
        return _pair(short, long, is_typo) and not any(word.isdigit() for word in extra)


def bare_company(name: str) -> str:
    """A company's name without legal form, blanks and signs."""
    return "".join(word for word in tokens(name) if word not in _LEGAL) or compact(name)


def _acronym(text: str) -> str:
    words = [word for word in tokens(text) if word not in STOPWORDS and word not in _LEGAL]
    if len([word for word in words if not word.isdigit()]) < 3:
        return ""
    return "".join(word if word.isdigit() else word[0] for word in words)


def split_people(text: str) -> list[str]:
    """Several technicians in one cell (`Martin + Durand`, `T01/T02`), one by one."""
    parts = re.split(r"\s*(?:[+&/;\n]|\bet\b|\band\b|,(?=\s*\w{2,}))\s*", text)
    return [part.strip() for part in parts if part.strip()]


@dataclass
class Directory:
    """All that is known when a file is read.

    :param technicians: people who can be sent
    :param types: service types
    :param customers: who orders
    """

    technicians: PeopleIndex = field(default_factory=lambda: PeopleIndex(()))
    types: TypeIndex = field(default_factory=lambda: TypeIndex(()))
    customers: CustomerIndex = field(default_factory=lambda: CustomerIndex(()))
