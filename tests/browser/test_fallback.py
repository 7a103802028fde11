"""A mission from arrival to its end in Odoo's ordinary client on a phone, without the app."""

import contextlib
import io
import os
import re
from datetime import datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import TimeoutError

pytestmark = pytest.mark.parametrize("screen", ["phone"], indirect=True)

MATERIAL, TIME, REPORT, SIGNATURE, PHOTO = (
    "fa-cubes", "fa-clock-o", "fa-pencil", "fa-pencil-square-o", "fa-camera",
)  # fmt: skip
MODAL = ".modal-dialog"


class Visit:
    """One mission's page in the ordinary client."""

    def __init__(self, screen, mission_id):
        self.screen, self.page, self.mission_id = screen, screen.page, mission_id
        self.places = 0

    def open(self):
        """Open the mission from the list of one's own, as a technician does."""
        self.page.goto(f"{self.screen.url}/odoo/my-missions/{self.mission_id}")
        self.page.wait_for_selector(".o_field_my_form")
        self.look("mission")

    def look(self, name):
        """Nothing may stick out, and nothing may have gone wrong."""
        self.screen.settle()
        if folder := os.environ.get("FIELD_SHOTS"):
            self.page.screenshot(path=f"{folder}/{name}.png")
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        assert not self.page.query_selector(".o_error_dialog")
        assert not self.screen.errors, f"{name}: {self.screen.errors}"

    def press(self, name):
        """Press a button of the mission."""
        self.page.locator(f".o_field_my_form button[name={name}]").first.click()
        self.screen.settle()

    def dialog(self, icon):
        """Open one of the dialogs, by its icon: words depend on the language."""
        for _attempt in range(3):
            # The client drops a tap that comes while the page behind a dialog is loaded again.
            self.page.locator(f".o_field_actions_small button:has(.{icon})").click()
            with contextlib.suppress(TimeoutError):
                self.page.wait_for_selector(f"{MODAL} .o_field_dialog", timeout=10000)
                break
        self.screen.settle()

    def field(self, name):
        """Return an input of the dialog."""
        return self.page.locator(f"{MODAL} [name={name}] :is(input, textarea)").first

    def save(self, name="action_save"):
        """Press the dialog's button and wait until it is gone."""
        self.page.locator(f"{MODAL} button[name={name}]").click()
        self.page.wait_for_selector(MODAL, state="detached")
        self.screen.settle()

    def answer_all(self):
        """Answer one check after the other; return the titles of the dialogs."""
        titles = []
        self.press("action_answer_next")
        self.page.wait_for_selector(f"{MODAL} .o_field_dialog")
        while self.page.locator(MODAL).count():
            self.page.wait_for_selector(f"{MODAL} .o_field_dialog")
            self.screen.settle()
            titles.append(self.page.locator(f"{MODAL} .modal-title").inner_text())
            self._answer()
            self.look(f"check-{len(titles)}")
            question = self.page.locator(f"{MODAL} h3").inner_text()
            self.page.locator(f"{MODAL} button[name=action_answer_next]").click()
            self.page.wait_for_function(
                "(former) => document.querySelector('.modal-dialog h3')?.innerText !== former",
                arg=question,
            )
            assert len(titles) < 60
        self.screen.settle()
        return titles

    def _answer(self):
        badges = self.page.locator(
            f"{MODAL} :is([name=value_yesno], [name=choice_id]) .o_selection_badge:visible"
        )
        if badges.count():
            badges.first.click()
        elif self.field("value_number").is_visible():
            self.field("value_number").fill("1,5")
        elif self.field("value_text").is_visible():
            self.field("value_text").fill("Vu")
        else:
            # A photo or a signature: not here.
            self.page.locator(f"{MODAL} [name=is_na] input").click()

    def add_time(self):
        """Add half an hour on the road, on a day when no other run of the test did."""
        day = datetime(2000, 1, 1) + timedelta(days=self.mission_id)
        self.dialog(TIME)
        self.page.locator(f"{MODAL} [name=kind] input[type=radio]").first.check()
        for name, hour in (("start", "10:00:00"), ("stop", "10:30:00")):
            # A button until it is touched.
            self.page.locator(f"{MODAL} [name={name}] :is(button, input)").first.click()
            self.field(name).fill(f"{day:%d/%m/%Y} {hour}")
            self.field(name).press("Enter")
        self.look("time")
        self.save()

    def add_material(self):
        """Add a part in words."""
        self.dialog(MATERIAL)
        self.field("description").fill("Joint de 12 mm")
        self.field("quantity").fill("2,5")
        self.look("material")
        self.save()

    def report(self):
        """Write what was done."""
        self.dialog(REPORT)
        self.page.locator(f"{MODAL} textarea").first.fill("Tout est en ordre")
        self.look("report")
        self.save()

    def add_photo(self):
        """Add a photo."""
        self.dialog(PHOTO)
        buffer = io.BytesIO()
        Image.new("RGB", (320, 240), "navy").save(buffer, "JPEG")
        picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
        self.page.locator(f"{MODAL} input[type=file]").first.set_input_files(picture)
        self.page.wait_for_timeout(1000)
        self.look("photo")
        self.save("action_add")

    def sign(self):
        """Say why nobody signs."""
        self.dialog(SIGNATURE)
        self.page.locator(f"{MODAL} [name=is_refused] input").click()
        self.field("refusal_reason").fill("Client absent")
        self.look("signature")
        self.save("action_sign")


