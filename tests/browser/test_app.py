"""The technician's app on a phone: its bars (benchmarks.md, 3), a shared phone, every screen."""

import io
import os
import random
import re
import time

import pytest
from PIL import Image, ImageFilter

# Bars in milliseconds, and in seconds for a whole day.
OPENED = 1000
TICKED = 50
DAY_SENT = 60
# A busy machine may widen them, never a release.
SLACK = float(os.environ.get("FIELD_SLACK", "1"))
MISSIONS = 12
PHOTOS = 40
MEGABIT = 1_000_000 / 8

pytestmark = pytest.mark.parametrize("screen", ["phone"], indirect=True)


class Phone:
    """The technician's app in one browser."""

    def __init__(self, screen, login):
        self.screen, self.page, self.login = screen, screen.page, login
        self.network = screen.context.new_cdp_session(screen.page)

    def log_in(self, login=None):
        """Log in as somebody and open the app.

        Not by the form: it hides behind a choice of people once two have used it.
        """
        name, password = login or self.login
        params = {"db": os.environ["FIELD_DB"], "login": name, "password": password}
        answer = self.page.request.post(
            f"{self.screen.url}/web/session/authenticate",
            data={"jsonrpc": "2.0", "params": params},
        ).json()
        assert answer["result"]["uid"], answer
        self.page.goto(f"{self.screen.url}/field")

    def open(self):
        """Open the app for the first time, and wait until it is kept for days without network."""
        self.log_in()
        self.page.wait_for_selector(".f-card", timeout=90000)
        self.page.wait_for_function("navigator.serviceWorker.controller")
        self.wait_sent()

    def wait_sent(self, timeout=60000):
        """Wait until the server has everything."""
        self.page.wait_for_selector(".f-status-good", timeout=timeout)

    def offline(self, value=True):
        """Cut the network, or give it back."""
        self.screen.context.set_offline(value)

    def show(self, mission_id):
        """Open a mission's page, as its address does."""
        self.page.goto(f"{self.screen.url}/field/m/{mission_id}")
        self.page.wait_for_selector(".f-mission")

    def panel(self, icon_path):
        """Open the panel with this icon: words depend on the language."""
        self.page.locator(f".f-panel-head button:has(path[d^='{icon_path}'])").click()


CAMERA = "M4 8h3l2-3"
LIST = "M4 6l1.5"


@pytest.fixture
def phone(screen, people):
    return Phone(screen, people["technician"])


