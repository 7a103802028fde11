"""The seal of a mission's dossier: canonical form, hash chain and its verification.

Plain Python, no Odoo. ``docs/evidence.md`` is the specification of what happens here, precise
enough to write another verifier from it; a change of any byte that is hashed needs a new
``VERSION`` and a new chapter there.

Vocabulary: an *item* is what was proven (an answer, a photo, a signature…), as a JSON object; its
canonical text is the *payload*. An *entry* is one line of the journal: it holds the item's hash,
the hash of the entry before, its number, both clocks and the author. The *head* is the number and
hash of the last entry, noted somewhere else than in the journal.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

VERSION = 1
#: Each hash starts with its purpose, so that no item can pass for an entry.
ITEM_TAG = b"field-evidence/item/1\n"
ENTRY_TAG = b"field-evidence/entry/1\n"
GENESIS_TAG = b"field-evidence/genesis/1\n"
MARK_TAG = b"field-evidence/mark/1\n"
DIGEST_TAG = b"field-evidence/digest/1\n"
DIGEST_GENESIS_TAG = b"field-evidence/digest-genesis/1\n"
#: Length of a mark: enough to tell entries of one journal apart.
MARK_LENGTH = 16
MAX_INT = 2**53 - 1
HEX64 = re.compile(r"[0-9a-f]{64}\Z")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")

# What a finding can say. The office's screen and the tests rely on these words.
CONTENT = "content"  # the payload is no longer the one that was hashed
FIELD = "field"  # one field of the journal line was changed
MOVED = "moved"  # sealed under another number
REPLACED = "replaced"  # not the line that was sealed under this number
FOREIGN = "foreign"  # sealed in another dossier
INSERTED = "inserted"  # never sealed here
REMOVED = "removed"  # entries missing in the middle
CUT = "cut"  # entries missing at the end
REWRITTEN = "rewritten"  # hashes recomputed after a change
HEAD = "head"  # a noted head was changed: a later one agrees with the journal
CLOCK = "clock"  # the server's clock goes back
ORDER = "order"  # the list is not in the order of the numbers


class SealError(ValueError):
    """A value that has no canonical form, or a journal line that is not one."""


# ------------------------------------------------------------------ canonical form


def plain(value: Any) -> Any:
    """Return ``value`` in the types that have a canonical form.

    Floats and decimals become their shortest exact decimal text (no exponent), instants
    ``YYYY-MM-DDTHH:MM:SSZ`` (naive ones are UTC), days ``YYYY-MM-DD``, tuples lists.

    :raises SealError: for anything else than JSON's types and these.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (float, Decimal)):
        return decimal_text(value)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [plain(item) for item in value]
    raise SealError(f"a {type(value).__name__} has no canonical form")


def decimal_text(value: float | Decimal) -> str:
    """Return the shortest decimal text that reads back as ``value``: ``230``, ``0.05``.

    :raises SealError: for infinities and NaN.
    """
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        raise SealError("infinity and NaN have no canonical form")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def instant_text(value: datetime) -> str:
    """Return ``value`` (naive means UTC) as ``YYYY-MM-DDTHH:MM:SSZ``, whole seconds."""
    offset = value.utcoffset()
    if offset is not None:
        value = value.replace(tzinfo=None) - offset
    return value.replace(microsecond=0).isoformat() + "Z"


def canonical(value: Any) -> str:
    """Return the canonical JSON text of ``value``: RFC 8785 without fractional numbers.

    :raises SealError: for floats, integers beyond 2**53 - 1, keys that are not text, and text
        that is not valid Unicode (lone surrogates).
    """
    try:
        text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError as error:
        raise SealError("text with a lone surrogate has no canonical form") from error
    except RecursionError as error:
        raise SealError("nested too deeply") from error
    return text


def parse(text: str) -> Any:
    """Return the value of a canonical text.

    :raises SealError: when ``text`` is not the canonical form of what it says (spaces, order of
        keys, doubled keys, fractional numbers…).
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SealError("not JSON") from error
    if canonical(value) != text:
        raise SealError("not in canonical form")
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise SealError("keys must be text")
    return key


def _ordered(value: Any) -> Any:
    """Return ``value`` with the keys of its objects in the order of RFC 8785."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INT:
            raise SealError("integers stay within 2**53 - 1")
        return value
    if isinstance(value, Mapping):
        keys = sorted((_key(key) for key in value), key=_utf16)
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    raise SealError(f"a {type(value).__name__} has no canonical form")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


# ------------------------------------------------------------------ hashes


