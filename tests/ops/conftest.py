"""The servers, the network and the people of these tests (`make test` says where to copy from)."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from proxy import Proxy  # noqa: E402
from servers import Site  # noqa: E402

# What is enough before a change is handed in, and what runs at night.
FULL = os.environ.get("FIELD_OPS") == "full"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def full():
    """Whether the sizes are those of the night."""
    return FULL


@pytest.fixture(scope="session")
def site():
    """PostgreSQL and a prefork Odoo with two workers, and their people in ``site.world``."""
    one = Site()
    try:
        target = one.folder / "world.json"
        sizes = ("technicians=16", "missions=40") if FULL else ("technicians=4", "missions=10")
        one.run_script("world.py", f"target={target}", *sizes)
        one.world = json.loads(target.read_text())
        one.odoo.start()
        yield one
    finally:
        one.close()


@pytest.fixture(scope="session")
def network(site):
    """The network between devices and Odoo."""
    proxy = Proxy(site.odoo.port)
    yield proxy
    proxy.shutdown()


@pytest.fixture
def proxy(network):
    """A good network, until the test makes it a bad one."""
    network.clear()
    yield network
    network.clear()


@pytest.fixture(scope="session")
def browser_path():
    """Where Chromium is."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")
