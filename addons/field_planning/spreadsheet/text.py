"""Text as people type it: folding, tokens, likeness, and damage done by wrong encodings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

#: Stands for a letter that was lost before the file reached us.
LOST = "\ufffd"

STOPWORDS = frozenset(
    "a an and at au aux d de des du en et for in l la le les of on ou par pour sur the to un une".split()
)

_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l"}
)
_NOT_WORD = re.compile(rf"[^0-9a-z{LOST}]+")
_IN_WORD_QUESTION = re.compile(r"(?<=[^\W\d_])\?(?=[^\W\d_])|(?<![\w?])\?(?=[^\W\d_]{2})")
_LATIN2 = re.compile("[čćęěĺľńňŕřşůűž]", re.IGNORECASE)
_CP1252_HIGH = {
    byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)
}
_TO_BYTE = {char: byte for byte, char in _CP1252_HIGH.items()}
_MOJIBAKE = re.compile("[ÂÃÄÅâ](?:[" + "".join(map(re.escape, _TO_BYTE)) + "])+")


def fold(text: object) -> str:
    """Lower-case `text` without accents or ligatures; typographic quotes become plain ones."""
    plain = str(text or "").translate(_LIGATURES)
    plain = plain.replace("\u2019", "'").replace("\u00a0", " ").replace("\u202f", " ")
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Words of `text` in folded form, separated by single spaces.

    A lost letter stays in its word as `LOST`, so that `Mont?e` can still be compared.
    """
    marked = _IN_WORD_QUESTION.sub(LOST, str(text or ""))
    return _NOT_WORD.sub(" ", fold(marked)).strip()


def compact(text: str) -> str:
    """`text` reduced to its letters and digits: `SDE 56` and `SDE-56` are the same."""
    return normalise(text).replace(" ", "")


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[str, ...]:
    """Words of `text`, letters and digits apart (`SDE29` gives `sde`, `29`), zeros in front dropped."""
    parts = re.findall(rf"\d+|[a-z{LOST}]+", normalise(text))
    return tuple(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def content_tokens(text: str) -> tuple[str, ...]:
    """`tokens` without the little words; all of them where nothing else is left."""
    words = tokens(text)
    return tuple(word for word in words if word not in STOPWORDS) or words


def clean(text: object) -> str:
    """`text` for display: no-break and doubled blanks reduced, outer blanks and line ends removed."""
    return re.sub(r"\s+", " ", str(text if text is not None else "").replace("\u200b", "")).strip()


def is_damaged(text: str) -> bool:
    """Whether letters of `text` were lost (`Ch\ufffdteau`, `Mont?e`) or come from another alphabet."""
    return bool(
        LOST in text
        or _IN_WORD_QUESTION.search(text)
        or _MOJIBAKE.search(text)
        or re.search(r"Ã(?=\s|$)", text)
    )


def is_suspect(text: str) -> bool:
    """Whether `text` holds letters that only a wrong code page brings into French (`Sičge`)."""
    return bool(_LATIN2.search(text))


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 read as Windows-1252 (`PrÃ©vention`), where the answer is certain.

    Sequences that don't decode to one Latin letter or sign are left as they are.
    """

    def decode(match: re.Match[str]) -> str:
        run = match.group()
        raw = bytes(ord(char) if char not in _TO_BYTE else _TO_BYTE[char] for char in run)
        try:
            decoded = raw.decode("utf-8")
        except UnicodeDecodeError:
            return run
        return decoded if all(map(_is_usual, decoded)) else run

    for _pass in range(2):  # text may have been spoilt twice
        repaired = _MOJIBAKE.sub(decode, text)
        if repaired == text:
            break
        text = repaired
    return text


def _is_usual(char: str) -> bool:
    """Whether `char` is one that French or English texts hold besides ASCII."""
    return 0xA0 <= ord(char) <= 0x17F or 0x2010 <= ord(char) <= 0x2122


def guess_repair(text: str, lexicon: Iterable[str]) -> str | None:
    """The intact spelling of damaged `text`, if each damaged word fits one word of `lexicon` only.

    :param lexicon: intact words, as written
    :return: `text` with these words put right, or None where one of them has no single answer
    """
    words = re.split(r"(\s+|[-_'/(),.])", _IN_WORD_QUESTION.sub(LOST, text))
    intact = sorted({word for word in lexicon if not word.isascii()})
    for index, word in enumerate(words):
        if LOST not in word:
            continue
        pattern = re.compile(_lost_pattern(word, "[^\\x00-\\x7f]"), re.IGNORECASE)
        found = {w.lower(): w for w in intact if pattern.fullmatch(w)}
        if len(found) != 1:
            return None
        words[index] = next(iter(found.values()))
    return "".join(words)


def _lost_pattern(word: str, letter: str) -> str:
    return re.sub(
        rf"(?:{LOST})+",
        lambda match: f"{letter}{{1,{len(match.group())}}}",
        "".join(char if char == LOST else re.escape(char) for char in word),
    )


@lru_cache(maxsize=65536)
def word_likeness(first: str, second: str) -> float:
    """Likeness of two folded words from 0 to 1; numbers are alike only when they are equal."""
    if first == second:
        return 1.0
    if first.isdigit() or second.isdigit():
        return 0.0
    if LOST in first or LOST in second:
        lost, other = (first, second) if LOST in first else (second, first)
        if LOST in other:
            return 1.0 if len(lost) == len(other) else 0.0
        return 0.97 if re.fullmatch(_lost_pattern(lost, "."), other) else 0.0
    if min(len(first), len(second)) < 3:
        return 0.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


@lru_cache(maxsize=65536)
def edit_distance(first: str, second: str, limit: int = 3) -> int:
    """Letters to add, drop, change or swap to turn `first` into `second` (stops above `limit`)."""
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, char in enumerate(first, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if last and j > 1 and char == second[j - 2] and first[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def is_typo(first: str, second: str) -> bool:
    """Whether two folded words differ by a slip of the fingers only; numbers never do."""
    if first == second:
        return True
    if any(char.isdigit() for char in first + second):
        return False
    if LOST in first or LOST in second:
        return word_likeness(first, second) > 0.9
    shortest = min(len(first), len(second))
    if shortest < 4:
        return False
    return edit_distance(first, second) <= (1 if shortest < 8 else 2)


def text_likeness(first: str, second: str) -> float:
    """Likeness of two texts from 0 to 1, word by word and in any order."""
    left, right = content_tokens(first), content_tokens(second)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    if "".join(left) == "".join(right):
        return 0.99
    return token_likeness(left, right)


def token_likeness(
    left: tuple[str, ...], right: tuple[str, ...], weights: dict[str, float] | None = None
) -> float:
    """Dice likeness of two lists of folded words, each word paired with its nearest at most once.

    :param weights: weight of a word (1.0 for those not listed)
    """

    def weigh(word: str) -> float:
        return weights.get(word, 1.0) if weights else 1.0

    rest = list(right)
    common = 0.0
    for word in sorted(left, key=weigh, reverse=True):
        best, best_score = None, 0.0
        for other in rest:
            score = word_likeness(word, other)
            if score > best_score:
                best, best_score = other, score
        if best is not None and best_score >= 0.75:
            common += best_score * min(weigh(word), weigh(best)) * 2
            rest.remove(best)
    total = sum(map(weigh, left)) + sum(map(weigh, right))
    return min(1.0, common / total) if total else 0.0