def test_a_mission_is_done_without_the_app(screen, office, people, missions):
    """Checks, a time, a material, a photo, the report, the signature and the end."""
    (mission_id,) = missions(1)
    screen.log_in(*people["technician"])
    visit = Visit(screen, mission_id)
    visit.open()
    visit.press("action_arrive")
    screen.page.wait_for_selector("button[name=action_answer_next]")
    titles = visit.answer_all()
    assert re.search(rf"\b1 / {len(titles)}\b", titles[0]), titles
    assert re.search(rf"\b{len(titles)} / {len(titles)}\b", titles[-1]), titles
    visit.add_time()
    visit.add_material()
    visit.report()
    visit.add_photo()
    visit.sign()
    visit.press("action_done")
    screen.page.wait_for_selector(".o_field_my_form .alert-success")
    visit.look("done")

    (mission,) = office.call("field.mission", "read", [mission_id], ["state", "conclusion"])
    assert (mission["state"], mission["conclusion"]) == ("done", "Tout est en ordre")
    domain = [("mission_id", "=", mission_id)]
    checks = office.call(
        "field.mission.check", "search_read", [*domain, ("kind", "!=", "section")], ["result"]
    )
    assert len(checks) >= len(titles)
    assert sum(check["result"] != "todo" for check in checks) == len(titles)
    times = office.call("field.mission.time", "search_read", domain, ["kind", "duration", "stop"])
    assert ("travel", 0.5) in {(line["kind"], line["duration"]) for line in times}
    assert all(line["stop"] for line in times)
    lines = office.call(
        "field.mission.material", "search_read", [*domain, ("quantity", ">", 0)],
        ["description", "quantity"],
    )  # fmt: skip
    assert [(line["description"], line["quantity"]) for line in lines] == [("Joint de 12 mm", 2.5)]
    photos = office.call("field.photo", "search_read", [*domain, ("kind", "=", "photo")], ["state"])
    assert "received" in {photo["state"] for photo in photos}
    signs = office.call("field.signature", "search_read", domain, ["refusal_reason"])
    assert [sign["refusal_reason"] for sign in signs] == ["Client absent"]


def test_what_is_missing_is_named_before_the_end(screen, people, missions):
    """Finish too early: a sentence that names what is missing, and the mission goes on."""
    (mission_id,) = missions(1)
    screen.log_in(*people["technician"])
    visit = Visit(screen, mission_id)
    visit.open()
    visit.press("action_arrive")
    screen.page.wait_for_selector(".o_field_my_form .alert-warning .o_field_lines")
    visit.press("action_done")
    screen.page.wait_for_selector(".modal .o_error_dialog, .modal-body, .o_notification")
    said = screen.page.locator(".modal-body, .o_notification").first.inner_text()
    first = screen.page.locator(".o_field_my_form [name=check_ids] .o_kanban_record").first
    assert first.inner_text().splitlines()[0] in said
