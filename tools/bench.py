"""`make bench`: the cases of bench/ on the suite and on its peer, and the optimiser's figures."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import server
from bench.bars import BARS, FIGURES, LATER
from bench.figure import Figure

from . import databases, demo
from .base import CACHE, LOGS, REPO, Problem, building, call, digest, fail, locked, run, say
from .suite import COUNTRY, LANGUAGE, LOCALISATION, ROOT, Suite

RESULTS = REPO / "bench" / "results"
PEERS = REPO / "bench" / "peers.txt"


@dataclass
class Row:
    """One line of the table."""

    case: str
    label: str
    ours: dict
    peer: dict | None
    bar: float | None
    within: bool

    def cells(self) -> list[str]:
        """Return the row's texts."""
        ours, peer = self.ours["queries_per_record"], (self.peer or {}).get("queries_per_record")
        return [
            self.case,
            self.label,
            f"{ours:.2f}",
            f"{peer:.2f}" if peer is not None else "–",
            f"{ours / peer:.2f}" if peer else "–",
            f"≤ {self.bar:.2f}" if self.bar is not None else "–",
            "yes" if self.within else "NO",
            f"{self.ours['cpu_ms_per_record']:.1f}",
            f"{self.peer['cpu_ms_per_record']:.1f}" if self.peer else "–",
        ]


def chosen_cases() -> list[str]:
    """Return the cases of ``CASE``, or all of them.

    :raise Problem: for an unknown case.
    """
    asked = [case for case in os.environ.get("CASE", "").replace(",", " ").split() if case]
    known = [*BARS, *FIGURES]
    if later := sorted(set(asked) & set(LATER)):
        raise Problem(f"{', '.join(later)}: not built yet. Cases: {', '.join(known)}")
    if unknown := sorted(set(asked) - set(known)):
        raise Problem(f"CASE={', '.join(unknown)} is unknown. Cases: {', '.join(known)}")
    return asked or known


def _fetch_peer(python: Path) -> Path | None:
    """Return the addons folder of the peer, downloaded the first time; none if it can't be had."""
    target = CACHE / f"peer-{digest(PEERS.read_text())}"
    with locked("peer"):
        if not target.exists():
            say("peer: downloading OCA field-service")
            command = [str(python), "-m", "pip", "download", "-q", "--no-deps", "-r", str(PEERS)]
            try:
                with building(target) as folder:
                    run([*command, "-d", str(folder / "wheels")])
                    for wheel in sorted((folder / "wheels").glob("*.whl")):
                        with zipfile.ZipFile(wheel) as archive:
                            archive.extractall(folder)
            except Problem as problem:
                say(f"peer: it can't be had here, so ours runs alone ({problem})")
                return None
    return target / "odoo" / "addons"


def _peer_database(suite: Suite, addons: Path) -> tuple[str, Path]:
    """Return a database with the peer installed, and the configuration that knows its addons."""
    conf = suite.folder / "peer.conf"
    text = suite.conf.read_text()
    own = f"{REPO / 'addons'},{suite.folder / 'root'}"
    conf.write_text(text.replace(own, str(addons)))
    modules = sorted(path.parent.name for path in addons.glob("*/__manifest__.py"))
    init = ("--country", COUNTRY, "--language", LANGUAGE)
    name = suite.template(
        "peer",
        [*modules, *LOCALISATION],
        init=init,
        what="OCA field-service",
        conf=conf,
        key=addons.parent.parent.name,
    )
    return name, conf


def _our_database(suite: Suite) -> str:
    """Return a database with the suite installed, kept as long as the sources don't change."""
    name = f"{databases.PREFIX}bench_{digest(suite.deps, demo.source_key())}"
    with locked("bench"):
        if not databases.is_ready(name):
            for outdated in databases.ours():
                if outdated.startswith(f"{databases.PREFIX}bench_"):
                    databases.drop(outdated)
            demo.install_suite(suite, name)
    return name


def _measure(suite: Suite, side: str, database: str, conf: Path, cases: list[str], size: int):
    out = suite.folder / f"{side}.json"
    script = str(REPO / "bench" / "side.py")
    log = LOGS / f"bench-{side}.log"
    say(f"{side}: {', '.join(cases)} at n = {size}")
    arguments = (f"side={side}", f"cases={','.join(cases)}", f"size={size}", f"out={out}")
    code = suite.run_script(script, database, *arguments, log=log, conf=conf)
    if code or not out.exists():
        raise Problem(f"{log.read_text()[-4000:]}\n{side} ended with {code}; log: {log}")
    found = json.loads(out.read_text())
    for case, error in found["errors"].items():
        print(f"\n{side}, {case}:\n{error}")
    return found


def _rows(case: str, ours: dict, peer: dict) -> list[Row]:
    rows = []
    for label, bar in BARS[case].items():
        if label not in ours:
            continue
        limit = bar.get("queries")
        if limit is not None and "against" in bar:
            limit += ours[bar["against"]]["queries_per_record"]
        within = limit is None or ours[label]["queries_per_record"] <= limit
        for seconds in ("cpu", "wall"):
            if seconds in bar:
                within = within and ours[label][seconds] < bar[seconds]
        rows.append(Row(case, label, ours[label], peer.get(label), limit, within))
    return rows


FIGURE_HEADS = ("what", "within", "seconds", "CPU s", "bar", "measured")
HEADS = ("case", "what", "ours", "peer", "ratio", "bar", "within", "CPU ms", "peer")


