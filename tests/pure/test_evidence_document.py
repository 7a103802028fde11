"""`docs/evidence.md`, and the verifier written from it, against ours."""

import json
import random
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import seal

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import evidence_verifier as other  # noqa: E402

CHAIN = "0e6f6c5e-6d8a-4c86-9c6e-0f3a4d1d2b11"


def journal(size, rng):
    """Return the entries of a made-up dossier, and its live head."""
    entries, head = [], None
    for number in range(size):
        item = {
            "kind": rng.choice(["photo", "answer", "state"]),
            "record": {"model": "field.photo", "id": rng.randrange(1, 10**6)},
            "data": {"text": rng.choice(["Prêt", 'a "b"', "\x01\n€😀", ""]), "n": number},
        }
        draft = seal.Draft(item, rng.randrange(1, 99), f"2025-12-01T08:{number:02}:00Z")
        entries += seal.append(CHAIN, head, [draft], f"2025-12-01T09:{number:02}:00Z")
        head = seal.Head(entries[-1].seq, entries[-1].hash, "head", exact=True)
    return entries, head


def alter(entries, rng):
    """Return the entries with one alteration of a random kind, and its name."""
    lines, at = list(entries), rng.randrange(len(entries))
    line = lines[at]
    kind = rng.choice(
        ["payload", "item", "prev", "hash", "author", "server_date", "device_date", "seq"]
        + ["delete", "cut", "swap", "insert", "rehash"]
    )
    digest = seal.bytes_digest(rng.randbytes(8))
    if kind in ("item", "prev", "hash"):
        lines[at] = replace(line, **{kind: digest})
    elif kind == "payload":
        lines[at] = replace(line, payload=line.payload.replace('"n":', '"m":'))
    elif kind == "author":
        lines[at] = replace(line, author=line.author + 1)
    elif kind in ("server_date", "device_date"):
        lines[at] = replace(line, **{kind: "2024-01-01T00:00:00Z"})
    elif kind == "seq":
        lines[at] = replace(line, seq=line.seq + len(lines))
    elif kind == "delete":
        del lines[at]
    elif kind == "cut":
        del lines[at:]
    elif kind == "swap":
        to = (at + 1) % len(lines)
        lines[at], lines[to] = replace(lines[to], seq=at + 1), replace(line, seq=to + 1)
    elif kind == "insert":
        lines.append(replace(line, seq=len(lines) + 1, prev=lines[-1].hash))
    else:
        head = seal.Head(at, line.prev) if at else None
        for index in range(at, len(lines)):
            item = {**seal.parse(lines[index].payload), "forged": True}
            old = lines[index]
            draft = seal.Draft(item, old.author, old.device_date)
            (lines[index],) = seal.append(CHAIN, head, [draft], old.server_date)
            head = seal.Head(lines[index].seq, lines[index].hash)
    return lines, kind


@pytest.mark.parametrize("seed", range(400))
def test_both_see_each_alteration_and_raise_no_false_alarm(seed):
    rng = random.Random(seed)
    entries, head = journal(rng.randrange(3, 30), rng)
    noted = [(head.count, head.hash)]
    assert seal.verify(CHAIN, entries, [head]) == []
    assert other.check_journal(CHAIN, [asdict(entry) for entry in entries], noted) == set()
    altered, kind = alter(entries, rng)
    findings = seal.verify(CHAIN, altered, [head])
    numbers = other.check_journal(CHAIN, [asdict(entry) for entry in altered], noted)
    assert findings and numbers, kind
    assert any(f.seq <= number <= f.last for f in findings for number in numbers), kind


