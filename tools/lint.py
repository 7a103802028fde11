"""All that can be said of the sources without running them."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import fetch
from .base import REPO, call, fail, say

# Words that would tie the sources to one machine or to one download place.
_FORBIDDEN = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.org|deb\.debian\.org|ftp\.debian\.org"
    r"|security\.debian\.org|archive\.ubuntu\.com|/(?:home|Users)/[a-z]|/root/\.|/work/(?:main|shared)"
    r"|/opt/(?:pypi|wheels)"
)
_BINARY = {".png", ".jpg", ".ico", ".xlsx", ".ods", ".pdf", ".woff", ".woff2", ".gz", ".zip"}


@dataclass
class Check:
    """One linter and what it said."""

    name: str
    problems: str
    hint: str = ""


def addons() -> list[Path]:
    """Return the folders of the suite's addons, the root module last."""
    return [path.parent for path in sorted(REPO.glob("addons/*/__manifest__.py"))] + [REPO]


def sources(*suffixes: str) -> list[str]:
    """Return the paths of the tracked and new files with these suffixes, or all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [
        path
        for path in sorted(filter(None, listed))
        if (not suffixes or path.endswith(suffixes)) and (REPO / path).is_file()
    ]


def _command(name: str, command: list[str], hint: str = "", cwd: Path = REPO) -> Check:
    environ = {**os.environ, "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"}
    code, output = call(command, cwd=cwd, env=environ)
    return Check(name, output.strip() or f"ended with {code}" if code else "", hint)


def _names(python: Path) -> Check:
    """Find registry hosts and machine paths."""
    problems = []
    for path in sources():
        if Path(path).suffix in _BINARY or path in {"tools/lint.py", "package-lock.json"}:
            continue
        text = (REPO / path).read_text(errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if found := _FORBIDDEN.search(line):
                problems.append(f"{path}:{number}: {found.group()} names a registry or a machine")
    return Check("hosts and machine paths", "\n".join(problems))


def _lock(python: Path) -> Check:
    text = (REPO / "package-lock.json").read_text()
    addresses = re.findall(r'"resolved": .*', text)
    hint = "run `make lock`: it leaves download addresses out"
    return Check("lock files", "\n".join(addresses[:5]), hint)


def _untranslated(path: Path) -> list[str]:
    # Imported here: the linters' own environment has it, the interpreter that starts it has not.
    import polib

    if not path.exists():
        return ["missing"]
    return [
        f"line {entry.linenum}: {'fuzzy' if entry.fuzzy else 'untranslated'}: {entry.msgid[:70]!r}"
        for entry in polib.pofile(str(path))
        if not entry.obsolete and (entry.fuzzy or not entry.translated())
    ]


def _translations(python: Path) -> Check:
    problems = [
        f"{(folder / 'i18n/fr.po').relative_to(REPO)}: {problem}"
        for folder in addons()
        if folder != REPO  # the root has no terms of its own
        for problem in _untranslated(folder / "i18n/fr.po")
    ]
    hint = "`make i18n`, then translate what is empty"
    return Check("French complete", "\n".join(problems), hint)


def _ruff(python: Path) -> list[Check]:
    ruff, concise = str(python.parent / "ruff"), "--output-format=concise"
    return [
        _command("ruff check", [ruff, "check", "--quiet", concise, "."]),
        _command("ruff format", [ruff, "format", "--check", concise, "."], "`make format`"),
    ]


def _is_pure(path: Path) -> bool:
    """Say whether a file is of the functional core: plain Python, so no matter for Odoo's lint."""
    if path.name in {"__init__.py", "__manifest__.py"}:
        return False
    return not re.search(r"^\s*(from|import) odoo\b", path.read_text(), re.MULTILINE)


def _pylint(python: Path) -> Check:
    targets = [str(path.relative_to(REPO)) for path in addons() if path != REPO]
    pure = [path for path in sources(".py") if path.startswith("addons/") and _is_pure(REPO / path)]
    targets += [name for name in ("models", "wizard", "controllers") if (REPO / name).is_dir()]
    command = [str(python), "-m", "pylint", "--rcfile=.pylintrc", "--jobs=1"]
    if pure:
        command.append(f"--ignore-paths={','.join(f'^{re.escape(path)}$' for path in pure)}")
    return _command("pylint-odoo", [*command, *targets, "__manifest__.py"])


def _calls(python: Path) -> Check:
    """Each call of a plain function must give it what it takes: a target may run once a year."""
    cores = sorted(str(path.relative_to(REPO)) for path in REPO.glob("addons/*/core"))
    targets = ["tools", "bench", *cores]
    wanted = "no-value-for-parameter,too-many-function-args,unexpected-keyword-arg"
    options = [f"--rcfile={os.devnull}", "--score=no", "--disable=all", f"--enable={wanted}"]
    return _command("pylint calls", [str(python), "-m", "pylint", *options, *targets])