def _photo(seed):
    """A picture of 1600 px that weighs what a camera's does after reduction."""
    noise = random.Random(seed)
    small = Image.new("RGB", (400, 300))
    small.putdata(
        [tuple(noise.randrange(256) for _band in range(3)) for _pixel in range(400 * 300)]
    )
    picture = small.resize((1600, 1200), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(2)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def test_opens_without_network_in_a_second(phone, missions):
    missions(3)
    phone.open()
    phone.offline()
    phone.network.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    times = []
    for _time in range(4):
        phone.page.reload(wait_until="commit")
        phone.page.wait_for_selector(".f-card")
        times.append(
            phone.page.evaluate("window.performance.getEntriesByName('drawn')[0].startTime")
        )
    print(f"opened after {[round(one) for one in times]} ms, processor slowed four times")
    assert min(times) < OPENED * SLACK


TICK = """
(button) => new Promise((done) => {
    const start = performance.now();
    const look = () => {
        if (document.querySelector(".f-check .f-choice-on")) {
            done(performance.now() - start);
        } else {
            requestAnimationFrame(look);
        }
    };
    button.click();
    look();
})
"""


def test_a_tick_is_drawn_at_once(phone, missions):
    ids = missions(3)
    phone.open()
    phone.offline()
    times = []
    for mission_id in ids:
        phone.show(mission_id)
        phone.page.locator(".f-steps .f-button-main").click()
        button = phone.page.locator(".f-check .f-choice").first
        times.append(button.evaluate(TICK))
    print(f"ticked after {[round(one) for one in times]} ms")
    assert min(times) < TICKED * SLACK


def test_the_last_button_says_what_is_missing_and_leads_there(phone, missions):
    (mission_id,) = missions(1)
    phone.open()
    phone.show(mission_id)
    phone.page.locator(".f-steps .f-button-main").click()
    todo = phone.page.locator(".f-steps .f-button-todo")
    todo.wait_for()
    asked = ".f-check-todo:has(.f-required)"
    left = phone.page.locator(asked).count()
    assert left, "the checklist asks something"
    assert str(left) in todo.inner_text()
    assert not phone.page.locator(".f-steps .f-button-main").count(), "nothing green to tap"
    # The checklist is closed: the button opens it where the next answer is due.
    phone.panel(LIST)
    phone.page.wait_for_selector(".f-check", state="detached")
    todo.click()
    first = phone.page.locator(asked).first
    first.wait_for()
    phone.page.wait_for_timeout(300)
    box = first.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 844
    if folder := os.environ.get("FIELD_SHOTS"):
        phone.page.screenshot(path=f"{folder}/todo.png")
    yes = first.locator(".f-choice").first
    if yes.count():
        yes.click()
        phone.page.wait_for_function(
            "([asked, left]) => document.querySelectorAll(asked).length < left", arg=[asked, left]
        )
        assert str(left) not in todo.inner_text()


def test_a_day_without_network_is_sent_within_a_minute(phone, office, missions):
    """Twelve missions and forty photos over 2 Mbit/s, each operation exactly once."""
    ids = missions(MISSIONS)
    phone.open()
    phone.offline()
    pictures = [
        {"name": f"{seed}.jpg", "mimeType": "image/jpeg", "buffer": _photo(seed)}
        for seed in range(4)
    ]
    left = PHOTOS
    for place, mission_id in enumerate(ids):
        phone.show(mission_id)
        phone.page.locator(".f-steps .f-button-main").click()
        phone.page.locator(".f-check .f-choice").first.click()
        phone.panel(CAMERA)
        share = -(-left // (MISSIONS - place))
        left -= share
        gallery = phone.page.locator("input[type=file]:not([capture])").first
        for number in range(share):
            gallery.set_input_files(pictures[number % len(pictures)])
            shown = f"img[src^='blob:'] >> nth={number}"
            phone.page.wait_for_selector(shown)
    waiting = phone.page.evaluate(WAITING)
    assert waiting["photos"] == PHOTOS
    phone.network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False, "latency": 40,
            "downloadThroughput": 2 * MEGABIT, "uploadThroughput": 2 * MEGABIT,
        },
    )  # fmt: skip
    phone.offline(False)
    started = time.monotonic()
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.wait_sent(timeout=DAY_SENT * SLACK * 2000)
    spent = time.monotonic() - started
    print(
        f"{waiting['operations']} operations and {PHOTOS} photos"
        f" ({waiting['bytes'] / 1e6:.1f} MB) sent in {spent:.0f} s over 2 Mbit/s"
    )
    domain = [("mission_id", "in", ids)]
    found = office.call("field.operation", "search_read", domain, ["uuid", "state"])
    assert {one["state"] for one in found} == {"applied"}
    assert sorted(one["uuid"] for one in found) == sorted(waiting["uuids"])
    photos = office.call("field.photo", "search_read", domain, ["state"])
    assert [one["state"] for one in photos] == ["received"] * PHOTOS
    assert spent < DAY_SENT * SLACK


WAITING = """
async () => {
    const user = JSON.parse(localStorage.getItem("field-last-user"));
    const db = await new Promise((done) => {
        const request = indexedDB.open(`field-${user.db}-${user.uid}`);
        request.onsuccess = () => done(request.result);
    });
    const all = (name) => new Promise((done) => {
        const request = db.transaction(name).objectStore(name).getAll();
        request.onsuccess = () => done(request.result);
    });
    const [operations, blobs] = [await all("ops"), await all("blobs")];
    db.close();
    return {
        operations: operations.length,
        uuids: operations.map((one) => one.uuid),
        photos: blobs.length,
        bytes: blobs.reduce((sum, one) => sum + one.bytes.byteLength, 0),
    };
}
"""