def bytes_digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def item_digest(payload: str) -> str:
    """Return the hash of an item from its payload (canonical text)."""
    return _digest(ITEM_TAG, payload)


def genesis(chain: str) -> str:
    """Return what stands as "previous hash" in the first entry of the dossier ``chain``."""
    return _digest(GENESIS_TAG, canonical({"v": VERSION, "chain": chain}))


def digest_genesis(chain: str) -> str:
    """Return what stands as ``prev`` in the first daily digest of the series ``chain``."""
    return _digest(DIGEST_GENESIS_TAG, canonical({"v": VERSION, "chain": chain}))


def digest_hash(payload: str) -> str:
    """Return the hash of a daily digest from its payload (canonical text)."""
    return _digest(DIGEST_TAG, payload)


def _digest(tag: bytes, text: str) -> str:
    # "surrogatepass": a text damaged in the database must give a difference, not a crash.
    return hashlib.sha256(tag + text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal.

    ``payload`` is the item's canonical text; ``None`` once a retention rule removed it (the line
    and its hash stay). Both dates are UTC texts ``YYYY-MM-DDTHH:MM:SSZ``: ``device_date`` is what
    the author's device said, ``None`` if it said nothing.
    """

    seq: int
    prev: str
    item: str
    author: int
    device_date: str | None
    server_date: str
    hash: str
    payload: str | None = None

    def statement(self, chain: str) -> dict[str, Any]:
        """Return the object whose canonical text is hashed."""
        return {
            "v": VERSION,
            "chain": chain,
            "seq": self.seq,
            "prev": self.prev,
            "item": self.item,
            "author": self.author,
            "device_date": self.device_date,
            "server_date": self.server_date,
        }

    def computed(self, chain: str) -> str:
        """Return the hash that this line's fields give."""
        return _digest(ENTRY_TAG, canonical(self.statement(chain)))

    def mark(self) -> str:
        """Return what tells this line from others whatever its number and its neighbours."""
        said = {
            "item": self.item,
            "author": self.author,
            "device_date": self.device_date,
            "server_date": self.server_date,
        }
        return _digest(MARK_TAG, canonical(said))[:MARK_LENGTH]


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of an entry, noted outside of the journal.

    ``exact``: the journal ends there (the live head). Otherwise it is a mark made at some time
    (a closing, a printed report) and the journal may have gone on. ``label`` says where it is
    noted. ``outside``: somebody else holds it too, so who changed the journal could not change it.
    """

    count: int
    hash: str
    label: str = ""
    exact: bool = False
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be sealed: the item and who, when."""

    item: Mapping[str, Any]
    author: int
    device_date: str | None = None


def append(chain: str, head: Head | None, drafts: Iterable[Draft], server_date: str) -> list[Entry]:
    """Seal ``drafts`` behind ``head`` and return the new entries, in order.

    :param chain: identifier of the dossier, the same for its whole life.
    :param head: the live head, ``None`` for an empty journal.
    :param server_date: the server's clock, UTC text; never before the last entry's (see
        :func:`later`).
    :raises SealError: when an item or a date has no canonical form.
    """
    seq, prev = (head.count, head.hash) if head and head.count else (0, genesis(chain))
    entries = []
    for draft in drafts:
        for moment in (draft.device_date, server_date):
            if moment is not None and not INSTANT.match(moment):
                raise SealError(f"not a UTC instant: {moment}")
        payload = canonical({**draft.item, "v": VERSION, "chain": chain})
        seq += 1
        entry = Entry(
            seq=seq,
            prev=prev,
            item=item_digest(payload),
            author=draft.author,
            device_date=draft.device_date,
            server_date=server_date,
            hash="",
            payload=payload,
        )
        entry = replace(entry, hash=entry.computed(chain))
        prev = entry.hash
        entries.append(entry)
    return entries


def later(now: str, last: str | None) -> str:
    """Return the server date of the next entry: now, but never before the last entry's."""
    return max(now, last) if last else now


# ------------------------------------------------------------------ the journal as a file

_LINE = ("seq", "prev", "item", "author", "device_date", "server_date", "hash", "payload")


def dump_journal(entries: Iterable[Entry]) -> bytes:
    """Return the journal as UTF-8 lines, one canonical JSON object each, ended by a line feed."""
    return b"".join(
        canonical({name: getattr(entry, name) for name in _LINE}).encode() + b"\n"
        for entry in entries
    )


