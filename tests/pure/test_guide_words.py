"""The guide is for French users: it names screens and buttons as they read them."""

import re
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
# What stands between quotes or in bold or italics, and each step of a menu path.
NAMED = re.compile(r"« ([^»]+) »|\*+([^*]+)\*+")


def _english_only():
    """Return the terms that French users never read on their screens."""
    entries = [
        entry
        for path in ROOT.glob("addons/*/i18n/fr.po")
        for entry in polib.pofile(str(path))
        if entry.msgstr
    ]
    return {entry.msgid for entry in entries} - {entry.msgstr for entry in entries}


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_screens_have_their_french_names(path):
    named = (part for found in NAMED.findall(path.read_text()) for part in found)
    steps = {step.strip() for part in named for step in re.split(r"[›→]", part)}
    assert not steps & _english_only()
