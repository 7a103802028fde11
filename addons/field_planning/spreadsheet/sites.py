"""Finding a typed site among the known ones, by code, name and address, without making doubles."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .places import distance_km, district, normal_city, same_city
from .text import STOPWORDS, compact, normalise, token_likeness, tokens, word_likeness

_PARTS = frozenset(
    """bat batiment hall escalier esc entree bloc tour zone quai porte lot appt appartement cage
    etage niveau parking aile secteur poste borne unit building block gate""".split()
)
_STREET_KINDS = frozenset(
    """rue avenue av place pl boulevard bd chemin route rte allee impasse quai cours square
    parking aire esplanade passage rond point""".split()
)
_SHORT = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard",
    "pl": "place", "rte": "route", "ch": "chemin", "che": "chemin", "all": "allee", "imp": "impasse",
    "st": "saint", "ste": "sainte", "gal": "general", "mal": "marechal", "dr": "docteur",
    "pdt": "president", "cdt": "commandant", "cne": "capitaine", "lt": "lieutenant", "sq": "square",
    "fg": "faubourg", "fbg": "faubourg", "res": "residence", "bat": "batiment", "pkg": "parking",
    "zi": "zone industrielle", "za": "zone artisanale", "r": "rue", "rd": "route", "qu": "quai",
}  # fmt: skip
SURE, LIKELY, POSSIBLE = 0.93, 0.82, 0.66


@dataclass(frozen=True)
class KnownSite:
    """A site the company knows.

    :param id: whatever identifies it for the caller
    :param customer: id of the customer who orders for it, 0 when unknown
    :param insee: INSEE code of its commune
    """

    id: int
    name: str
    code: str = ""
    street: str = ""
    zip: str = ""
    city: str = ""
    insee: str = ""
    customer: int = 0
    latitude: float = 0.0
    longitude: float = 0.0


@dataclass(frozen=True)
class SiteQuery:
    """What a line tells of its site; `area` is a postcode or INSEE code, whichever it is."""

    name: str = ""
    code: str = ""
    street: str = ""
    area: str = ""
    city: str = ""
    customer: int = 0
    insee: str = ""


@dataclass(frozen=True)
class SiteMatch:
    """The site found.

    :param id: the site, None when none is sure enough
    :param candidates: sites that could be meant, best first, when none is sure
    :param sure: False where spelling differed: worth a look
    :param twins: all the sites that can't be told from this one (itself among them)
    """

    id: int | None = None
    candidates: tuple[int, ...] = ()
    sure: bool = True
    twins: tuple[int, ...] = ()


@lru_cache(maxsize=65536)
def site_tokens(text: str) -> tuple[str, ...]:
    """Words that tell one site from another: abbreviations spelt out, `Bât. A` keeps its letter."""
    words: list[str] = []
    parts = tokens(text)
    for position, word in enumerate(parts):
        last = position == len(parts) - 1
        before = parts[position - 1] if position else ""
        if word in STOPWORDS and not (len(word) == 1 and (before in _PARTS or (last and before))):
            continue
        words.extend(_SHORT.get(word, word).split())
    return tuple(words) or parts


@dataclass(frozen=True)
class _Scored:
    position: int
    label: float
    place: float
    customer: float
    same_name: bool

    @property
    def score(self) -> float:
        return self.label * 0.8 + self.place * 0.15 + self.customer * 0.05


class SiteIndex:
    """Sites by code, words and place; the same customer's sites are preferred."""

    def __init__(self, sites: Iterable[KnownSite]) -> None:
        self.sites = list(sites)
        self._codes: dict[str, list[int]] = defaultdict(list)
        self._words: dict[str, set[int]] = defaultdict(set)
        self._twins: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._names: dict[str, list[int]] = defaultdict(list)
        self._towns: dict[tuple[int, str], list[int]] = defaultdict(list)
        for position, site in enumerate(self.sites):
            if site.code:
                self._codes[compact(site.code)].append(position)
            for word in {*site_tokens(site.name), *site_tokens(site.street), *tokens(site.city)}:
                self._words[_bucket(word)].add(position)
            self._twins[_twin_key(site)].append(position)
            self._names[normalise(site.name)].append(position)
            self._towns[site.customer, normal_city(site.city)].append(position)
        self._weights = {
            word: math.log(1 + len(self.sites) / (1 + len(found)))
            for word, found in self._words.items()
        }
        self._cache: dict[SiteQuery, SiteMatch] = {}

    def knows_code(self, text: str) -> bool:
        """Whether `text` is the code of a known site."""
        return compact(text) in self._codes

    def knows_name(self, text: str) -> bool:
        """Whether `text` is the name of a known site."""
        return normalise(text) in self._names

    def match(self, query: SiteQuery) -> SiteMatch:
        """The known site that `query` means."""
        if query not in self._cache:
            self._cache[query] = self._match(query)
        return self._cache[query]

    def _match(self, query: SiteQuery) -> SiteMatch:
        for code in (query.code, query.name):
            found = self._codes.get(compact(code), ()) if compact(code) else ()
            if len(found) == 1:
                return self._found(found[0])
            if found:
                return SiteMatch(candidates=tuple(self.sites[p].id for p in found))
        if not (query.name or query.street):
            return SiteMatch()
        if (same := self._same_words(query)) is not None:
            return self._found(same)
        scored = [self._score(query, position) for position in self._nearby(query)]
        ranked = sorted(
            (item for item in scored if item.label >= POSSIBLE and item.place > 0),
            key=lambda item: (-item.score, item.position),
        )
        return self._choose(ranked) if ranked else self._only_one_in_town(query)

    def _same_words(self, query: SiteQuery) -> int | None:
        """The one site whose name, street and commune are those of the query, letter for letter."""
        street = normalise(query.street)
        found = [
            position
            for position in self._names.get(normalise(query.name), ())
            if street == normalise(self.sites[position].street)
            and _place(query, self.sites[position]) == 1.0
            and _customer(query, self.sites[position]) == 1.0
        ]
        if not found or not query.name or len(set(found) - set(self._twins_of(found[0]))) > 0:
            return None
        return found[0]

    def _found(self, position: int, sure: bool = True) -> SiteMatch:
        twins = self._twins_of(position)
        ids = tuple(self.sites[twin].id for twin in twins)
        return SiteMatch(self.sites[position].id, sure=sure, twins=ids if len(ids) > 1 else ())

    def _twins_of(self, position: int) -> list[int]:
        site = self.sites[position]
        return [other for other in self._twins[_twin_key(site)] if _near(site, self.sites[other])]

    def _nearby(self, query: SiteQuery) -> list[int]:
        """Positions of the sites that share the most telling words with the query."""
        words = {*site_tokens(query.name), *site_tokens(query.street)}
        gains: dict[int, float] = defaultdict(float)
        for word in words | set(tokens(query.city)):
            bucket = _bucket(word)
            for position in self._words.get(bucket, ()):
                gains[position] += self._weights[bucket]
        for position in gains:
            if query.customer and self.sites[position].customer == query.customer:
                gains[position] += 1.0
            if query.area and query.area in {self.sites[position].zip, self.sites[position].insee}:
                gains[position] += 2.0
        best = sorted(gains, key=lambda position: (-gains[position], position))
        return best[:60]

    def _score(self, query: SiteQuery, position: int) -> _Scored:
        site = self.sites[position]
        return _Scored(
            position,
            self._label(query, site),
            _place(query, site),
            _customer(query, site),
            normalise(query.name) == normalise(site.name),
        )

    def _label(self, query: SiteQuery, site: KnownSite) -> float:
        """Likeness of name and street. Where both sides give both, both count."""
        city = set(tokens(query.city)) | set(tokens(site.city))
        name = self._likeness(query.name, site.name, city)
        # An address in one cell may end with the town that the site's name gives.
        town = (city | set(site_tokens(site.name))) - set(site_tokens(site.street))
        street = self._likeness(query.street, site.street, town)
        if query.name and query.street and site.name and site.street:
            crossed = max(
                self._likeness(query.street, site.name, city),
                self._likeness(query.name, site.street, city),
            )
            best = max(name, crossed)
            return 0.5 * best + 0.5 * max(street, crossed if street < 0.5 else 0.0)
        pairs = [name, street]
        if not query.street or not site.street:
            pairs.append(self._likeness(query.name, site.street, city))
        if not query.name or not site.name:
            pairs.append(self._likeness(query.street, site.name, city))
        return max(pairs)

    def _likeness(self, first: str, second: str, city: set[str]) -> float:
        if not first or not second:
            return 0.0
        if normalise(first) == normalise(second):
            return 1.0
        left, right = site_tokens(first), site_tokens(second)
        bare_left = tuple(word for word in left if word not in city)
        bare_right = tuple(word for word in right if word not in city)
        scores = [self._compare(left, right)]
        if bare_left and bare_right:
            scores.append(self._compare(bare_left, bare_right))
        return max(scores)

    def _compare(self, left: tuple[str, ...], right: tuple[str, ...]) -> float:
        if sorted(left) == sorted(right):
            return 1.0
        if "".join(left) == "".join(right):
            return 0.99
        weights = {
            word: max(0.3, self._weights.get(_bucket(word), 3.0)) for word in (*left, *right)
        }
        likeness = token_likeness(left, right, weights)
        return min(likeness, 0.7) if _told_apart(left, right) else likeness

    def _choose(self, ranked: list[_Scored]) -> SiteMatch:
        best = ranked[0]
        twins = set(self._twins_of(best.position))
        rivals = [item for item in ranked[1:] if item.position not in twins]
        margin = best.score - rivals[0].score if rivals else 1.0
        exact = best.label >= 0.99 and (not rivals or rivals[0].score < best.score - 0.02)
        if best.customer == 0 and not (best.label >= 0.97 and best.place == 1.0):
            return self._unsure([best, *rivals])
        if best.label >= SURE and best.place >= 0.5 and (exact or margin >= 0.06):
            return self._found(best.position, sure=best.label >= 0.97 and best.customer > 0)
        if best.label >= LIKELY and best.place == 1.0 and margin >= 0.08:
            return self._found(best.position, sure=False)
        # The customer's only site of exactly this name, its address written otherwise.
        alone = best.same_name and not any(item.same_name for item in rivals)
        if alone and best.customer == 1.0 and best.label >= 0.75:
            return self._found(best.position, sure=False)
        return self._unsure([best, *rivals])

    def _unsure(self, items: list[_Scored]) -> SiteMatch:
        top = items[0].score
        near = [item for item in items if item.score >= top - 0.15][:5]
        return SiteMatch(candidates=tuple(self.sites[item.position].id for item in near))

    def _only_one_in_town(self, query: SiteQuery) -> SiteMatch:
        """A line that names nothing but the town means the customer's only site there."""
        town = normal_city(query.city or query.name)
        said = set(tokens(query.name)) | set(tokens(query.street))
        if not town or not query.customer or not said <= set(tokens(town)) | STOPWORDS:
            return SiteMatch()
        found = self._towns.get((query.customer, town), [])
        if len(found) == 1:
            return self._found(found[0], sure=False)
        return SiteMatch(candidates=tuple(self.sites[position].id for position in found[:5]))


