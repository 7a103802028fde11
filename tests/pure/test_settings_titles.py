"""Every setting of the suite has a title: without one, Odoo shows neither it nor its help."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

ADDONS = Path(__file__).parents[2] / "addons"
VIEWS = sorted(ADDONS.glob("*/views/res_config_settings*.xml"))


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_settings_have_a_title(path):
    untitled = [
        setting.get("id")
        for setting in ElementTree.parse(path).iter("setting")
        if not setting.get("string") and (not len(setting) or setting[0].tag != "field")
    ]
    assert not untitled
