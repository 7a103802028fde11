"""Chromium for the browser tests, against a served demo (`make test` says where it is)."""

import os
import shutil
from datetime import datetime, timedelta, timezone

import pytest

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SIZES = {"desktop": (1400, 900), "tablet": (1180, 820), "phone": (390, 844)}


@pytest.fixture(scope="session")
def url():
    """Address of the served suite, without a slash at its end."""
    return os.environ["FIELD_URL"]


@pytest.fixture(scope="session")
def chromium():
    """A Playwright browser."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Screen:
    """One person at one screen size; collects what the console complains of."""

    def __init__(self, browser, url, size):
        width, height = SIZES[size]
        self.url, self.errors = url, []
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="fr-FR",
            timezone_id="Europe/Paris",
            is_mobile=size == "phone",
            has_touch=size != "desktop",
        )
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message):
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location.get('url', '')}")

    def log_in(self, login, password):
        """Log in by the form, as a person does."""
        self.page.goto(f"{self.url}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password)
        self.page.click("form.oe_login_form button[type=submit]")
        self.page.wait_for_url(lambda address: "/web/login" not in address)

    def settle(self):
        """Wait until the client has nothing to load.

        Not for an idle network: the live connection's worker never ends its request.
        """
        self.page.wait_for_function("document.readyState === 'complete'")
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(
            "!document.querySelector('.o_loading_indicator, .o_blockUI, .o_loading')"
        )

    def call(self, model, method, *args, **kwargs):
        """Call a method over JSON-RPC with this person's session."""
        answer = self.page.request.post(
            f"{self.url}/web/dataset/call_kw/{model}/{method}",
            data={
                "jsonrpc": "2.0",
                "params": {"model": model, "method": method, "args": args, "kwargs": kwargs},
            },
        ).json()
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer["result"]


@pytest.fixture
def screen(chromium, url, request):
    """A fresh `Screen`; parametrize with a key of ``SIZES`` (default desktop)."""
    one = Screen(chromium, url, getattr(request, "param", "desktop"))
    yield one
    one.context.close()


@pytest.fixture(scope="session")
def people():
    """The demo's logins by role."""
    from tools.demo import logins

    return {role.split()[0].lower(): (login, password) for role, login, password in logins()}


@pytest.fixture
def office(chromium, url, people):
    """A planner beside the phone."""
    one = Screen(chromium, url, "desktop")
    one.log_in(*people["planner"])
    yield one
    one.context.close()


def _missions(office, login, count):
    """Publish missions of today to the technician; return their ids."""
    (user,) = office.call("res.users", "search", [("login", "=", login)])
    (person,) = office.call(
        "hr.employee.public", "search_read", [("user_id", "=", user)], ["company_id"]
    )
    company = person["company_id"][0]
    site = office.call(
        "res.partner", "search", [("is_field_site", "=", True), ("partner_latitude", "!=", 0)],
        limit=1,
    )[0]  # fmt: skip
    kind = office.call(
        "field.service.type", "search",
        [("checklist_id", "!=", False), ("company_id", "in", [company, False])], limit=1,
    )[0]  # fmt: skip
    start = datetime.now(timezone.utc).replace(tzinfo=None, second=0, microsecond=0)
    ids = office.call(
        "field.mission",
        "create",
        [
            {
                "site_id": site,
                "service_type_id": kind,
                "technician_id": person["id"],
                "planned_start": str(start + timedelta(minutes=number)),
                "planned_duration": 0.25,
                "company_id": company,
            }
            for number in range(count)
        ],
    )
    office.call("field.mission", "action_plan", ids)
    office.call("field.mission", "action_publish", ids)
    return ids


@pytest.fixture
def missions(office, people):
    """Publish so many missions of today to the technician; cancelled afterwards unless done."""
    made = []

    def publish(count):
        ids = _missions(office, people["technician"][0], count)
        made.extend(ids)
        return ids

    yield publish
    left = office.call("field.mission", "search", [("id", "in", made), ("state", "!=", "done")])
    if left:
        office.call("field.mission", "action_cancel", left, "End of the test")
