"""The seal: canonical form, chain, and that every alteration is seen and named."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import seal
from hypothesis import assume, given, settings
from hypothesis import strategies as st

CHAIN = "0e6f6c5e-6d8a-4c86-9c6e-0f3a4d1d2b11"
OTHER = "77777777-6d8a-4c86-9c6e-0f3a4d1d2b11"
START = datetime(2025, 12, 1, 8, 0, 0)

leaves = st.none() | st.booleans() | st.integers(-seal.MAX_INT, seal.MAX_INT) | st.text(max_size=12)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)
items = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["answer", "photo", "state", "time"]),
        "model": st.just("field.photo"),
        "record": st.integers(1, 10**6),
        "data": st.dictionaries(st.text(max_size=8), values, max_size=4),
    }
)


def moment(minutes):
    return seal.instant_text(START + timedelta(minutes=minutes))


def build(contents, chain=CHAIN, start=None):
    """Return (entries, live head) of a journal with one entry a minute."""
    entries, head = [], start
    for number, item in enumerate(contents):
        draft = seal.Draft(item, author=7 + number % 3, device_date=moment(number - 1))
        entries += seal.append(chain, head, [draft], moment(number))
        head = seal.Head(entries[-1].seq, entries[-1].hash, "head", exact=True)
    return entries, head


@st.composite
def journals(draw, min_size=1, max_size=9):
    contents = draw(st.lists(items, min_size=min_size, max_size=max_size))
    return build(contents)


def names(findings, number):
    """Whether one of the findings covers entry ``number``."""
    return any(finding.seq <= number <= finding.last for finding in findings)


def codes(findings):
    return [finding.code for finding in findings]


# ---------------------------------------------------------------- canonical form


@given(values)
def test_canonical_reads_back_as_the_same_value(value):
    text = seal.canonical(value)
    assert seal.parse(text) == value
    assert seal.canonical(seal.parse(text)) == text


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=8))
def test_canonical_ignores_the_order_of_keys(value):
    assert seal.canonical(value) == seal.canonical(dict(reversed(value.items())))


@given(values, values)
def test_different_values_have_different_texts(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (seal.canonical(one) == seal.canonical(other)) == same


def test_canonical_form_is_the_one_of_rfc_8785():
    # Order by UTF-16 units, as in the RFC's own example; short escapes; no other escapes.
    value = {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "\r": 4, "1": 5, "\u0080": 6, "ö": 7}
    assert list(seal.parse(seal.canonical(value))) == [
        "\r",
        "1",
        "\u0080",
        "ö",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]
    assert seal.canonical('é/"\\\n\x0f\x7f') == '"é/\\"\\\\\\n\\u000f\x7f"'
    assert seal.canonical({"b": [1, True, None], "a": {}}) == '{"a":{},"b":[1,true,null]}'


@pytest.mark.parametrize("value", [1.5, 2**53, {1: 2}, b"x", "\ud800", object(), {"a": {1, 2}}])
def test_values_without_a_canonical_form_are_refused(value):
    with pytest.raises(seal.SealError):
        seal.canonical(value)


def test_too_deep_a_value_is_refused():
    value = []
    for _level in range(100_000):
        value = [value]
    with pytest.raises(seal.SealError):
        seal.canonical(value)


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', "1.0", "-0", "1e2", "", "nul", "\ufeff1", "[1] "]
    + ['"\\u00e9"', '"\\/"', str(2**53), "NaN", "[" * 100_000],
)
def test_texts_out_of_canonical_form_are_refused(text):
    with pytest.raises(seal.SealError):
        seal.parse(text)


def test_plain_writes_numbers_and_dates_in_one_way():
    tz = timezone(timedelta(hours=2))
    assert seal.plain(
        {
            "float": 230.0,
            "small": 0.1 + 0.2,
            "tiny": 1e-7,
            "huge": 1e22,
            "minus": -0.0,
            "decimal": Decimal("12.50"),
            "utc": datetime(2025, 12, 1, 8, 5, 9, 999),
            "paris": datetime(2025, 7, 1, 10, 0, tzinfo=tz),
            "day": date(2025, 12, 1),
            "tuple": (1, True, None),
        }
    ) == {
        "float": "230",
        "small": "0.30000000000000004",
        "tiny": "0.0000001",
        "huge": "10000000000000000000000",
        "minus": "0",
        "decimal": "12.5",
        "utc": "2025-12-01T08:05:09Z",
        "paris": "2025-07-01T08:00:00Z",
        "day": "2025-12-01",
        "tuple": [1, True, None],
    }
    for value in (float("nan"), float("inf"), b"x", {1: 2}, object()):
        with pytest.raises(seal.SealError):
            seal.plain(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_text_reads_back_exactly(value):
    text = seal.decimal_text(value)
    assert float(text) == value
    assert "e" not in text and text != "-0"


# ---------------------------------------------------------------- worked example


def test_worked_example_of_the_specification():
    first, second = seal.append(
        "demo",
        None,
        [
            seal.Draft({"kind": "note", "data": {"text": "Prêt"}}, 7, "2025-12-01T08:00:00Z"),
            seal.Draft({"kind": "note", "data": {"text": "Fini"}}, 7, None),
        ],
        "2025-12-01T09:00:00Z",
    )
    assert first.payload == '{"chain":"demo","data":{"text":"Prêt"},"kind":"note","v":1}'
    assert first.prev == seal.genesis("demo")
    assert seal.genesis("demo") == GENESIS_DEMO
    assert (first.item, first.hash) == FIRST_DEMO
    assert (second.item, second.hash) == SECOND_DEMO


GENESIS_DEMO = "c71e290be51f464fc3ac0c41b57d728217cb0c12e0aebc59d8d34bb3efc39888"
FIRST_DEMO = (
    "4a29cbbdb015ca7495fe945cb6dfc40265577a0d78feac227298c36811f2e762",
    "27dab71eff88b1ea0e61b6cec7894cac5c88f03c88d0a6b2fdd0d8e890dd1ff4",
)
SECOND_DEMO = (
    "d067bb96aa0eb459ba5c7244b9d82ca5ed596f1f63e24008665e017d4e97fde6",
    "0268e5b0a76df29d032d0e65e4650d3b0305cfb49aaf338777148e58c5004e40",
)


# ---------------------------------------------------------------- no false alarm


@given(st.lists(items, max_size=9), st.data())
def test_an_intact_journal_is_intact(contents, data):
    entries, head = build(contents)
    marks = [
        seal.Head(entry.seq, entry.hash, f"mark {entry.seq}")
        for entry in entries
        if data.draw(st.booleans())
    ]
    assert seal.verify(CHAIN, entries, [*marks, *([head] if head else [])]) == []
    assert seal.verify(CHAIN, entries) == []
    # Retention may remove contents; the chain still holds.
    assert seal.verify(CHAIN, [replace(entry, payload=None) for entry in entries]) == []


@given(st.lists(items, min_size=1, max_size=8), st.integers(1, 8))
def test_sealing_in_batches_gives_the_same_chain(contents, size):
    head, single = None, []
    for item in contents:
        single += seal.append(CHAIN, head, [seal.Draft(item, 1)], moment(0))
        head = seal.Head(single[-1].seq, single[-1].hash)
    head, batched = None, []
    for start in range(0, len(contents), size):
        drafts = [seal.Draft(item, 1) for item in contents[start : start + size]]
        batched += seal.append(CHAIN, head, drafts, moment(0))
        head = seal.Head(batched[-1].seq, batched[-1].hash)
    assert single == batched


def test_dates_that_are_not_utc_instants_are_refused():
    with pytest.raises(seal.SealError):
        seal.append(CHAIN, None, [seal.Draft({}, 1, "2025-12-01 08:00:00")], moment(0))
    with pytest.raises(seal.SealError):
        seal.append(CHAIN, None, [seal.Draft({}, 1)], "2025-12-01T08:00:00+01:00")
    assert seal.later(moment(1), moment(2)) == moment(2)
    assert seal.later(moment(3), moment(2)) == moment(3)
    assert seal.later(moment(3), None) == moment(3)


# ---------------------------------------------------------------- every change is seen and named


def changed_text(data, text):
    """Draw ``text`` with one character changed, removed or added."""
    index = data.draw(st.integers(0, len(text)))
    how = data.draw(st.sampled_from(["change", "drop", "add"]))
    char = data.draw(st.characters(exclude_categories=["Cs"]))
    if how == "add" or index == len(text):
        return text[:index] + char + text[index:]
    if how == "drop":
        return text[:index] + text[index + 1 :]
    assume(char != text[index])
    return text[:index] + char + text[index + 1 :]


def changed_entry(data, entry):
    name = data.draw(st.sampled_from(list(seal._LINE)))
    value = getattr(entry, name)
    if isinstance(value, int):
        new = data.draw(st.integers(1, 30))
    else:
        new = changed_text(data, value)
    assume(new != value)
    return name, replace(entry, **{name: new})


@settings(max_examples=400)
@given(journals(), st.data())
def test_a_change_of_any_field_is_named(journal, data):
    entries, head = journal
    index = data.draw(st.integers(0, len(entries) - 1))
    name, changed = changed_entry(data, entries[index])
    altered = [*entries[:index], changed, *entries[index + 1 :]]
    if data.draw(st.booleans()):
        altered.sort(key=lambda entry: entry.seq)  # as the database lists them
    findings = seal.verify(CHAIN, altered, [head])
    assert names(findings, entries[index].seq), findings
    touched = {number for finding in findings for number in range(finding.seq, finding.last + 1)}
    if name != "seq":
        assert touched == {entries[index].seq}, findings
    expected = {
        "payload": (seal.CONTENT, None),
        "item": (seal.FIELD, "item"),
        "prev": (seal.FIELD, "prev"),
        "hash": (seal.FIELD, "hash"),
        "author": (seal.FIELD, "content, author or dates"),
        "device_date": (seal.FIELD, "content, author or dates"),
        "server_date": (seal.FIELD, "content, author or dates"),
        "seq": (seal.MOVED, None),
    }[name]
    assert expected in {(f.code, f.detail.get("field")) for f in findings}, findings


@given(journals(min_size=2), st.data())
def test_removed_lines_are_named(journal, data):
    entries, head = journal
    gone = data.draw(st.sets(st.sampled_from([e.seq for e in entries]), min_size=1))
    left = [entry for entry in entries if entry.seq not in gone]
    findings = seal.verify(CHAIN, left, [head])
    assert {f.code for f in findings} <= {seal.REMOVED, seal.CUT}
    named = {number for f in findings for number in range(f.seq, f.last + 1)}
    assert named == gone
    if len(entries) in gone:
        assert findings[-1].code == seal.CUT


@given(journals(min_size=2), st.data())
def test_swapped_numbers_are_named(journal, data):
    entries, head = journal
    one, other = data.draw(
        st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True)
    )
    altered = list(entries)
    altered[one] = replace(entries[one], seq=entries[other].seq)
    altered[other] = replace(entries[other], seq=entries[one].seq)
    altered.sort(key=lambda entry: entry.seq)
    findings = seal.verify(CHAIN, altered, [head])
    assert {(f.code, f.seq, f.detail["place"]) for f in findings} == {
        (seal.MOVED, entries[one].seq, entries[other].seq),
        (seal.MOVED, entries[other].seq, entries[one].seq),
    }


@given(journals(), items, st.data())
def test_a_forged_line_put_in_between_is_named(journal, item, data):
    """The forger renumbers what follows, and hashes the line itself correctly."""
    entries, head = journal
    index = data.draw(st.integers(0, len(entries) - 1))
    before = seal.Head(index, entries[index - 1].hash) if index else None
    (forged,) = seal.append(CHAIN, before, [seal.Draft(item, 3)], entries[index].server_date)
    assume(forged.hash != entries[index].hash)
    shifted = [replace(entry, seq=entry.seq + 1) for entry in entries[index:]]
    findings = seal.verify(CHAIN, [*entries[:index], forged, *shifted], [head])
    assert (seal.INSERTED, forged.seq) in {(f.code, f.seq) for f in findings}
    moved = {f.seq for f in findings if f.code == seal.MOVED}
    assert moved == {entry.seq for entry in entries[index:]}


@given(journals(), items)
def test_a_line_added_behind_the_head_is_named(journal, item):
    entries, head = journal
    forged = seal.append(CHAIN, head, [seal.Draft(item, 3)], moment(99))
    findings = seal.verify(CHAIN, [*entries, *forged], [head])
    assert [(f.code, f.seq) for f in findings] == [(seal.INSERTED, len(entries) + 1)]


@settings(max_examples=200)
@given(journals(min_size=2), items, st.data())
def test_a_rehashed_journal_is_seen_against_the_noted_heads(journal, item, data):
    entries, head = journal
    index = data.draw(st.integers(0, len(entries) - 1))
    marks = [
        seal.Head(entry.seq, entry.hash, f"mark {entry.seq}")
        for entry in entries
        if data.draw(st.booleans())
    ]
    before = seal.Head(index, entries[index - 1].hash) if index else None
    rewritten = [*entries[:index]]
    for number, entry in enumerate(entries[index:]):
        content = item if number == 0 else json.loads(entry.payload)
        draft = seal.Draft(content, entry.author, entry.device_date)
        rewritten += seal.append(CHAIN, before, [draft], entry.server_date)
        before = seal.Head(rewritten[-1].seq, rewritten[-1].hash, "head", exact=True)
    assume(rewritten != entries)
    # Seen with the true head; without any head nothing could contradict the forger, and with a
    # forged head it is seen by the first mark behind the change.
    findings = seal.verify(CHAIN, rewritten, [head, *marks])
    assert set(codes(findings)) == {seal.REWRITTEN}
    assert names(findings, index + 1)
    good = max((mark.count for mark in marks if mark.count <= index), default=0)
    assert min(f.seq for f in findings) == good + 1
    forged = seal.verify(CHAIN, rewritten, [before, *marks])
    later_marks = [mark for mark in marks if mark.count > index]
    assert bool(forged) == bool(later_marks)
    assert seal.verify(CHAIN, rewritten) == []


@given(journals(min_size=3), items, st.data())
def test_one_line_hashed_anew_is_named(journal, item, data):
    entries, head = journal
    index = data.draw(st.integers(0, len(entries) - 2))
    old = entries[index]
    before = seal.Head(index, old.prev) if index else None
    (new,) = seal.append(CHAIN, before, [seal.Draft(item, old.author)], old.server_date)
    assume(new.hash != old.hash)
    findings = seal.verify(CHAIN, [*entries[:index], new, *entries[index + 1 :]], [head])
    assert [(f.code, f.seq) for f in findings] == [(seal.REWRITTEN, old.seq)]


@given(st.lists(items, min_size=2, max_size=6), st.lists(items, min_size=2, max_size=6), st.data())
def test_lines_of_two_dossiers_exchanged_are_named(mine, theirs, data):
    entries, head = build(mine)
    others, _other_head = build(theirs, OTHER)
    index = data.draw(st.integers(0, min(len(entries), len(others)) - 1))
    altered = [*entries[:index], others[index], *entries[index + 1 :]]
    findings = seal.verify(CHAIN, altered, [head])
    named = {(f.code, f.seq) for f in findings}
    assert (seal.FOREIGN, index + 1) in named
    assert named <= {(seal.FOREIGN, index + 1), (seal.REMOVED, index + 1), (seal.CUT, index + 1)}
    # The same when a retention rule has removed the contents.
    bare = [replace(entry, payload=None) for entry in altered]
    assert names(seal.verify(CHAIN, bare, [head]), index + 1)


@given(journals(min_size=2), st.data())
def test_a_changed_note_of_the_head_is_named_as_such(journal, data):
    entries, head = journal
    index = data.draw(st.integers(0, len(entries) - 2))
    mark = seal.Head(index + 1, "0" * 64, "report")
    findings = seal.verify(CHAIN, entries, [head, mark])
    assert [(f.code, f.seq, f.detail["label"]) for f in findings] == [
        (seal.HEAD, index + 1, "report")
    ]
    # The live head set back while a report notes a later one.
    back = seal.Head(index + 1, entries[index].hash, "head", exact=True)
    report = seal.Head(len(entries), entries[-1].hash, "report")
    findings = seal.verify(CHAIN, entries, [back, report])
    assert [(f.code, f.detail["label"]) for f in findings] == [(seal.HEAD, "head")]


@given(journals(min_size=2), st.data())
def test_a_cut_tail_is_seen_by_a_mark_even_with_a_forged_head(journal, data):
    entries, head = journal
    left = data.draw(st.integers(0, len(entries) - 1))
    mark = seal.Head(head.count, head.hash, "report")
    forged = seal.Head(left, entries[left - 1].hash if left else "", "head", exact=True)
    findings = seal.verify(CHAIN, entries[:left], [forged, mark])
    assert [(f.code, f.seq, f.last) for f in findings] == [(seal.CUT, left + 1, len(entries))]


def test_a_back_dated_entry_is_named_although_hashed_correctly():
    entries, head = build([{"kind": "note"}] * 3)
    late = seal.append(CHAIN, head, [seal.Draft({"kind": "photo"}, 1)], moment(-60))
    end = seal.Head(4, late[0].hash, exact=True)
    assert [(f.code, f.seq) for f in seal.verify(CHAIN, entries + late, [end])] == [(seal.CLOCK, 4)]


def test_a_list_out_of_order_is_named():
    entries, head = build([{"kind": "note"}] * 4)
    shuffled = [entries[0], entries[2], entries[1], entries[3]]
    assert [(f.code, f.seq) for f in seal.verify(CHAIN, shuffled, [head])] == [(seal.ORDER, 2)]


def test_the_same_line_twice_is_named():
    entries, head = build([{"kind": "note"}] * 3)
    doubled = [*entries[:2], entries[1], entries[2]]
    assert [(f.code, f.seq) for f in seal.verify(CHAIN, doubled, [head])] == [(seal.INSERTED, 2)]


@given(journals(min_size=1, max_size=4), st.data())
def test_every_changed_byte_of_a_journal_file_is_named(journal, data):
    entries, head = journal
    raw = bytearray(seal.dump_journal(entries))
    assert seal.load_journal(bytes(raw)) == entries
    index = data.draw(st.integers(0, len(raw) - 1))
    line = raw[:index].count(b"\n") + 1
    raw[index] ^= data.draw(st.integers(1, 255))
    try:
        loaded = seal.load_journal(bytes(raw))
    except seal.SealError as error:
        # A changed line feed joins two lines: the first of them is named.
        named = int(str(error).split()[1].rstrip(":"))
        assert named == line
    else:
        assert names(seal.verify(CHAIN, loaded, [head]), line)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": "1"},
        {"seq": True},
        {"hash": "0" * 63},
        {"prev": "A" * 64},
        {"item": None},
        {"server_date": None},
        {"server_date": "yesterday"},
        {"device_date": 5},
        {"payload": 5},
        {"more": 1},
    ],
)
def test_journal_lines_of_another_form_are_refused(change):
    entries, _head = build([{"kind": "note"}])
    line = json.loads(seal.dump_journal(entries)) | change
    with pytest.raises(seal.SealError, match="line 1"):
        seal.load_journal(seal.canonical(line).encode() + b"\n")


def test_a_damaged_column_is_a_finding_not_a_crash():
    entries, head = build([{"kind": "note"}] * 3)
    for damage in ({"seq": 2**60}, {"author": -(2**60)}, {"hash": ""}, {"payload": "\ud800"}):
        altered = [entries[0], replace(entries[1], **damage), entries[2]]
        assert names(seal.verify(CHAIN, altered, [head]), 2), damage


def test_many_alterations_at_once_all_are_named():
    entries, head = build([{"kind": "note", "data": {"n": n}} for n in range(40)])
    altered = {entry.seq: entry for entry in entries}
    altered[3] = replace(altered[3], payload=altered[3].payload.replace('"n":2', '"n":9'))
    altered[10] = replace(altered[10], author=99)
    del altered[20], altered[39], altered[40]
    findings = seal.verify(CHAIN, list(altered.values()), [head])
    assert [(f.code, f.seq, f.last) for f in findings] == [
        (seal.CONTENT, 3, 3),
        (seal.FIELD, 10, 10),
        (seal.REMOVED, 20, 20),
        (seal.CUT, 39, 40),
    ]
    assert [finding.text() for finding in findings] == [
        "Entry 3: the sealed content was altered.",
        "Entry 10: content, author or dates was altered in the journal.",
        "Entry 20: removed.",
        "Entries 39-40: cut off the end.",
    ]


def test_every_code_has_a_sentence():
    for code in (
        seal.CONTENT,
        seal.FIELD,
        seal.MOVED,
        seal.REPLACED,
        seal.FOREIGN,
        seal.INSERTED,
        seal.REMOVED,
        seal.CUT,
        seal.REWRITTEN,
        seal.HEAD,
        seal.CLOCK,
        seal.ORDER,
    ):
        assert seal.Finding(code, 1, 2).text().startswith("Entries 1-2: ")


def test_a_long_journal_is_verified_quickly_even_when_badly_damaged():
    contents = [{"kind": "note", "data": {"n": n}} for n in range(5000)]
    entries = seal.append(CHAIN, None, [seal.Draft(item, 1) for item in contents], moment(0))
    head = seal.Head(5000, entries[-1].hash, "head", exact=True)
    assert seal.verify(CHAIN, entries, [head]) == []
    # Every line changed: work must stay in proportion.
    altered = [replace(entry, author=2) for entry in entries]
    assert len(seal.verify(CHAIN, altered, [head])) == 5000
    shifted = [replace(entry, seq=entry.seq + 100) for entry in entries]
    assert {f.code for f in seal.verify(CHAIN, shifted, [head])} == {seal.MOVED}


# ---------------------------------------------------------------- sealed against current


@given(values, values)
def test_differences_are_empty_only_for_equal_values(one, other):
    same = seal.canonical(one) == seal.canonical(other)
    assert (seal.differences(one, other) == []) == same or (
        # A missing key and a key with null say the same.
        "null" in seal.canonical(one) + seal.canonical(other)
    )
    assert seal.differences(one, one) == []


def test_differences_name_the_path():
    sealed = {"value": {"number": "230", "unit": "V"}, "photos": ["a", "b"], "note": None}
    current = {"value": {"number": "231", "unit": "V"}, "photos": ["a", "c"], "more": 1}
    assert seal.differences(sealed, current) == [
        seal.Difference("value.number", "230", "231"),
        seal.Difference("photos[1]", "b", "c"),
        seal.Difference("more", None, 1),
    ]
    assert seal.differences({"n": 1}, {"n": True}) == [seal.Difference("n", 1, True)]
    assert seal.differences([1], [1, 2]) == [seal.Difference("", [1], [1, 2])]


def test_bytes_digest_is_plain_sha_256():
    assert seal.bytes_digest(b"abc").startswith("ba7816bf8f01cfea414140de5dae2223")