def _bucket(word: str) -> str:
    """Words that may be the same but for a slip share a bucket."""
    return word if word.isdigit() else word[:4]


def _twin_key(site: KnownSite) -> tuple[str, ...]:
    return (
        normalise(site.name),
        normalise(site.street),
        f"{normal_city(site.city) or site.insee} {district(site.city)}",
        str(site.customer),
    )


def _near(first: KnownSite, second: KnownSite) -> bool:
    if first is second or not (first.latitude and second.latitude):
        return True
    here, there = (first.latitude, first.longitude), (second.latitude, second.longitude)
    return distance_km(here, there) <= 0.15


def _place(query: SiteQuery, site: KnownSite) -> float:
    """1: same commune, 0.5: can't be told, 0: another commune."""
    if query.insee and site.insee and query.insee == site.insee:
        return 1.0
    wanted, known = normal_city(query.city), normal_city(site.city)
    same_area = bool(query.area) and query.area in {site.zip, site.insee}
    if wanted and known:
        districts = {district(query.city), district(site.city)} - {""}
        if len(districts) > 1:
            return 0.0
        if _city_alike(wanted, known):
            return 1.0
        return 0.5 if same_area else 0.0
    if same_area:
        return 1.0
    if wanted and f" {normalise(site.name)} ".replace(" st ", " saint ").find(f" {wanted} ") >= 0:
        return 1.0
    if known and f" {normalise(query.name)} ".find(f" {known} ") >= 0:
        return 1.0
    if query.area and (site.zip or site.insee):
        department = query.area[:2]
        if department not in {(site.zip or department)[:2], (site.insee or department)[:2]}:
            return 0.0
    return 0.5


def _city_alike(first: str, second: str) -> bool:
    return (
        same_city(first, second)
        or word_likeness(first.replace(" ", ""), second.replace(" ", "")) >= 0.88
    )


def _customer(query: SiteQuery, site: KnownSite) -> float:
    if not query.customer or not site.customer:
        return 0.5
    return 1.0 if query.customer == site.customer else 0.0


def _told_apart(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether both sides hold a number, letter or kind of street that the other one lacks."""
    only_left = [word for word in left if word not in right]
    only_right = [word for word in right if word not in left]
    for telling in (
        lambda word: word.isdigit() or len(word) == 1,
        lambda word: word in _STREET_KINDS,
    ):
        if any(map(telling, only_left)) and any(map(telling, only_right)):
            return True
    return False
