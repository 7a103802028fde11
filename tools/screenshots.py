"""Draw the suite's main screens into docs/screenshots, as each person sees them.

    python tools/screenshots.py http://127.0.0.1:8069

Needs a running demo (`make serve`), Chromium and Playwright. Each screen is drawn at desktop and
at phone size; pictures are reduced to 128 colours so that they stay small.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
SIZES = {"desktop": (1400, 900), "phone": (390, 844)}
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--hide-scrollbars",
)


@dataclass(frozen=True)
class Shot:
    """One screen.

    :param name: of its files; ``login``: who looks at it (also the password)
    :param path: below the server's address
    :param wait: selector that says the screen is there
    :param clicks: selectors clicked before the picture; the last one opens ``then``
    :param then: selector that says that the clicks are done
    :param dark: drawn in dark mode, too
    :param offline: opened once, then without network: nothing that is clicked reaches the server
    """

    name: str
    login: str
    path: str
    wait: str
    clicks: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ("desktop", "phone")
    then: str = ""
    dark: bool = False
    offline: bool = False

    def name_in(self, scheme: str) -> str:
        """Return the name of its file in a colour scheme."""
        return f"{self.name}-dark" if scheme == "dark" else self.name


def _app(name: str, path: str, wait: str, *clicks: str, then: str = "") -> Shot:
    """One screen of the technician's app, light and dark."""
    return Shot(f"app-{name}", "technician", path, wait, clicks, ("phone",), then, True, True)


ROW = ".o_data_row .o_data_cell, .o_kanban_record:not(.o_kanban_ghost)"
FORM = ".o_form_view .o_form_sheet, .o_form_view .o_form_sheet_bg"
# A cell of text: stars and tick boxes do something else when they are clicked.
FIRST = (".o_data_row .o_data_cell:nth-child(4), .o_kanban_record:not(.o_kanban_ghost)",)
GROUP = f".o_group_header, {ROW}"
# A mission of the app that is still to do, and the panel with the box on it.
CARD = ".f-card:not(.f-card-done)"
BOX = ".f-panel-head button:has(path[d^='M4 8l8-4'])"
PATIENCE = 60_000

SHOTS: tuple[Shot, ...] = (
    Shot("missions", "planner", "/odoo/field-missions", ROW),
    Shot("mission", "planner", "/odoo/field-to-validate", ROW, FIRST),
    Shot("tray", "planner", "/odoo/field-tray", f".o_calendar_view .fc-event, {ROW}"),
    Shot("import", "planner", "/odoo/field-imports", ROW, FIRST),
    Shot("board", "planner", "/odoo/field-board", ".o_field_board, .o_field_board_agenda"),
    Shot(
        *("calendar", "planner", "/odoo/field-missions?view_type=calendar", ".fc-event"),
        sizes=("desktop",),
    ),
    Shot("map", "planner", "/odoo/field-tour-map", ".o_field_map[data-ready]"),
    Shot("day", "planner", "/odoo/field-day", ".o_field_day"),
    Shot("load", "planner", "/odoo/field-load", ".o_field_load table"),
    Shot(
        *("publish", "planner", "/odoo/field-publish", ".o_form_view .o_data_row"),
        sizes=("desktop",),
    ),
    Shot("urgent", "planner", "/odoo/field-urgents", ROW, FIRST),
    Shot("to-reassign", "planner", "/odoo/field-to-reassign", ROW),
    Shot("obligations", "planner", "/odoo/field-obligations", ROW),
    Shot("offers", "planner", "/odoo/field-offers", ROW),
    Shot("site", "planner", "/odoo/field-sites", ROW, FIRST),
    Shot("equipment", "planner", "/odoo/field-equipment", ROW, FIRST),
    Shot("team", "planner", "/odoo/field-teams", ROW, FIRST),
    Shot("travel", "planner", "/odoo/field-travel-learned", GROUP, (), ("desktop",)),
    Shot("optimisation", "planner", "/odoo/field-optimisation", ROW, FIRST),
    Shot("tours", "planner", "/odoo/field-tours", GROUP),
    Shot(
        *("tour", "planner", "/odoo/field-tours", ".o_group_header"),
        (".o_group_header", *FIRST),
        ("desktop",),
    ),
    Shot("tour", "planner", "/odoo/field-tours", ROW, FIRST, ("phone",)),
    Shot("sites", "planner", "/odoo/field-sites", ROW),
    Shot("my-missions", "technician", "/odoo/my-missions", ROW),
    _app("day", "/field", CARD),
    _app("mission", "/field", CARD, CARD, then=".f-mission"),
    _app("checklist", "/field", CARD, CARD, ".f-steps .f-button-main", then=".f-check"),
    _app("materials", "/field", CARD, CARD, BOX, then=".f-panel-body .f-input"),
    _app("outbox", "/field/out", ".f-row"),
    _app("diagnostics", "/field/dia", ".f-facts"),
    Shot("to-bill", "accountant", "/odoo/field-charges", ROW),
    Shot("zones", "manager", "/odoo/field-zone-proposals", ROW, FIRST),
    Shot("service-type", "manager", "/odoo/field-service-types", ROW, FIRST),
    Shot("checklist", "manager", "/odoo/field-checklists", ROW, FIRST),
    Shot("contract", "manager", "/odoo/field-contracts", ROW, FIRST),
    Shot("dossiers", "manager", "/odoo/field-dossiers", ROW),
    Shot("portal", "customer", "/my/missions", "main"),
)


