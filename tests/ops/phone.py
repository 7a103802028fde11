"""The real app in Chromium, on a phone's screen."""

from __future__ import annotations

import re
import time

# What a test asks of the running app: its store.
STORE = "const store = [...owl.App.apps][0].env.store;"


class Phone:
    """One browser context with the app in its first page."""

    OPTIONS = {
        **{"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
        **{"locale": "en-US", "timezone_id": "Europe/Paris"},
    }

    def __init__(self, context, url: str):
        self.context, self.url = context, url
        self.page = context.pages[0] if context.pages else context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def log_in(self, session) -> None:
        """Take over the session of a person who has logged in."""
        value = session.http.cookies.get("session_id")
        self.context.clear_cookies()
        self.context.add_cookies(
            [{"name": "session_id", "value": value, "url": self.url, "httpOnly": True}]
        )

    def open(self, path: str = "/field", page=None) -> None:
        """Open the app and wait until it can be worked with, its worker too."""
        page = page or self.page
        page.goto(self.url + path)
        self.wait_ready(page)

    def wait_ready(self, page=None) -> None:
        """Wait until the app shows the person's missions, and will open without network."""
        page = page or self.page
        page.wait_for_function(
            f"window.owl && owl.App.apps.size && (() => {{ {STORE} return store.phase"
            " === 'ready' && store.missions.length; })()"
        )
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def reload(self) -> None:
        """Open the page again, as it is without network too."""
        self.page.reload()
        self.wait_ready()

    def go_offline(self, proxy, away: bool = True) -> None:
        """Lose the network, or find it again."""
        proxy.offline = away
        self.context.set_offline(away)

    def ask(self, code: str, argument=None, page=None):
        """Run code with the app's ``store``; return what it returns."""
        return (page or self.page).evaluate(f"async (arg) => {{ {STORE} {code} }}", argument)

    def perform(self, kind: str, mission: int, payload: dict | None = None, page=None) -> str:
        """Do something as the app's screens do."""
        return self.ask(
            "return store.perform(arg[0], store.mission(arg[1]), arg[2]);",
            [kind, mission, payload or {}],
            page,
        )

    def take_photo(self, mission: int, size: int = 2000) -> str:
        """Announce a picture with its bytes; return its uuid."""
        return self.ask(
            """
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 64;
            const brush = canvas.getContext("2d");
            brush.fillStyle = "#" + Math.random().toString(16).slice(2, 8).padEnd(6, "0");
            brush.fillRect(0, 0, 64, 64);
            const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
            // What follows the picture's end is no part of it, but of its bytes.
            const rest = new Uint8Array(arg[1]);
            for (let at = 0; at < rest.length; at += 65536) {
                crypto.getRandomValues(rest.subarray(at, at + 65536));
            }
            const bytes = await new Blob([blob, rest]).arrayBuffer();
            const uuid = crypto.randomUUID();
            const hash = await crypto.subtle.digest("SHA-256", bytes);
            const sha256 = [...new Uint8Array(hash)].map(
                (byte) => byte.toString(16).padStart(2, "0")).join("");
            await store.perform("photo", store.mission(arg[0]), {uuid, kind: "photo", sha256},
                {blob: {uuid, bytes, mimetype: "image/jpeg"}});
            return uuid;
            """,
            [mission, size],
        )

    def outbox(self, page=None) -> list[dict]:
        """Return the operations on the disk."""
        return self.ask("return store.database.all('ops');", None, page)

    def blobs(self) -> list[str]:
        """Return the pictures on the disk."""
        return self.ask("return store.database.keys('blobs');")

    def status(self) -> str:
        """Return how the last sending went."""
        return self.ask("return store.status;")

    def mission(self, mission: int, page=None) -> dict:
        """Return a mission as the screen shows it."""
        return self.ask("return store.mission(arg);", mission, page)

    def wait_status(self, *wanted: str, patience: float = 40) -> str:
        """Wait until the app says one of these."""
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            if (state := self.status()) in wanted:
                return state
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the app says {state}, not {wanted}")

    def sync(self) -> str:
        """Send and pull once; return how it went."""
        return self.ask("await store.sync(); return store.status;")

    def settle(self, patience: float = 60) -> None:
        """Send until nothing is left."""
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            if self.sync() == "online" and not self.outbox() and not self.blobs():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not sent: {self.status()} {self.outbox()} {self.blobs()}")

    def tap(self, name: str) -> None:
        """Tap a button by its words."""
        self.page.get_by_role("button", name=re.compile(name)).first.tap()

    def draw(self) -> None:
        """Draw a line on the pad, once it has come to rest and takes ink."""
        pad, mouse = self.page.locator("canvas"), self.page.mouse
        pad.scroll_into_view_if_needed()
        for _try in range(20):
            box = pad.bounding_box()
            mouse.move(box["x"] + 20, box["y"] + 20)
            mouse.down()
            mouse.move(box["x"] + 90, box["y"] + 60, steps=5)
            mouse.up()
            if pad.evaluate(
                "(one) => one.getContext('2d').getImageData(0, 0, one.width, one.height)"
                ".data.some((value) => value < 200)"
            ):
                return
            self.page.wait_for_timeout(100)
        hit = pad.evaluate(
            "(one) => { const box = one.getBoundingClientRect();"
            " return document.elementFromPoint(box.x + 20, box.y + 20)?.outerHTML.slice(0, 200); }"
        )
        raise AssertionError(f"the pad takes no ink: {box}, under the pen is {hit}")

    def cached(self) -> list[str]:
        """Return the names of the app's caches."""
        return self.page.evaluate(
            "caches.keys().then((all) => all.filter((n) => n.startsWith('field-app-')))"
        )