def _oca_module(python: Path) -> Check:
    program = str(python.parent / "oca-checks-odoo-module")
    targets = [str(path / "__manifest__.py") for path in addons() if path != REPO]
    return _command("OCA module checks", [program, "--config=.oca_hooks.cfg", *targets])


def _oca_po(python: Path) -> Check:
    files = sources(".po", ".pot")
    if not files:
        return Check("OCA po checks", "no .po file")
    program = str(python.parent / "oca-checks-po")
    return _command("OCA po checks", [program, "--config=.oca_hooks.cfg", *files])


def _licences(python: Path) -> Check:
    odoo = fetch.fetch_odoo()
    paths = [str(odoo / "odoo/addons"), str(odoo / "addons"), "addons"]
    selected = [path.name for path in addons() if path != REPO]
    command = [str(python.parent / "manifestoo"), "--odoo-series", "19.0"]
    command += [f"--addons-path={','.join(path for path in paths if (REPO / path).exists())}"]
    command += [f"--select-include={','.join(selected)}", "check-licenses"]
    return _command("licences", command)


def _whitespace(python: Path) -> Check:
    problems = []
    for path in sources():
        if Path(path).suffix in _BINARY:
            continue
        data = (REPO / path).read_bytes()
        if b"\r\n" in data and not path.endswith(".csv"):
            problems.append(f"{path}: Windows line ends")
        if data and not data.endswith(b"\n"):
            problems.append(f"{path}: no newline at the end")
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.rstrip(b"\r") != line.rstrip(b"\r").rstrip(b" \t") and path[-3:] != ".md":
                problems.append(f"{path}:{number}: trailing blanks")
            if line.startswith((b"<<<<<<< ", b">>>>>>> ")):
                problems.append(f"{path}:{number}: merge mark")
    return Check("white space", "\n".join(problems))


def prettier_files() -> list[str]:
    """Return the files that prettier looks after."""
    return [
        path
        for path in sources(".js", ".mjs", ".xml", ".scss", ".css", ".json", ".yml", ".yaml")
        if path != "package-lock.json" and not path.startswith("bench/results/")
    ]


def _prettier(node: str, modules: Path) -> Check:
    program = str(modules / "prettier/bin/prettier.cjs")
    command = [node, program, "--log-level=warn", "--check", *prettier_files()]
    return _command("prettier", command, "`make format`")


def _eslint(node: str, modules: Path) -> Check:
    program = str(modules / "eslint/bin/eslint.js")
    return _command("eslint", [node, program, "--no-warn-ignored", "."])


def checks(python: Path) -> list[Check]:
    """Run every linter, two at a time, and return what each one said."""
    node, modules = fetch.fetch_node(python)
    jobs = [
        lambda: [_pylint(python)],
        lambda: [_calls(python)],
        lambda: _ruff(python),
        lambda: [_oca_module(python)],
        lambda: [_prettier(node, modules)],
        lambda: [_eslint(node, modules)],
        lambda: [_oca_po(python)],
        lambda: [_licences(python)],
        lambda: [check(python) for check in (_translations, _names, _lock, _whitespace)],
    ]
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        return [check for found in pool.map(lambda job: job(), jobs) for check in found]


def report(found: list[Check]) -> int:
    """Print what is wrong and return how many checks failed."""
    for check in found:
        if check.problems:
            print(f"\n── {check.name} ──\n{check.problems}")
            if check.hint:
                print(f"→ {check.hint}")
    return sum(bool(check.problems) for check in found)


def command(python: Path) -> None:
    """`make lint`: run all checks and end with 1 if one of them found something."""
    found = checks(python)
    failed = report(found)
    say(f"lint: {len(found) - failed} checks passed, {failed} failed")
    if failed:
        fail("lint failed")


def format_command(python: Path) -> None:
    """`make format`: ruff and prettier on the whole tree, or on the paths in ``ARGS``."""
    chosen = os.environ.get("ARGS", "").split()
    ruff = str(python.parent / "ruff")
    paths = [path for path in chosen if path.endswith(".py") or Path(path).is_dir()]
    if paths or not chosen:
        for options in (["check", "--fix", "--quiet", "--exit-zero"], ["format"]):
            subprocess.run([ruff, *options, *(paths or ["."])], cwd=REPO, check=True)
    node, modules = fetch.fetch_node(python)
    files = [
        path
        for path in prettier_files()
        if not chosen or any(path == one or path.startswith(f"{one}/") for one in chosen)
    ]
    if files:
        program = str(modules / "prettier/bin/prettier.cjs")
        subprocess.run([node, program, "--log-level=warn", "--write", *files], cwd=REPO, check=True)