def load_journal(data: bytes) -> list[Entry]:
    """Return the entries of a journal file.

    :raises SealError: naming the line that is not a canonical line of a journal.
    """
    if data and not data.endswith(b"\n"):
        raise SealError(f"line {data.count(bytes([10])) + 1}: not ended by a line feed")
    entries = []
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            entries.append(_load_line(line))
        except (SealError, UnicodeDecodeError) as error:
            raise SealError(f"line {number}: {error}") from error
    return entries


def _load_line(line: bytes) -> Entry:
    value = parse(line.decode())
    if not isinstance(value, dict) or set(value) != set(_LINE):
        raise SealError("not the fields of a journal line")
    if type(value["seq"]) is not int or type(value["author"]) is not int:
        raise SealError("seq and author are integers")
    for name in ("prev", "item", "hash"):
        if not isinstance(value[name], str) or not HEX64.match(value[name]):
            raise SealError(f"{name} is not a SHA-256")
    for name in ("device_date", "server_date"):
        if name == "device_date" and value[name] is None:
            continue
        if not isinstance(value[name], str) or not INSTANT.match(value[name]):
            raise SealError(f"{name} is not a UTC instant")
    if not isinstance(value["payload"], (str, type(None))):
        raise SealError("payload is text or null")
    return Entry(**value)


# ------------------------------------------------------------------ verification


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what (``code``), from entry ``seq`` to ``last``.

    ``detail`` holds what the code needs to be told: ``field``, ``place`` (number under which the
    line stands now), ``chain``, ``label`` (which noted head), ``entry`` (the one
    that was sealed on another hash).
    """

    code: str
    seq: int
    last: int
    detail: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the finding as an English sentence."""
        detail = self.detail
        span = f"Entry {self.seq}" if self.seq == self.last else f"Entries {self.seq}-{self.last}"
        return (
            span
            + {
                CONTENT: ": the sealed content was altered.",
                FIELD: f": {detail.get('field')} was altered in the journal.",
                MOVED: f": moved, now stands under number {detail.get('place')}.",
                REPLACED: ": the line is not the one that was sealed.",
                FOREIGN: f": belongs to another dossier ({detail.get('chain')}).",
                INSERTED: ": inserted, never sealed in this journal.",
                REMOVED: ": removed.",
                CUT: ": cut off the end.",
                REWRITTEN: ": hashed anew, alone or with what stands before; "
                f"{detail.get('label') or 'entry ' + str(detail.get('entry'))} has another hash.",
                HEAD: f": the head noted in {detail.get('label')} was altered.",
                CLOCK: ": the server's clock goes back.",
                ORDER: ": not listed in the order of the numbers.",
            }[self.code]
        )


@dataclass(slots=True)
class _Row:
    """An entry with what verification found out about it."""

    entry: Entry
    place: int  # the number under which it was sealed, as far as can be told
    hash: str  # the hash under which it was sealed, as far as can be told
    prev: str
    sound: bool  # nothing is known against it
    own: bool = True  # sealed in this dossier


def verify(chain: str, entries: Sequence[Entry], heads: Iterable[Head] = ()) -> list[Finding]:
    """Check a journal against itself and the noted ``heads``; return what is wrong, in order.

    An empty list means: intact. ``entries`` are in the order of their storage. Without heads a
    cut tail or a wholly recomputed journal cannot be seen: nothing outside contradicts it.
    """
    return _Verification(chain, list(entries), list(heads)).run()