def test_the_worked_example_of_the_document():
    text = (ROOT / "docs" / "evidence.md").read_text("utf-8")
    script = re.search(r"```sh\n(h\(\).*?)```", text, re.S)[1]
    expected = re.findall(r"^# ([0-9a-f]{64})$", script, re.M)
    assert len(expected) == 5
    names = re.findall(r"^([GIH]\d?)=", script, re.M)
    run = subprocess.run(
        ["bash", "-c", script + "\n" + "\n".join(f'echo "${name}"' for name in names)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == expected
    drafts = [
        seal.Draft({"data": {"text": "Prêt"}, "kind": "note"}, 7, "2025-12-01T08:00:00Z"),
        seal.Draft({"data": {"text": "Fini"}, "kind": "note"}, 7),
    ]
    entries = seal.append("demo", None, drafts, "2025-12-01T09:00:00Z")
    found = [seal.genesis("demo")]
    for entry in entries:
        found += [entry.item, other.entry_hash("demo", asdict(entry))]
    assert found == expected


def test_the_program_verifies_an_unpacked_dossier(tmp_path):
    entries, head = journal(5, random.Random(1))
    (tmp_path / "files").mkdir()
    (tmp_path / "journal.jsonl").write_bytes(seal.dump_journal(entries))
    mark = {"v": 1, "chain": CHAIN, "count": head.count, "head": head.hash}
    mark |= {"closed_count": None, "closed_head": None}
    (tmp_path / "head.json").write_text(json.dumps(mark))
    program = [sys.executable, str(ROOT / "tests" / "evidence_verifier.py"), str(tmp_path)]
    run = subprocess.run(program, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "intact\n")
    run = subprocess.run([*program, f"3:{'0' * 64}"], capture_output=True, text=True)
    assert run.returncode == 1
    assert "[3]" in run.stdout


def test_the_program_verifies_a_dossier_against_a_mailed_digest(tmp_path):
    """Whoever makes a dossier anew, heads and all, is contradicted by the digest, item by item."""
    entries, head = journal(6, random.Random(2))
    digest = {"v": 1, "chain": "series", "number": 1, "day": "2025-12-01"}
    digest |= {"company": {"id": 1, "name": "Us"}, "prev": seal.digest_genesis("series")}
    marks = "".join(entry.mark() for entry in entries)
    row = {"chain": CHAIN, "count": head.count, "head": head.hash, "name": "M1", "marks": marks}
    payload = seal.canonical({**digest, "dossiers": [row]})
    (tmp_path / "digest-2025-12-01.json").write_text(payload, "utf-8")
    assert other.check_digests([payload], [seal.digest_hash(payload)]) == set()
    following = {**digest, "number": 2, "prev": seal.digest_hash(payload), "dossiers": []}
    chained = [payload, seal.canonical(following)]
    assert other.check_digests(chained) == set()
    assert other.check_digests([payload.replace("M1", "M2"), chained[1]]) == {2}
    said = asdict(entries[2])
    assert other.mark(said) == entries[2].mark()

    forged = entries[:2]
    for entry in entries[2:]:
        item = seal.parse(entry.payload)
        if entry.seq == 3:
            item["data"] = {"text": "forged"}
        before = seal.Head(forged[-1].seq, forged[-1].hash)
        draft = seal.Draft(item, entry.author, entry.device_date)
        forged += seal.append(CHAIN, before, [draft], entry.server_date)
    folder = tmp_path / "dossier"
    (folder / "files").mkdir(parents=True)
    for lines, code, text in ((entries, 0, "intact"), (forged, 1, "[3, 6]")):
        last = lines[-1]
        mark = {"v": 1, "chain": CHAIN, "count": last.seq, "head": last.hash}
        mark |= {"closed_count": None, "closed_head": None}
        (folder / "journal.jsonl").write_bytes(seal.dump_journal(lines))
        (folder / "head.json").write_text(json.dumps(mark))
        command = [sys.executable, str(ROOT / "tests" / "evidence_verifier.py"), str(folder)]
        assert subprocess.run(command, capture_output=True).returncode == 0
        command.append(str(tmp_path / "digest-2025-12-01.json"))
        run = subprocess.run(command, capture_output=True, text=True)
        assert (run.returncode, text in run.stdout) == (code, True), run.stdout