def table(rows: list[Row]) -> str:
    """Return the table of queries per record."""
    return _aligned([list(HEADS), *(row.cells() for row in rows)], left={0, 1})


def figure_table(found: list[Figure]) -> str:
    """Return the table of figures that are no queries."""
    lines = [list(FIGURE_HEADS)]
    for figure in found:
        limit = f" < {figure.limit:.0f}" if figure.limit else ""
        lines.append(
            [
                figure.what,
                "yes" if figure.within else "NO",
                f"{figure.wall:.1f}{limit}" if figure.wall is not None else "–",
                f"{figure.cpu:.2f}" if figure.cpu is not None else "–",
                figure.bar or "–",
                figure.value,
            ]
        )
    return _aligned(lines, left={0, 4, 5})


def _aligned(lines: list[list[str]], left: set[int]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column in left else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def compare(suite: Suite, cases: list[str], size: int, *, with_peer: bool = True) -> list[Row]:
    """Run the cases on both sides and return the table's rows; write them to bench/results."""
    ours = _measure(suite, "ours", _our_database(suite), suite.conf, cases, size)
    peer: dict = {"results": {}, "errors": {}}
    addons = _fetch_peer(suite.python) if with_peer else None
    if addons:
        database, conf = _peer_database(suite, addons)
        peer = _measure(suite, "peer", database, conf, cases, size)
    rows = []
    for case in cases:
        found = _rows(case, ours["results"].get(case, {}), peer["results"].get(case, {}))
        rows += found
        RESULTS.mkdir(parents=True, exist_ok=True)
        content = {
            "case": case,
            "size": size,
            "unit": "queries per record",
            "peer": PEERS.read_text().splitlines()[1:] if addons else None,
            "lines": [
                {
                    "what": row.label,
                    "ours": row.ours,
                    "peer": row.peer,
                    "bar": row.bar,
                    "within": row.within,
                }
                for row in found
            ],
        }
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (RESULTS / f"{case}.json").write_text(text + "\n")
    for case in ours["errors"]:
        # A case that breaks has missed its bar, and its row says so.
        nothing = {"queries_per_record": float("inf"), "cpu_ms_per_record": 0.0}
        rows.append(Row(case, "broken, see above", nothing, None, None, False))
    return rows


def optimizer_figures(suite: Suite, full: bool) -> list[Figure]:
    """Measure the optimiser and the server beside it; write both to bench/results.

    :param full: with the days and searches that take a minute each
    :raise Problem: when the measurement itself breaks
    """
    say("optimizer: the days" + ("" if full else ", without those that take a minute"))
    out, log = suite.folder / "optimizer.json", LOGS / "bench-optimizer.log"
    busy = os.getloadavg()[0]
    command = [str(suite.python), "-m", "bench.optimizer", str(out), "1" if full else "0"]
    code, text = call(command, log=log, env=suite.script_environ, cwd=REPO)
    if code or not out.exists():
        raise Problem(f"{text[-4000:]}\nthe optimiser's figures ended with {code}; log: {log}")
    found = []
    for content in json.loads(out.read_text()):
        content.pop("within")
        found.append(Figure(**content))
    found += _server_figures(suite)
    RESULTS.mkdir(parents=True, exist_ok=True)
    content = {
        "case": "optimizer",
        # What else the machine did when it began: times on a busy one say little.
        "load": round(busy, 1),
        "cores": os.cpu_count(),
        "lines": [{**asdict(figure), "within": figure.within} for figure in found],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (RESULTS / "optimizer.json").write_text(text + "\n")
    return found


def _server_figures(suite: Suite) -> list[Figure]:
    """Serve a copy with a day of 300 missions, and optimise it while somebody opens lists."""
    scratch = databases.Scratch()
    try:
        database = databases.copy(_our_database(suite), scratch.name("bench_server"))
        day, log = server.monday(), LOGS / "bench-server-data.log"
        say("optimizer: other requests while the server has a day optimised")
        script = str(REPO / "bench" / "server_data.py")
        if code := suite.run_script(script, database, f"day={day}", log=log):
            raise Problem(f"{log.read_text()[-4000:]}\nthe day ended with {code}; log: {log}")
        with demo.serving(suite, database, name="bench-server") as (url, _child):
            return server.measure(url, database, day)
    finally:
        scratch.close()


def command(python: Path) -> None:
    """Run the benchmarks, print the tables, end with 1 when a bar is missed."""
    cases, size = chosen_cases(), int(os.environ.get("SIZE") or 1000)
    rows: list[Row] = []
    found: list[Figure] = []
    with demo.opened(python) as suite:
        if counted := [case for case in cases if case in BARS]:
            rows = compare(suite, counted, size)
        if "optimizer" in cases:
            found = optimizer_figures(suite, full=size >= 1000)
    if rows:
        print(f"\nQueries per record at n = {size}, all five addons of {ROOT} installed\n")
        print(table(rows))
    if found:
        print(f"\nThe optimiser, on {os.cpu_count()} cores\n\n{figure_table(found)}")
    missed = sum(not line.within for line in [*rows, *found])
    if missed:
        fail(f"{missed} of {len(rows) + len(found)} bars missed")
    lines = len(rows) + len(found)
    say(f"all {lines} lines within their bars; written to {RESULTS.relative_to(REPO)}")