def chromium() -> str:
    """The browser's path: CHROMIUM, else what the system holds."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    if not found:
        raise SystemExit("Chromium is missing: install it, or say where it is in CHROMIUM.")
    return found


def log_in(page, url: str, login: str) -> None:
    """Fill the login form of a fresh browser context."""
    page.goto(f"{url}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("form.oe_login_form button[type=submit]")
    # The first page of a fresh database builds the scripts and styles: about a minute.
    page.wait_for_url(lambda address: "/web/login" not in address, timeout=PATIENCE)
    page.wait_for_selector(".o_web_client .o_main_navbar, #wrapwrap", timeout=PATIENCE)


def draw(page, url: str, shot: Shot, target: Path) -> None:
    """Go to a screen, wait until it is there, and keep its picture."""
    page.goto(f"{url}{shot.path}")
    page.wait_for_selector(shot.wait, state="visible", timeout=PATIENCE)
    for selector in shot.clicks:
        page.wait_for_selector(selector, state="visible", timeout=PATIENCE)
        page.locator(selector).first.dispatch_event("click")
        page.wait_for_timeout(600)
    if shot.clicks:
        page.wait_for_selector(shot.then or FORM, state="visible", timeout=PATIENCE)
    # Pictures and fonts come after the screen itself.
    page.wait_for_timeout(1200)
    picture = Image.open(io.BytesIO(page.screenshot()))
    small = picture.convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT)
    target.parent.mkdir(parents=True, exist_ok=True)
    small.save(target, optimize=True)


def leave_network(page, url: str) -> None:
    """Open the technician's app until it is kept on the phone, then cut the network."""
    page.goto(f"{url}/field")
    page.wait_for_selector(".f-status-good", timeout=PATIENCE)
    page.wait_for_function("navigator.serviceWorker.controller", timeout=PATIENCE)
    page.context.set_offline(True)


def visits(only: str) -> Iterator[tuple[str, str, str, bool, list[Shot]]]:
    """Yield ``(size, login, scheme, offline, shots)``: what one browser context draws."""
    for size in SIZES:
        for scheme in ("light", "dark"):
            shots = [
                shot
                for shot in SHOTS
                if size in shot.sizes
                and shot.name.startswith(only)
                and (scheme == "light" or shot.dark)
            ]
            for login, offline in dict.fromkeys((shot.login, shot.offline) for shot in shots):
                yield (
                    *(size, login, scheme, offline),
                    [s for s in shots if (s.login, s.offline) == (login, offline)],
                )


def main(url: str, folder: Path = FOLDER, only: str = "") -> list[Path]:
    """Draw every shot whose name starts with ``only``.

    :param url: address of the running suite, without a slash at its end
    :return: the files written
    """
    from playwright.sync_api import sync_playwright

    written = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for size, login, scheme, offline, shots in visits(only):
            width, height = SIZES[size]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale="fr-FR",
                timezone_id="Europe/Paris",
                is_mobile=size == "phone",
                has_touch=size == "phone",
                color_scheme=scheme,
            )
            page = context.new_page()
            log_in(page, url, login)
            if offline:
                leave_network(page, url)
            for shot in shots:
                target = folder / f"{shot.name_in(scheme)}-{size}.png"
                draw(page, url, shot, target)
                written.append(target)
                print(f"  {target.name}  {target.stat().st_size // 1024} kB", flush=True)
            context.close()
        browser.close()
    return written


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), only=sys.argv[2] if len(sys.argv) > 2 else "")
