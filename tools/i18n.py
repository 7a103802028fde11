"""Translations: what the code says, what the .pot holds, what is in French."""

from __future__ import annotations

import re
from pathlib import Path

from . import databases
from .base import LOGS, REPO, Problem, say
from .suite import ROOT, Suite, manifests

# Dates and tool names change with every export and say nothing.
_HEADER = {
    "Project-Id-Version": "Odoo Server 19.0",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}

# A line never begins with one of these signs, nor ends with an opening quote.
_BEFORE_SIGN = re.compile(r"(?<=\S) (?=»|[:;?!](?:[\s<)]|$))")
_AFTER_QUOTE = re.compile(r"« ")


def typeset(french: str) -> str:
    """Return a French sentence with no-break spaces before « : ; ? ! » and inside quotes."""
    return _AFTER_QUOTE.sub("«\u00a0", _BEFORE_SIGN.sub("\u00a0", french))


def folder_of(module: str) -> Path:
    """Return the i18n folder of one of the suite's modules."""
    return (REPO if module == ROOT else REPO / "addons" / module) / "i18n"


def export(suite: Suite, database: str, folder: Path, log: Path) -> dict[str, Path]:
    """Export each module's terms from a database with the current code; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    # The root has no terms of its own: an export of its folder would repeat all the addons'.
    modules = [module for module in manifests() if module != ROOT]
    script = str(REPO / "tools" / "export_terms.py")
    if suite.run_script(script, database, str(folder), *modules, log=log):
        raise Problem(f"The export of the translations failed:\n{log.read_text()[-3000:]}")
    return {module: folder / f"{module}.pot" for module in modules}


def _terms(path: Path) -> set[str]:
    import polib

    return {entry.msgid for entry in polib.pofile(str(path)) if not entry.obsolete}


def differences(module: str, exported: Path) -> list[str]:
    """Return in which terms the committed .pot and fr.po differ from the code."""
    wanted = _terms(exported) if exported.exists() else set()
    problems = []
    for name in (f"{module}.pot", "fr.po"):
        path = folder_of(module) / name
        if not path.exists():
            if wanted:
                problems.append(f"{path.relative_to(REPO)} is missing: run `make i18n`")
            continue
        have = _terms(path)
        where = path.relative_to(REPO)
        problems += [f"{where} lacks {term[:80]!r}" for term in sorted(wanted - have)]
        problems += [f"{where} has {term[:80]!r}, not in code" for term in sorted(have - wanted)]
    return problems


def write(module: str, exported: Path) -> tuple[int, int]:
    """Write a module's .pot from an export and merge it into fr.po; return terms, untranslated."""
    import polib

    if not exported.exists():
        return 0, 0
    pot = polib.pofile(str(exported))
    pot.metadata, pot.metadata_is_fuzzy, pot.wrapwidth = dict(_HEADER), False, 78
    pot.header = f"Translation of {module}."
    folder = folder_of(module)
    folder.mkdir(exist_ok=True)
    pot.save(str(folder / f"{module}.pot"))
    path = folder / "fr.po"
    if path.exists():
        french = polib.pofile(str(path), wrapwidth=78)
    else:
        french = polib.POFile(wrapwidth=78)
    french.metadata = {
        **_HEADER,
        "Language": "fr",
        "Plural-Forms": "nplurals=2; plural=(n > 1);",
    }
    french.metadata_is_fuzzy = False
    french.header = f"French translation of {module}."
    french.merge(pot)
    # polib keeps what left the code as obsolete; the history is in git.
    for entry in list(french.obsolete_entries()):
        french.remove(entry)
    for entry in french:
        entry.msgstr = typeset(entry.msgstr)
    order = {entry.msgid: number for number, entry in enumerate(pot)}
    french.sort(key=lambda entry: order[entry.msgid])
    french.save(str(path))
    return len(pot), sum(entry.fuzzy or not entry.translated() for entry in french)


def command(python: Path) -> None:
    """`make i18n`: install the suite on a scratch database, export, merge."""
    suite, scratch = Suite(python), databases.Scratch()
    try:
        database = databases.copy(suite.deps, scratch.name("i18n"))
        say("translations: installing the suite to read its terms (about a minute)")
        suite.install("i18n-install", database, [ROOT])
        for module, path in export(
            suite, database, suite.folder / "pot", LOGS / "i18n.log"
        ).items():
            terms, todo = write(module, path)
            say(f"translations: {module}: {terms} terms, {todo} to translate")
    finally:
        scratch.close()
        suite.close()