class _Verification:
    def __init__(self, chain: str, entries: list[Entry], heads: list[Head]):
        self.chain = chain
        self.entries = entries
        self.heads = sorted(heads, key=lambda head: (head.count, not head.exact))
        self.exact = next((head for head in self.heads if head.exact), None)
        self.genesis = genesis(chain)
        self.findings: list[Finding] = []
        # Who names whom: needed to tell a changed number from a changed hash.
        self.by_prev = {entry.prev: entry for entry in reversed(entries)}
        self.by_seq = {entry.seq: entry for entry in reversed(entries)}
        self.head_hashes = {head.hash for head in heads}
        self.linked = self.follow_links()

    def add(self, code: str, seq: int, last: int | None = None, **detail: Any) -> None:
        self.findings.append(Finding(code, seq, seq if last is None else last, detail))

    def run(self) -> list[Finding]:
        rows = [self.examine(entry) for entry in self.entries]
        placed = self.arrange([row for row in rows if row.own])
        self.check_gaps(placed)
        self.check_links(placed)
        self.check_heads(placed)
        self.check_order(placed)
        return sorted(self.findings, key=lambda finding: (finding.seq, finding.code))

    # -------------------------------------------------------------- one line at a time

    def examine(self, entry: Entry) -> _Row:
        """Check a line against itself; find out which of its fields was changed."""
        row = _Row(entry, entry.seq, entry.hash, entry.prev, sound=True)
        content_ok = entry.payload is None or item_digest(entry.payload) == entry.item
        if content_ok and self.is_foreign(entry):
            row.own = row.sound = False
            return row
        if _computed(entry, self.chain) != entry.hash:
            row.sound = False
            content_ok = self.explain(row, content_ok)
        if not content_ok:
            row.sound = False
            self.add(CONTENT, row.place)
        return row

    def is_foreign(self, entry: Entry) -> bool:
        """Whether the item itself says that it belongs to another dossier."""
        if entry.payload is None:
            return False
        try:
            item = json.loads(entry.payload)
        except ValueError:
            return False
        chain = item.get("chain") if isinstance(item, dict) else None
        if chain == self.chain:
            return False
        self.add(FOREIGN, entry.seq, chain=chain)
        return True

    def explain(self, row: _Row, content_ok: bool) -> bool:
        """Name the field whose change explains why a line no longer gives its hash.

        Returns whether the content is still sound: a changed item hash alone leaves it so.
        """
        entry = row.entry
        for place in self.likely_places(entry):
            if _computed(replace(entry, seq=place), self.chain) == entry.hash:
                row.place = place
                self.add(MOVED, place, place=entry.seq)
                return content_ok
        if entry.payload is not None:
            item = item_digest(entry.payload)
            if _computed(replace(entry, item=item), self.chain) == entry.hash:
                self.add(FIELD, entry.seq, field="item")
                return True
        before = self.hash_before(entry.seq)
        if before and _computed(replace(entry, prev=before), self.chain) == entry.hash:
            row.prev = before
            self.add(FIELD, entry.seq, field="prev")
            return content_ok
        computed = _computed(entry, self.chain)
        if computed in self.by_prev or computed in self.head_hashes:
            row.hash = computed
            self.add(FIELD, entry.seq, field="hash")
            return content_ok
        if entry.hash in self.by_prev or entry.hash in self.head_hashes or entry.prev == before:
            self.add(FIELD, entry.seq, field="content, author or dates")
            return content_ok
        self.add(REPLACED, entry.seq)
        return True

    def follow_links(self) -> dict[str, int]:
        """Return the number of each hash by the links alone: forwards from the start of the
        dossier, backwards from the noted heads."""
        numbers: dict[str, int] = {}
        current, number = self.genesis, 0
        while (entry := self.by_prev.get(current)) and entry.hash not in numbers:
            number += 1
            numbers[entry.hash] = number
            current = entry.hash
        by_hash = {entry.hash: entry for entry in reversed(self.entries)}
        for head in reversed(self.heads):
            current, number = head.hash, head.count
            while number > 0 and (entry := by_hash.get(current)) and current not in numbers:
                numbers[current] = number
                current, number = entry.prev, number - 1
        return numbers

    def likely_places(self, entry: Entry) -> list[int]:
        """Numbers that the neighbours of a line suggest for it."""
        places = [self.linked.get(entry.hash, 0), self.linked.get(entry.prev, -1) + 1]
        if entry.prev == self.genesis:
            places.append(1)
        if entry.hash in self.by_prev:
            places.append(self.by_prev[entry.hash].seq - 1)
        # Lines that were shifted together, with a gap among them.
        places += range(max(entry.seq - 8, 1), entry.seq + 9)
        return [place for place in dict.fromkeys(places) if place > 0 and place != entry.seq]

    def hash_before(self, seq: int) -> str | None:
        if seq == 1:
            return self.genesis
        before = self.by_seq.get(seq - 1)
        return before.hash if before else None

    # -------------------------------------------------------------- the lines together

    def arrange(self, rows: list[_Row]) -> dict[int, _Row]:
        """Return the rows by the number they were sealed under; name the surplus ones."""
        by_place: dict[int, list[_Row]] = defaultdict(list)
        for row in rows:
            by_place[row.place].append(row)
        wanted = {row.prev for row in rows} | self.head_hashes
        placed = {}
        for place, candidates in by_place.items():
            # The sealed one is the one that the next line, or a noted head, names.
            candidates.sort(key=lambda row: (row.hash not in wanted, not row.sound))
            placed[place] = candidates[0]
            for surplus in candidates[1:]:
                self.add(INSERTED, surplus.entry.seq)
        return placed

    def check_gaps(self, placed: dict[int, _Row]) -> None:
        """Name missing numbers, and lines beyond the live head."""
        # A head noted beyond the end shows a cut tail even without the live head.
        noted = max((head.count for head in self.heads), default=0)
        for place in [place for place in placed if place < 1 or (self.exact and place > noted)]:
            self.add(INSERTED, placed.pop(place).entry.seq)
        last_place = max(placed, default=0)
        if self.exact and self.exact.count < min(last_place, noted):
            self.add(HEAD, self.exact.count, label=self.exact.label)
        end = max(last_place, noted)
        missing = [place for place in range(1, end + 1) if place not in placed]
        for first, last in _ranges(missing):
            self.add(CUT if last == end else REMOVED, first, last)

    def check_links(self, placed: dict[int, _Row]) -> None:
        """Name lines that were hashed anew: the next line was sealed on another hash."""
        first = placed.get(1)
        if first and first.sound and first.prev != self.genesis:
            self.add(REWRITTEN, 1, entry=1)
        for place, row in placed.items():
            following = placed.get(place + 1)
            if following and row.sound and following.sound and following.prev != row.hash:
                self.add(REWRITTEN, place, entry=place + 1)

    def check_heads(self, placed: dict[int, _Row]) -> None:
        """Compare with the heads noted elsewhere; narrow down what was rewritten."""
        proven = self.proven_places(placed, self.heads)
        # What the house noted for itself, its live head first, says nothing against those.
        firm = self.proven_places(placed, [head for head in self.heads if head.outside])
        last_good = 0
        for head in self.heads:
            row = placed.get(head.count)
            if row and row.hash == head.hash:
                last_good = head.count
            elif head.count == 0 and head.hash in ("", self.genesis):
                continue
            elif head.count == 0 or head.count in (firm if head.outside else proven):
                # The journal leads to a later head: it is this note that is wrong.
                self.add(HEAD, head.count, label=head.label)
            elif row and row.sound:
                self.add(REWRITTEN, last_good + 1, head.count, label=head.label)

    def proven_places(self, placed: dict[int, _Row], heads: Iterable[Head]) -> set[int]:
        """Return the numbers from which unbroken links lead to one of ``heads`` that agrees."""
        proven: set[int] = set()
        for head in heads:
            place = head.count
            row = placed.get(place)
            wanted: str | None = head.hash
            while row and row.hash == wanted and place not in proven:
                proven.add(place)
                place, wanted = place - 1, row.prev
                row = placed.get(place)
        return proven

    def check_order(self, placed: dict[int, _Row]) -> None:
        """Name a server clock that goes back, and a list that is out of order."""
        latest = ""
        for place in sorted(placed):
            row = placed[place]
            if not row.sound:
                continue
            if row.entry.server_date < latest:
                self.add(CLOCK, place)
            latest = max(latest, row.entry.server_date)
        highest = 0
        for entry in self.entries:
            if entry.seq < highest:
                self.add(ORDER, entry.seq)
            highest = max(highest, entry.seq)