def test_a_shared_phone_keeps_each_persons_work(phone, office, people, missions):
    (mission_id,) = missions(1)
    phone.open()
    phone.offline()
    phone.show(mission_id)
    phone.page.locator(".f-steps .f-button-main").click()
    phone.page.wait_for_selector(".f-check, .f-panel-body")
    site = phone.page.locator(".f-mission .f-title").inner_text()
    # Somebody else logs in before anything is sent: the app sends as soon as it may.
    phone.page.route("**/field/api/**", lambda route: route.abort())
    phone.offline(False)
    phone.log_in(people["planner"])
    phone.page.unroute("**/field/api/**")
    phone.page.goto(f"{phone.screen.url}/field/m/{mission_id}")
    phone.page.wait_for_selector(".f-main .f-button-main")
    assert site not in phone.page.locator(".f-page").inner_text()
    assert office.call("field.mission", "read", [mission_id], ["state"])[0]["state"] == "planned"
    # They open a day of their own; what waits is named, without what it is.
    phone.page.locator(".f-main .f-button-main").click()
    phone.wait_sent()
    phone.page.goto(f"{phone.screen.url}/field/out")
    parked = phone.page.locator(".f-row")
    parked.wait_for()
    assert re.search(r"\b1\b", parked.inner_text())
    # Its author is back: it is sent.
    phone.log_in()
    phone.page.locator(".f-main .f-button-main").click()
    phone.wait_sent()
    assert (
        office.call("field.mission", "read", [mission_id], ["state"])[0]["state"] == "in_progress"
    )


LOOK = """
() => {
    const found = [];
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    if (wide > 0) {
        found.push(`${wide} px too wide`);
    }
    for (const one of document.querySelectorAll("button, a, input, select, textarea")) {
        const box = one.getBoundingClientRect();
        if (!box.width || one.type === "file") {
            continue;
        }
        const name = one.innerText || one.ariaLabel || one.labels?.[0]?.innerText || one.title;
        if (!name?.trim()) {
            found.push(`no name: ${one.outerHTML.slice(0, 120)}`);
        }
        const isTick = one.type === "checkbox" || one.type === "radio";
        const target = isTick ? one.closest("label")?.getBoundingClientRect() || box : box;
        if (target.height < 44 || target.width < 44) {
            found.push(`${name}: ${Math.round(target.width)} × ${Math.round(target.height)}`);
        }
    }
    return found;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_fits_a_thumb(phone, missions, scheme):
    """No screen is too wide; every button has a name and 44 px."""
    (mission_id,) = missions(1)
    phone.page.emulate_media(color_scheme=scheme)
    phone.open()
    problems = {"day": phone.page.evaluate(LOOK)}
    for page in ("out", "dia"):
        phone.page.goto(f"{phone.screen.url}/field/{page}")
        phone.page.wait_for_selector(".f-main section")
        problems[page] = phone.page.evaluate(LOOK)
    phone.show(mission_id)
    problems["mission"] = phone.page.evaluate(LOOK)
    phone.page.locator(".f-steps .f-button-main").click()
    phone.page.wait_for_selector(".f-check")
    heads = phone.page.locator(".f-panel-head button")
    for number in range(heads.count()):
        head = heads.nth(number)
        if head.get_attribute("aria-expanded") != "true":
            head.click()
        phone.page.wait_for_timeout(150)
        problems[head.inner_text()] = phone.page.evaluate(LOOK)
    found = {name: lines for name, lines in problems.items() if lines}
    assert not found
    assert not phone.screen.errors, phone.screen.errors
