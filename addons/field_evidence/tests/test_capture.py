import hashlib
import io
import json

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.field_mission.tests.common import jpeg

from .common import FieldEvidenceCommon

TEXTS = [{"key": "statement", "text": "Réparé", "title": "Constat"}]


def digest(texts):
    # What the phone hashes.
    canonical = json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@tagged("post_install", "-at_install")
class TestCapture(FieldEvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.planner, cls.manager, cls.tech_user, cls.tech2_user, cls.sub_user):
            user.lang = "en_US"
        cls.mission = cls._planned(description="The boiler leaks", customer_reference="PO-77")
        cls.work = cls.mission.with_user(cls.tech_user)
        cls.work.action_arrive(at="2026-11-30 08:05:00")

    def _apply(self, kind, payload, user=None, uuid="e" * 32):
        [answer] = (
            self.env["field.operation"]
            .with_user(user or self.tech_user)
            .action_apply(
                [
                    {
                        "uuid": uuid,
                        "kind": kind,
                        "mission_id": self.mission.id,
                        "payload": payload,
                        "at": "2026-11-30 08:06:00",
                    }
                ]
            )
        )
        return answer

    def _sign(self, **values):
        drawing = self._send_photo(self.mission, kind="drawing", data=jpeg("white"))
        values = {"name": "Mme Leroy", "quality": "Caretaker", "drawing": drawing.uuid, **values}
        return self.env["field.signature"].browse(self.work.action_sign(values))

    # ------------------------------------------------------------------ signatures

    def test_agreement_and_statement_are_apart(self):
        agreed = self._sign(kind="before_work")
        stated = self._sign(kind="after_work")
        self.assertEqual(agreed.texts[0]["key"], "agreement")
        self.assertIn("The boiler leaks", agreed.texts[0]["text"])
        self.assertIn("PO-77", agreed.texts[0]["text"])
        self.assertEqual(stated.texts[0]["key"], "statement")
        self.assertEqual(agreed.texts_sha256, digest(agreed.texts))

    def test_what_was_shown_is_what_is_signed(self):
        signed = self._sign(texts=TEXTS, texts_sha256=digest(TEXTS))
        self.assertEqual(signed.texts, TEXTS)
        line = self._line(self.mission, "signature")
        self.assertEqual(self._data(line)["texts_sha256"], digest(TEXTS))
        with self.assertRaisesRegex(UserError, "not those that arrived"):
            self._sign(texts=TEXTS, texts_sha256="0" * 64)
        for texts in ("text", [1], [{"key": "a"}], [{**TEXTS[0], "text": 1}], TEXTS * 41):
            with self.subTest(texts=str(texts)[:20]), self.assertRaisesRegex(UserError, "read"):
                self._sign(texts=texts)

    def test_a_signature_says_which_version_it_covers(self):
        first = self._sign()
        self.assertFalse(first.coverage)
        self.work.action_set_conclusion("Valve replaced")
        self.env.invalidate_all()
        self.assertIn("version 1 of 2", first.coverage)
        second = self._sign()
        self.env.invalidate_all()
        self.assertIn("version 1 of 2", first.coverage)
        self.assertFalse(second.coverage)
        [shown] = self.work._get_app_values()
        self.assertIn("version 1 of 2", shown["signatures"][0]["coverage"])

    def test_the_office_reads_what_a_signature_covers(self):
        signatures = self.env["field.signature"].with_user(self.planner)
        for kind in ("kanban", "form"):
            with self.subTest(kind=kind):
                self.assertIn('name="coverage"', signatures.get_view(view_type=kind)["arch"])

    def test_an_absence_needs_its_reason(self):
        self.work.action_sign({"kind": "before_work", "refusal_reason": "Nobody there: keys"})
        self.assertEqual(self.mission.signature_ids.refusal_reason, "Nobody there: keys")
        with self.assertRaises(UserError):
            self.work.action_sign({"kind": "after_work"})

    # ------------------------------------------------------------------ photos

    def test_a_caption_added_later_is_sealed_as_a_new_version(self):
        photo = self._send_photo(self.mission, stage="before")
        answer = self._apply(
            "photo.describe", {"uuid": photo.uuid, "caption": "Leak", "stage": "after"}
        )
        self.assertEqual(answer["state"], "applied", answer)
        self.assertEqual((photo.caption, photo.stage), ("Leak", "after"))
        self.assertEqual(self._data(self._line(self.mission, "photo"))["caption"], "Leak")
        self.assertIntact(self.mission)

    def test_nobody_describes_the_photo_of_somebody_else(self):
        self.mission.helper_ids = self.tech2
        photo = self._send_photo(self.mission, stage="before")
        answer = self._apply(
            "photo.describe", {"uuid": photo.uuid, "caption": "No"}, user=self.tech2_user
        )
        self.assertEqual(answer["state"], "rejected")
        self.assertFalse(photo.caption)

    # ------------------------------------------------------------------ positions

    def _position(self, mode, **payload):
        self.company.field_position_mode = mode
        answer = self._apply("evidence.position", {"moment": "arrive", "on_site": True, **payload})
        return answer, self.env["field.position"].search([("mission_id", "=", self.mission.id)])

    def test_nothing_is_kept_where_the_company_does_not_ask(self):
        answer, positions = self._position("off", latitude=48.0, longitude=-4.1)
        self.assertEqual(answer["state"], "applied")
        self.assertFalse(positions)

    def test_presence_holds_no_coordinates(self):
        _answer, position = self._position("presence", latitude=48.0, longitude=-4.1)
        self.assertTrue(position.on_site)
        self.assertEqual((position.latitude, position.longitude), (0, 0))

    def test_coordinates_where_they_are_needed(self):
        _answer, position = self._position("coordinates", latitude=48.00012, longitude=-4.1)
        self.assertEqual((position.latitude, position.longitude), (48.00012, -4.1))

    def test_a_malformed_position_is_refused_alone(self):
        answer, positions = self._position("presence", moment="always")
        self.assertEqual(answer["state"], "rejected")
        self.assertFalse(positions)

    def test_who_sees_positions(self):
        _answer, position = self._position("presence")
        for user, seen in (
            (self.tech_user, position),
            (self.tech2_user, position.browse()),
            (self.planner, position.browse()),
            (self.manager, position),
            (self.sub_user, position.browse()),
            (self.customer_user, position.browse()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(position.with_user(user).search([]), seen)
        with self.assertRaises(AccessError):
            position.with_user(self.office).search([])
        with self.assertRaises(AccessError):
            position.with_user(self.tech_user).on_site = False


@tagged("post_install", "-at_install")
class TestThumbnail(FieldEvidenceCommon, HttpCase):
    def _get(self, user, uuid):
        user.password = "thumbnail-1"
        self.authenticate(user.login, "thumbnail-1")
        return self.url_open(f"/field/api/thumbnail/{uuid}", allow_redirects=False)

    def test_thumbnails_of_one_s_own_missions(self):
        mission = self._work()
        photo = self._send_photo(mission, data=jpeg("red", (1600, 1200)))
        answer = self._get(self.tech_user, photo.uuid)
        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
        with Image.open(io.BytesIO(answer.content)) as picture:
            self.assertEqual(picture.size, (240, 180))
        for user in (self.tech2_user, self.sub_user, self.customer_user):
            with self.subTest(user=user.login):
                self.assertEqual(self._get(user, photo.uuid).status_code, 404)
        drawing = mission.photo_ids.filtered(lambda one: one.kind == "drawing")
        self.assertEqual(self._get(self.tech_user, drawing.uuid).status_code, 404)
