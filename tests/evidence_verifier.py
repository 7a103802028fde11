"""A verifier of sealed dossiers written from `docs/evidence.md` alone: nothing of ours is imported.

Usage: python evidence_verifier.py FOLDER [COUNT:HASH | digest-DAY.json …]

FOLDER is an unpacked dossier; the further arguments are heads noted elsewhere (a printed report,
a mail) and daily digests as they were mailed. Prints what does not hold and ends with 1, or says that the
dossier is intact.
"""

from __future__ import annotations

import hashlib
import json
import sys
from decimal import Decimal
from pathlib import Path

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


# §2


def canonical(value) -> str:
    """Write a JSON value in the canonical form of the specification."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(_character(one) for one in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"


def _character(one: str) -> str:
    if one in SHORT:
        return SHORT[one]
    return f"\\u{ord(one):04x}" if one < " " else one


def written(value):
    """Write what a database holds as the specification's table says."""
    if isinstance(value, (float, Decimal)):
        text = format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    if hasattr(value, "hour"):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: written(one) for name, one in value.items()}
    if isinstance(value, list):
        return [written(one) for one in value]
    return value


# §3


def sha256(tag: str, text: str) -> str:
    """Hash a tagged text."""
    return hashlib.sha256(f"field-evidence/{tag}/1\n{text}".encode()).hexdigest()


def entry_hash(chain: str, line: dict) -> str:
    """Hash one line's statement."""
    names = ("author", "device_date", "item", "prev", "seq", "server_date")
    return sha256("entry", canonical({"v": 1, "chain": chain, **{n: line[n] for n in names}}))


# §7


def check_journal(chain: str, lines: list[dict], heads: list[tuple[int, str]]) -> set[int]:
    """Return the numbers at which one of the six rules does not hold.

    :param lines: as in `journal.jsonl`
    :param heads: (count, hash) noted outside; the live one first, where it is known
    """
    bad: set[int] = set()
    before, clock = sha256("genesis", canonical({"v": 1, "chain": chain})), ""
    for place, line in enumerate(lines, start=1):
        if line["seq"] != place:
            bad.update((place, line["seq"]))
        if line["payload"] is not None and not _holds(chain, line):
            bad.add(line["seq"])
        if entry_hash(chain, line) != line["hash"]:
            bad.add(line["seq"])
        if line["prev"] != before:
            bad.update((line["seq"], place - 1 or 1))
        if line["server_date"] < clock:
            bad.add(line["seq"])
        before, clock = line["hash"], line["server_date"]
    known = {line["seq"]: line["hash"] for line in lines}
    for count, digest in heads:
        if count and known.get(count) != digest:
            bad.add(count)
    if heads and len(lines) != heads[0][0]:
        bad.update(range(min(len(lines), heads[0][0]) + 1, max(len(lines), heads[0][0]) + 1))
    return bad


def _holds(chain: str, line: dict) -> bool:
    """Whether a payload gives its item's hash and names its dossier."""
    if sha256("item", line["payload"]) != line["item"]:
        return False
    item = json.loads(line["payload"])
    if item["kind"] == "close" and item["data"]["head"] != line["prev"]:
        return False
    return item["chain"] == chain


def last_items(lines: list[dict]) -> dict[tuple[str, int], tuple[int, dict]]:
    """Return the last item about each record: ``{(model, id): (number, item)}``."""
    found = {}
    for line in lines:
        try:
            item = json.loads(line["payload"] or "{}")
            record, kind = item["record"], item["kind"]
        except (ValueError, KeyError):
            continue
        if kind != "close":
            found[record["model"], record["id"]] = (line["seq"], item)
    return found


def check_record(item: dict, row: dict | None) -> bool:
    """Whether a row of the database still says what the last item about it says.

    :param row: columns of the record's table, None where it is gone
    """
    if item.get("removed"):
        return row is None
    return row is not None and all(
        _same(value, row[name]) for name, value in item["data"].items() if name in row
    )


def _same(sealed, column) -> bool:
    if column is None or column == "" or column is False:
        return sealed in (None, 0, "0", False)
    if isinstance(sealed, dict) and set(sealed) == {"id", "name"}:
        return sealed["id"] == column
    return sealed == written(column)


def check_columns(line: dict, columns: dict) -> bool:
    """Whether the columns that repeat a line's content say what the content says."""
    item = json.loads(line["payload"])
    return columns == {
        "kind": item["kind"],
        "res_model": item["record"]["model"],
        "res_id": item["record"]["id"],
        "bytes_sha256": item.get("bytes", {}).get("sha256"),
    }


# §6, daily digests


def mark(line: dict) -> str:
    """Return the mark of one line."""
    names = ("author", "device_date", "item", "server_date")
    return sha256("mark", canonical({name: line[name] for name in names}))[:16]


def check_digests(payloads: list[str], hashes: list[str] | None = None) -> set[int]:
    """Return the places (from 1) of the digests that are not linked to the one before.

    :param payloads: the files' texts, by number
    :param hashes: what was noted of each, where it was
    """
    bad: set[int] = set()
    before: dict | None = None
    for place, payload in enumerate(payloads, start=1):
        said = json.loads(payload)
        if canonical(said) != payload:
            bad.add(place)
        if hashes and sha256("digest", payload) != hashes[place - 1]:
            bad.add(place)
        start = sha256("digest-genesis", canonical({"v": 1, "chain": said["chain"]}))
        if said["number"] == 1 and said["prev"] != start:
            bad.add(place)
        if before is not None and (
            said["prev"] != sha256("digest", payloads[place - 2])
            or said["number"] != before["number"] + 1
        ):
            bad.add(place)
        before = said
    return bad


def noted_in(payload: str, chain: str) -> dict | None:
    """Return what a digest notes of one dossier: ``{"count", "head", "marks": list}``, or None."""
    for row in json.loads(payload)["dossiers"]:
        if row["chain"] == chain:
            marks = [row["marks"][n : n + 16] for n in range(0, len(row["marks"]), 16)]
            return {"count": row["count"], "head": row["head"], "marks": marks}
    return None


def check_marks(lines: list[dict], noted: dict) -> set[int]:
    """Return the numbers whose line is not the one that a digest noted under them."""
    known = {line["seq"]: mark(line) for line in lines}
    return {
        number for number, one in enumerate(noted["marks"], start=1) if known.get(number) != one
    }


# §5, as files


def main(folder: Path, noted: list[str]) -> int:
    """Verify an unpacked dossier."""
    head = json.loads((folder / "head.json").read_text("utf-8"))
    lines = [
        json.loads(text)
        for text in (folder / "journal.jsonl").read_text("utf-8").split("\n")
        if text
    ]
    heads = [(head["count"], head["head"])]
    if head["closed_count"]:
        heads.append((head["closed_count"], head["closed_head"]))
    digests = [Path(name).read_text("utf-8") for name in noted if name.endswith(".json")]
    heads += [
        (int(one.split(":")[0]), one.split(":")[1]) for one in noted if not one.endswith(".json")
    ]
    listed = [row for text in digests if (row := noted_in(text, head["chain"]))]
    heads += [(row["count"], row["head"]) for row in listed]
    bad = check_journal(head["chain"], lines, heads)
    for row in listed:
        bad |= check_marks(lines, row)
    present = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "files").glob("*")
    }
    for number, item in last_items(lines).values():
        if item.get("bytes") and item["bytes"]["sha256"] not in present:
            bad.add(number)
    print("intact" if not bad else f"does not hold at: {sorted(bad)}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
