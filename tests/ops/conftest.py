"""The servers, the network and the people of these tests (`make test` says where to copy from)."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from device import Session  # noqa: E402
from phone import Phone  # noqa: E402
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
        sizes = ("technicians=4", "missions=10")
        if FULL:
            sizes = ("technicians=16", "missions=40", "own=12")
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
def chromium():
    """Playwright, and where Chromium is."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield Chromium(playwright, os.environ.get("CHROMIUM") or shutil.which("chromium"))


class Chromium:
    """Starts browsers."""

    def __init__(self, playwright, path):
        self.playwright, self.path = playwright, path
        self.shared = self.start()

    def start(self, *flags):
        """Return a browser of its own."""
        return self.playwright.chromium.launch(executable_path=self.path, args=[*FLAGS, *flags])

    def start_on(self, folder, **options):
        """Return the context of a browser that keeps what it knows in a folder."""
        return self.playwright.chromium.launch_persistent_context(
            str(folder), executable_path=self.path, args=list(FLAGS), **options
        )


@pytest.fixture
def phone(chromium, proxy, site):
    """The app on a phone, its person logged in."""
    one = Phone(chromium.shared.new_context(**Phone.OPTIONS), proxy.url)
    one.log_in(_session(site, proxy, 0))
    one.open()
    # What the opening sends and fetches is no part of the test.
    assert one.sync() == "online"
    proxy.seen.clear()
    yield one
    proxy.clear()
    one.context.close()


_SESSIONS = {}


def _session(site, proxy, place):
    login = site.world["technicians"][place]["login"]
    if login not in _SESSIONS:
        _SESSIONS[login] = Session(proxy.url, login)
    return _SESSIONS[login]
