"""`make test`: everything that must hold, from nothing, with both cores at work."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from . import databases, demo, fetch, footprint, i18n, lint
from .base import LOGS, REPO, Problem, call, digest, free_port, say
from .steps import Outcome, Plan, Step, report
from .suite import ROOT, Suite, dependencies, manifests

# Beside each addon alone: what most companies begin with, and everything.
USUAL_FIRST_LOT = ("field_mission", "field_planning", "field_evidence")
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
# Lines of `tests/ops` that say what was done and with which seed.
FIGURES = ("walk:", "review:", "malformed:", "kills:", "day:")
_FAILURE = re.compile(r" (?:ERROR|FAIL): (?:Subtest )?(\w+\.\w+.*)")
_SKIPPED = re.compile(r": skipped ")


def checklog(python: Path, log: Path) -> list[str]:
    """Return the warnings and errors of an Odoo log that checklog-odoo.cfg does not excuse."""
    program = str(python.parent / "checklog-odoo")
    code, output = call([program, "--no-echo", "-c", str(REPO / "checklog-odoo.cfg"), str(log)])
    if not code:
        return []
    _excused, _mark, caused = output.rpartition("errors that caused failure")
    return [f"{log.relative_to(REPO)}:\n{(caused or output).strip()[-6000:]}"]


def pytest(suite: Suite, name: str, *args: str, **environ: str) -> Outcome:
    """Run pytest on some folders and count its tests."""
    result = LOGS / f"{name}.xml"
    result.unlink(missing_ok=True)
    paths = [arg for arg in args if not arg.startswith("-")]
    if missing := [path for path in paths if not (REPO / path).exists()]:
        return Outcome(problems=[f"{', '.join(missing)} does not exist"])
    command = [str(suite.python), "-m", "pytest", "-q", f"--junitxml={result}", *args]
    log = LOGS / f"{name}.log"
    code, text = call(command, log=log, env={**suite.script_environ, **environ}, cwd=REPO)
    if not result.exists():
        return Outcome(failed=1, problems=[text[-4000:]])
    counts: Counter[str] = Counter()
    for found in ElementTree.parse(result).getroot().iter("testsuite"):
        counts.update({key: int(found.get(key, 0)) for key in _JUNIT})
    failed = counts["failures"] + counts["errors"]
    if code not in (0, 1, 5) and not failed:
        failed = 1
    problems = [text[-6000:]] if failed else []
    passed = counts["tests"] - counts["failures"] - counts["errors"] - counts["skipped"]
    return Outcome(passed, failed, counts["skipped"], problems)


_JUNIT = ("tests", "failures", "errors", "skipped")


class Checks:
    """One run of `make test`: its databases and its steps."""

    def __init__(self, suite: Suite):
        self.suite = suite
        self.python = suite.python
        self.scratch = databases.Scratch()
        self.modules = list(manifests())
        self._ready: dict[str, str] = {}

    # --- what needs no database ---

    def lint(self) -> Outcome:
        """Run the linters; each is one test."""
        found = lint.checks(self.python)
        bad = [check for check in found if check.problems]
        problems = [f"{check.name}: {check.problems[-3000:]}\n→ {check.hint}" for check in bad]
        return Outcome(len(found) - len(bad), len(bad), 0, problems)

    def pure(self) -> Outcome:
        """Run the tests of the functional core."""
        return pytest(self.suite, "pure", "tests/pure")

    def tools(self) -> Outcome:
        """Run the tests of tools/, docker/ and bench/."""
        return pytest(self.suite, "tools", "tests/tools")

    # --- Odoo ---

    def install(self) -> Outcome:
        """Install the suite at a French company; any warning in the log fails."""
        name = self.scratch.name("suite")
        databases.copy(self.suite.deps, name)
        _text, log = self.suite.install("install", name, [ROOT])
        problems = checklog(self.python, log)
        rows = databases.query(
            name, "SELECT name FROM ir_module_module WHERE state = 'installed' AND name = ANY(%s)",
            self.modules,
        )  # fmt: skip
        missing = sorted(set(self.modules) - {row[0] for row in rows})
        problems += [f"{module} is not installed" for module in missing]
        if not missing:
            script = str(REPO / "tools" / "warm.py")
            self.suite.run_script(script, name, log=LOGS / "bundles.log")
            self._ready["suite"] = name
        return Outcome(len(rows), len(problems), 0, problems, usable=not missing)

    def _copy(self, purpose: str, of: str = "suite") -> str:
        return databases.copy(self._ready[of], self.scratch.name(purpose))

    def odoo(self, module: str) -> Outcome:
        """Run one addon's Odoo tests, with all addons installed."""
        database = self._copy(module)
        code, text, log = self.suite.odoo_run(
            f"odoo-{module}",
            *("-d", database, "--test-tags", f"/{module}{self._tags}", "--stop-after-init"),
            *("--http-interface=127.0.0.1", f"--http-port={free_port()}"),
        )
        self.scratch.drop(database)
        return self._judge(code, text, log)

    _tags = ""

    def _judge(self, code: int, text: str, log: Path) -> Outcome:
        results = [tuple(map(int, found)) for found in RESULT.findall(text)]
        fails, errors, total = results[-1] if results else (0, 0, 0)
        failed = fails + errors
        problems = []
        if failed:
            names = [match.group(1) for match in map(_FAILURE.search, text.splitlines()) if match]
            problems.append("failed:\n" + "\n".join(dict.fromkeys(names)) + f"\nlog: {log}")
        if said := checklog(self.python, log):
            problems += said
            failed = failed or 1
        if code and not failed:
            failed = 1
            problems.append(f"Odoo ended with {code}; log: {log}")
        skipped = sum(bool(_SKIPPED.search(line)) for line in text.splitlines())
        return Outcome(max(0, total - failed - skipped), failed, skipped, problems)

    def alone(self, label: str, modules: list[str]) -> Outcome:
        """Install addons on a database with only what they depend on, then uninstall them all."""
        database = self.scratch.name(f"alone_{label}")
        databases.copy(self._bare(modules), database)
        before, counted = footprint.structure(database), footprint.rows(database)
        _text, log = self.suite.install(f"alone-{label}", database, modules)
        problems = checklog(self.python, log)
        ours = [name for name in self.modules if self._is_installed(database, name)]
        extra = sorted(set(ours) - set(self._closure(modules)))
        problems += [
            f"{name} was installed with {label}, but nobody asked for it" for name in extra
        ]
        arguments = ("module", "uninstall", "-c", str(self.suite.conf), "-d", database)
        self.suite.odoo_command(f"uninstall-{label}", *arguments, *reversed(ours))
        problems += checklog(self.python, LOGS / f"uninstall-{label}.log")
        problems += footprint.left_behind(before, footprint.structure(database))
        changed = footprint.changed_rows(counted, footprint.rows(database))
        problems += [f"rows left behind or lost: {change}" for change in changed]
        self.scratch.drop(database)
        return Outcome(2 if not problems else 0, len(problems), 0, problems)

    def _closure(self, modules: list[str]) -> set[str]:
        known, todo, seen = manifests(), list(modules), set()
        while todo:
            name = todo.pop()
            if name in known and name not in seen:
                seen.add(name)
                todo += known[name]["depends"]
        for name, manifest in known.items():
            # A bridge comes by itself as soon as what it joins is there.
            ours = set(manifest["depends"]) & set(known)
            if manifest.get("auto_install") and ours <= seen:
                seen.add(name)
        return seen

    @staticmethod
    def _is_installed(database: str, module: str) -> bool:
        sql = "SELECT 1 FROM ir_module_module WHERE name = %s AND state = 'installed'"
        return bool(databases.query(database, sql, module))

    def _bare(self, modules: list[str]) -> str:
        """Return a template with nothing but what these addons depend on.

        All start from what `field_mission` needs, so that part is built once.
        """
        first = dependencies(["field_mission"])
        # Which addons of ours there are, and what they need, is written in each database: other
        # addons or other needs, another template.
        needs = (f"{name}: {', '.join(one['depends'])}" for name, one in manifests().items())
        ours = digest(*sorted(needs))
        base = self.suite.template("bare", first, what="only what field_mission needs", key=ours)
        more = sorted(set(dependencies(modules)) - set(first))
        if not more:
            return base
        label = "_".join(sorted(set(modules)))
        kind = f"bare{len(more)}"
        return self.suite.template(kind, more, parent=base, what=f"what {label} needs")

    def translations(self) -> Outcome:
        """Compare each addon's .pot and fr.po with what Odoo exports from the code."""
        folder = self.suite.folder / "pot"
        found = i18n.export(self.suite, self._ready["suite"], folder, LOGS / "translations.log")
        problems = [text for module in found for text in i18n.differences(module, found[module])]
        return Outcome(len(found) if not problems else 0, len(problems), 0, problems)

    # --- the main job and what is seen of it ---

    def main_job(self) -> Outcome:
        """Run the demo's main job twice: it ends well, and the second time changes nothing."""
        database = self._copy("demo")
        job = str(demo.JOB)
        problems = []
        for attempt in ("first", "second"):
            log = LOGS / f"main-job-{attempt}.log"
            if code := self.suite.run_script(job, database, log=log):
                tail = log.read_text(errors="replace")[-5000:]
                return Outcome(failed=1, problems=[f"the {attempt} run ended with {code}:\n{tail}"])
            if attempt == "first":
                before = footprint.rows(database, dated=True)
        problems += footprint.changed_rows(before, footprint.rows(database, dated=True))
        problems = [f"the second run changed {problem}" for problem in problems]
        self._ready["demo"] = database
        return Outcome(2 - bool(problems), len(problems), 0, problems, usable=True)

    def browser(self) -> Outcome:
        """Run the Playwright suites against the served demo."""
        chromium = os.environ.get("CHROMIUM")
        if not chromium:
            raise Problem(fetch.missing_program("chromium", "browser tests can't run"))
        with demo.serving(self.suite, self._ready["demo"], name="browser-server") as (url, _child):
            environ = {"FIELD_URL": url, "FIELD_DB": self._ready["demo"]}
            environ |= fetch.playwright_environ(self.python)
            # Another step has half of the machine: times in the browser are held to the bar by
            # `FIELD_SLACK=1 make test ONLY=browser` and to a multiple of it here.
            environ["FIELD_SLACK"] = os.environ.get("FIELD_SLACK", "4")
            return pytest(self.suite, "browser", "tests/browser", **environ)

    # Reduced sizes; `make chaos` and `make nightly` walk the whole way.
    ops_size = "reduced"

    def ops(self) -> Outcome:
        """Run the phones against a network and servers that fail (`tests/ops`)."""
        if not os.environ.get("CHROMIUM"):
            raise Problem(fetch.missing_program("chromium", "the app's tests can't run"))
        database = self._copy("ops")
        environ = {"FIELD_DB": database, "FIELD_OPS": self.ops_size}
        environ |= fetch.playwright_environ(self.python)
        outcome = pytest(self.suite, "ops", "tests/ops", **environ)
        self.scratch.drop(database)
        return outcome

    def docker(self) -> Outcome:
        """Run the image's steps on a bare folder and install the suite from there."""
        target = self.suite.folder / "image"
        code, text = call(
            ["bash", str(REPO / "docker" / "install.sh"), str(target)],
            log=LOGS / "docker.log",
            env={**os.environ, "PYTHON": str(self.python), "SKIP_REQUIREMENTS": "1"},
            cwd="/",
        )
        if code:
            return Outcome(failed=1, problems=[text[-3000:]])
        addons = target / "opt/field"
        conf = self.suite.write_conf(self.suite.folder / "image.conf", addons / ROOT, addons)
        database = databases.copy(self.suite.deps, self.scratch.name("image"))
        _text, log = self.suite.install("docker-install", database, [ROOT], conf=conf)
        problems = checklog(self.python, log)
        missing = [name for name in self.modules if not self._is_installed(database, name)]
        problems += [f"{name} is not installed from the image's folder" for name in missing]
        self.scratch.drop(database)
        return Outcome(len(self.modules) - len(missing), len(problems), 0, problems)

    # --- the plan ---

    def steps(self) -> list[Step]:
        """Return the steps in the order in which they start."""
        ours = [name for name in self.modules if name != ROOT]
        sets = {name: [name] for name in ours}
        if set(USUAL_FIRST_LOT) <= set(ours):
            sets["first-lot"] = list(USUAL_FIRST_LOT)
        sets["all"] = [ROOT]
        return [
            Step("install", self.install),
            Step("lint", self.lint),
            Step("pure", self.pure),
            Step("tools", self.tools),
            *(
                Step(f"odoo {name}", lambda name=name: self.odoo(name), ("install",))
                for name in self.modules
            ),
            Step("main job", self.main_job, ("install",)),
            Step("browser", self.browser, ("main job",)),
            Step("ops", self.ops, ("install",)),
            Step("translations", self.translations, ("install",)),
            *(
                Step(f"alone {label}", lambda label=label, mods=mods: self.alone(label, mods))
                for label, mods in sets.items()
            ),
            Step("docker", self.docker),
        ]


