"""The diagrams of docs/architecture.md say what the code does."""

import ast
import re
from pathlib import Path

from core import states

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def diagram(name):
    """The lines of the Mermaid diagram that follows a mark."""
    found = re.search(rf"<!-- {name} -->\n```mermaid\n(.*?)```", DOC, re.DOTALL)
    assert found, f"no diagram {name}"
    return [line.strip() for line in found.group(1).splitlines()[1:]]


def test_states_are_those_of_the_table():
    expected = {"[*] --> draft"}
    for step in states.TRANSITIONS.values():
        for source in step.sources:
            expected.add(f"{source} --> {step.target or source}: {step.name}")
    assert set(diagram("states")) == expected


def test_modules_are_those_of_the_manifests():
    manifests = {path.parent.name: path for path in ROOT.glob("addons/*/__manifest__.py")}
    manifests["field_suite"] = ROOT / "__manifest__.py"
    depends = {
        name: ast.literal_eval(path.read_text(encoding="utf-8"))["depends"]
        for name, path in manifests.items()
    }
    expected = {
        f"{name} --> {other}"
        for name, others in depends.items()
        for other in others
        if other in manifests
    }
    assert set(diagram("modules")) == expected


def test_hooks_are_extended_by_whom_the_page_says():
    table = DOC.split("<!-- hooks -->")[1].split("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", table, re.MULTILINE)
    assert len(rows) > 10
    for hook, cell in rows:
        found = {"field_mission"} if hook == "action_publish" else set()
        for path in ROOT.glob("addons/*/models/*.py"):
            code = path.read_text(encoding="utf-8")
            if f"def {hook}(" in code and re.search(r'_inherit = .*"field\.mission"', code):
                found.add(path.relative_to(ROOT / "addons").parts[0])
        assert "field_mission" in found, hook
        assert found - {"field_mission"} == set(re.findall(r"`(\w+)`", cell)), hook
