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