def prepare(python: Path) -> None:
    """Find, download or install the programs that tests need."""
    if osrm := fetch.fetch_osrm(python):
        os.environ["FIELD_OSRM"] = str(osrm)
    if chromium := fetch.find_chromium():
        os.environ["CHROMIUM"] = chromium
    else:
        say(fetch.missing_program("chromium", "browser tests will fail"))
    if not fetch.find_wkhtmltopdf():
        say(fetch.missing_program("wkhtmltopdf", "tests of the PDF will fail"))


def command(python: Path) -> None:
    """`make test`: run all steps, print the table, end with 1 unless everything holds."""
    prepare(python)
    with demo.opened(python) as suite:
        say("database: making ready")
        _ = suite.deps
        checks = Checks(suite)
        try:
            good = report(Plan(checks.steps()).run(), "make test")
        finally:
            checks.scratch.close()
    raise SystemExit(0 if good else 1)


def chaos_command(python: Path) -> None:
    """`make chaos`: phones, network and servers that fail, at full size."""
    prepare(python)
    with demo.opened(python) as suite:
        _ = suite.deps
        checks = Checks(suite)
        checks.ops_size = "full"
        steps = [Step("install", checks.install), Step("ops", checks.ops, ("install",))]
        try:
            outcomes = Plan(steps).run()
        finally:
            checks.scratch.close()
        log = LOGS / "ops.log"
        for line in log.read_text().splitlines() if log.exists() else ():
            if line.startswith(FIGURES):
                print(line)
        good = report(outcomes, "make chaos")
    raise SystemExit(0 if good else 1)


def nightly_command(python: Path) -> None:
    """`make nightly`: the same at full sizes, then the benchmarks and Odoo's own suites."""
    from . import nightly

    nightly.command(python)
