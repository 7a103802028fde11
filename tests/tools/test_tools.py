"""The tools' own promises: nothing half-made is kept, nothing foreign is touched, red is red."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from tools import base, check, databases, fetch, footprint, i18n, lint, steps, suite  # noqa: E402


def test_a_broken_build_leaves_nothing(tmp_path):
    with pytest.raises(OSError), base.building(tmp_path / "thing") as folder:
        (folder / "half").write_text("")
        raise OSError("download broken off")
    assert not list(tmp_path.iterdir())


def test_a_whole_build_is_kept(tmp_path):
    with base.building(tmp_path / "thing") as folder:
        (folder / "whole").write_text("")
    assert (tmp_path / "thing" / "whole").exists()


def test_a_failed_command_says_its_last_words_and_the_hint():
    with pytest.raises(base.Problem, match="(?s)no such host.*Check the network"):
        base.run(["bash", "-c", "echo no such host; exit 7"], hint="Check the network.")


def test_a_command_that_hangs_is_stopped():
    code, text = base.call(["bash", "-c", "sleep 60"], timeout=0.3)
    assert code == 124 and "still running" in text


def test_the_digest_sees_names_and_bytes(tmp_path):
    (tmp_path / "a").write_text("1")
    first = base.digest_files(tmp_path)
    (tmp_path / "a").write_text("2")
    second = base.digest_files(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, base.digest_files(tmp_path)}) == 3


@pytest.mark.parametrize("name", ["postgres", "production", 'field_suite_"; DROP', "field"])
def test_foreign_databases_are_refused(name):
    with pytest.raises(base.Problem):
        databases._quoted(name)


def _plan(monkeypatch, *found, **names):
    monkeypatch.delenv("ONLY", raising=False)
    return steps.Plan(list(found)).run()


def test_a_step_that_ran_no_test_has_failed(monkeypatch, capsys):
    outcomes = _plan(monkeypatch, steps.Step("empty", steps.Outcome))
    assert not steps.report(outcomes, "test")
    assert capsys.readouterr().out.rstrip().endswith("0 passed, 1 failed, 0 skipped")


def test_a_step_that_breaks_has_failed_and_stops_what_needs_it(monkeypatch, capsys):
    def breaks():
        raise RuntimeError("no")

    outcomes = _plan(
        monkeypatch,
        steps.Step("after", lambda: steps.Outcome(3), ("first",)),
        steps.Step("first", breaks),
        steps.Step("other", lambda: steps.Outcome(2, skipped=1)),
    )
    assert [outcomes[name].failed for name in ("first", "after", "other")] == [1, 1, 0]
    assert not steps.report(outcomes, "test")
    assert "2 passed, 2 failed, 1 skipped" in capsys.readouterr().out


def test_only_brings_what_it_needs(monkeypatch):
    monkeypatch.setenv("ONLY", "browser")
    plan = steps.Plan(
        [
            steps.Step("install", lambda: steps.Outcome(1)),
            steps.Step("lint", lambda: steps.Outcome(1)),
            steps.Step("browser", lambda: steps.Outcome(1), ("install",)),
        ]
    )
    assert [step.name for step in plan.steps] == ["install", "browser"]


LOG = "2026-01-01 10:00:00,000 1 {} db odoo.{}: {}\n"


@pytest.mark.parametrize(
    ("level", "text", "good"),
    [
        ("INFO", "all is well", True),
        ("WARNING", "field x has no help", False),
        ("ERROR", "broken", False),
        ("WARNING", "py.warnings: /x.py:1: DeprecationWarning: 'werkzeug.urls.URL' is …", True),
        ("WARNING", "py.warnings: /x.py:1: DeprecationWarning: Since 19.0, use search", False),
    ],
)
def test_any_warning_in_a_log_fails(tmp_path, monkeypatch, level, text, good):
    monkeypatch.setattr(check, "REPO", REPO)
    log = REPO / "var" / "log" / f"test-{os.getpid()}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        log.write_text(LOG.format("INFO", "x", "start") + LOG.format(level, "x", text))
        assert bool(check.checklog(Path(sys.executable), log)) != good
    finally:
        log.unlink()


def test_what_an_uninstall_leaves_is_named():
    kinds = dict.fromkeys(footprint._STRUCTURE, frozenset())
    before = {**kinds, "table": {"res_partner"}}
    after = {**kinds, "table": {"res_partner", "field_left"}, "column": {"res_partner.x"}}
    assert footprint.left_behind(before, after) == [
        "table left behind: field_left",
        "column left behind: res_partner.x",
    ]


def test_a_row_written_again_is_named():
    assert footprint.changed_rows({"a": (1, "x"), "b": (2, "")}, {"a": (1, "y"), "b": (2, "")}) == [
        "a: 1 x → 1 y"
    ]


POT = '#. module: m\n#: code:addons/m/m.py:0\nmsgid "{}"\nmsgstr ""\n\n'


def test_terms_that_left_or_entered_the_code_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(i18n, "REPO", tmp_path)
    folder = tmp_path / "addons" / "field_x" / "i18n"
    folder.mkdir(parents=True)
    (folder / "field_x.pot").write_text(POT.format("Old"))
    (folder / "fr.po").write_text(POT.format("New"))
    exported = tmp_path / "x.pot"
    exported.write_text(POT.format("New"))
    where = "addons/field_x/i18n/field_x.pot"
    assert i18n.differences("field_x", exported) == [
        f"{where} lacks 'New'",
        f"{where} has 'Old', not in code",
    ]


def test_merging_keeps_the_french(tmp_path, monkeypatch):
    import polib

    monkeypatch.setattr(i18n, "REPO", tmp_path)
    folder = tmp_path / "addons" / "field_x" / "i18n"
    folder.mkdir(parents=True)
    (folder / "fr.po").write_text(POT.format("Site").replace('msgstr ""', 'msgstr "Site"'))
    exported = tmp_path / "x.pot"
    exported.write_text(POT.format("Tour") + POT.format("Site"))
    assert i18n.write("field_x", exported) == (2, 1)
    french = polib.pofile(str(folder / "fr.po"))
    assert [(entry.msgid, entry.msgstr) for entry in french] == [("Tour", ""), ("Site", "Site")]
    assert i18n.write("field_x", exported) == (2, 1)


@pytest.mark.parametrize(
    "typed, set_",
    [
        ("Dans « À refacturer ».", "Dans «\u00a0À refacturer\u00a0»."),
        ("%(who)s : quand ?", "%(who)s\u00a0: quand\u00a0?"),
        ("(oui !) <b>Total :</b> 12", "(oui\u00a0!) <b>Total\u00a0:</b> 12"),
        ("https://example.com ?a=1 :nom", "https://example.com ?a=1 :nom"),
        ("Déjà\u00a0: rien ne change", "Déjà\u00a0: rien ne change"),
    ],
)
def test_french_signs_never_begin_a_line(typed, set_):
    assert i18n.typeset(typed) == set_


def test_untranslated_and_fuzzy_terms_are_named(tmp_path):
    path = tmp_path / "fr.po"
    path.write_text(
        POT.format("Empty") + "#, fuzzy\n" + POT.format("Vague").replace('msgstr ""', 'msgstr "x"')
    )
    problems = lint._untranslated(path)
    assert len(problems) == 2 and "untranslated" in problems[0] and "fuzzy" in problems[1]


def test_each_dependency_of_the_suite_is_odoos():
    found = suite.dependencies()
    assert "account" not in suite.manifests() and "stock" in found
    assert not [name for name in found if name.startswith("field_")]


def test_help_lists_every_command():
    """`make help` and the tools know the same commands."""
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=REPO, capture_output=True, text=True
    )
    names = {line.split()[1] for line in listed.stdout.splitlines()}
    # The tools' main module can't be imported (it runs), so its table is read as text.
    text = (REPO / "tools" / "__main__.py").read_text()
    table = text[text.index("COMMANDS = {") : text.index("}\n", text.index("COMMANDS = {"))]
    commands = {line.split('"')[1] for line in table.splitlines()[1:]}
    assert names - {"help"} == commands


def test_a_given_tree_that_is_no_odoo_is_refused(tmp_path, monkeypatch):
    from tools import fetch

    monkeypatch.setenv("ODOO_SRC", str(tmp_path))
    with pytest.raises(base.Problem, match="holds no odoo/release.py"):
        fetch.fetch_odoo()
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (18, 0, 0, 'final', 0, '')")
    with pytest.raises(base.Problem, match="not Odoo 19.0"):
        fetch.fetch_odoo()


def _lock_of(folder, integrity):
    text = json.dumps({"packages": {"node_modules/leaflet": {"integrity": integrity}}})
    (folder / "package-lock.json").write_text(text)


def test_leaflet_is_put_in_place_whole_and_once(tmp_path, monkeypatch):
    from tools import fetch

    calls = []

    def download(_python, target, _repo):
        calls.append(target)
        target.mkdir(parents=True)
        (target / "leaflet.js").write_text(f"// {len(calls)}")

    monkeypatch.setattr(fetch, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(base, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(fetch, "_download_leaflet", download)
    _lock_of(tmp_path, "sha512-a")
    assert fetch.place_leaflet(Path(sys.executable), tmp_path)
    assert fetch.place_leaflet(Path(sys.executable), tmp_path)
    assert len(calls) == 1
    assert (tmp_path / fetch.LEAFLET / "leaflet.js").read_text() == "// 1"
    _lock_of(tmp_path, "sha512-b")
    assert fetch.place_leaflet(Path(sys.executable), tmp_path)
    assert (tmp_path / fetch.LEAFLET / "leaflet.js").read_text() == "// 2"


def test_without_leaflet_the_run_goes_on(tmp_path, monkeypatch, capsys):
    from tools import fetch

    def broken(_python, _target, _repo):
        raise base.Problem("no registry")

    monkeypatch.setattr(fetch, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(base, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(fetch, "_download_leaflet", broken)
    _lock_of(tmp_path, "sha512-a")
    assert not fetch.place_leaflet(Path(sys.executable), tmp_path)
    assert "maps: Leaflet could not be had" in capsys.readouterr().out
    assert not (tmp_path / fetch.LEAFLET).exists()


def test_an_osrm_that_cannot_be_had_is_told_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    asked = tmp_path / "requirements.txt"
    asked.write_text(f"osrm-bindings @ file://{tmp_path}/nothing.whl\n")
    monkeypatch.setattr(fetch, "OSRM", asked)
    monkeypatch.setattr(fetch, "CACHE", tmp_path / "cache")
    assert fetch.fetch_osrm(Path(sys.executable)) is None
    assert "its tests will fail" in capsys.readouterr().out
    assert not list((tmp_path / "cache").glob("osrm*"))