def _computed(entry: Entry, chain: str) -> str | None:
    """Return the hash of a line, ``None`` when a damaged field has no canonical form."""
    try:
        return entry.computed(chain)
    except SealError:
        return None


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return ascending ``numbers`` as ranges: 1, 2, 3, 7 -> (1, 3), (7, 7)."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


# ------------------------------------------------------------------ sealed against current


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is no longer the sealed one. ``path`` is dotted: ``data.value.number``."""

    path: str
    sealed: Any
    current: Any


def differences(sealed: Any, current: Any, path: str = "") -> list[Difference]:
    """Return each value in which ``current`` differs from ``sealed``, by its path.

    Lists are compared as a whole when their lengths differ, else place by place.
    """
    if isinstance(sealed, Mapping) and isinstance(current, Mapping):
        keys = dict.fromkeys([*sealed, *current])
        return [
            difference
            for key in keys
            for difference in differences(
                sealed.get(key), current.get(key), f"{path}.{key}" if path else key
            )
        ]
    if isinstance(sealed, list) and isinstance(current, list) and len(sealed) == len(current):
        return [
            difference
            for index, (one, other) in enumerate(zip(sealed, current, strict=True))
            for difference in differences(one, other, f"{path}[{index}]")
        ]
    # True == 1 in Python, not in JSON.
    if type(sealed) is type(current) and sealed == current:
        return []
    return [Difference(path, sealed, current)]


def comparable(value: Any) -> Any:
    """Return sealed data without the names of related records, which may change honestly."""
    if isinstance(value, Mapping):
        if value.keys() == {"id", "name"}:
            return {"id": value["id"]}
        return {key: comparable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    return value
