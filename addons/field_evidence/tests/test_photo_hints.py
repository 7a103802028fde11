import io
import random
from datetime import datetime

from PIL import ExifTags, Image, ImageDraw

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, no_retry, tagged

from .common import FieldEvidenceCommon


def place(seed):
    """Return a picture with enough in it to be told from others."""
    rng = random.Random(seed)
    picture = Image.new("RGB", (640, 480), "grey")
    draw = ImageDraw.Draw(picture)
    for _number in range(60):
        x, y = rng.randrange(-60, 640), rng.randrange(-60, 480)
        color = tuple(rng.randrange(256) for _channel in range(3))
        draw.rectangle((x, y, x + rng.randrange(20, 200), y + rng.randrange(20, 200)), fill=color)
    return picture


def encode(picture, quality=80, date=None, at=None):
    exif = Image.Exif()
    if date:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = date
    if at:
        gps = {1: "N", 2: (at[0], 0.0, 0.0), 3: "W", 4: (at[1], 0.0, 0.0)}
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, exif=exif)
    return buffer.getvalue()


@tagged("post_install", "-at_install")
class TestPhotoHints(FieldEvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.planner, cls.manager):
            user.lang = "en_US"
        cls.env["field.photo"].search([]).to_examine = False
        cls.first, cls.second = cls._visit(), cls._visit()

    @classmethod
    def _visit(cls):
        mission = cls._planned()
        mission.with_user(cls.tech_user).action_arrive(at="2026-11-30 08:05:00")
        return mission

    def _photo(self, mission, data, **values):
        announced = {"uuid": f"{random.getrandbits(128):032x}", **values}
        uuid = mission.with_user(self.tech_user).action_add_photo(
            announced, at="2026-11-30 08:10:00"
        )
        photos = self.env["field.photo"].with_user(self.tech_user)
        photos._receive(uuid, data)
        return self.env["field.photo"].search([("uuid", "=", uuid)])

    def _examine(self):
        photos = self.env["field.photo"].search(
            [("to_examine", "=", True), ("state", "=", "received")], order="id"
        )
        photos._examine()

    def _hints(self, mission, user=None):
        hints = mission.with_user(user or self.planner).photo_hint_ids
        return hints.sorted("id")

    # ------------------------------------------------------------------ what is found

    def test_a_picture_used_before_is_found_whatever_its_encoding(self):
        picture = place(1)
        before = self._photo(self.first, encode(picture), caption="Boiler")
        self._examine()
        again = self._photo(self.second, encode(picture.resize((500, 375)), 60))
        same = self._photo(self.second, encode(picture))
        self._photo(self.second, encode(place(2)))
        self._examine()
        hints = self._hints(self.second)
        self.assertEqual(hints.photo_id, again | same)
        self.assertEqual(set(hints.mapped("kind")), {"reused"})
        self.assertEqual(hints.other_photo_id, before)
        by_photo = {hint.photo_id: hint for hint in hints}
        self.assertFalse(by_photo[again].same_bytes)
        self.assertTrue(by_photo[same].same_bytes)
        self.assertIn(self.first.name, by_photo[again].reason)
        self.assertIn("Shows the same picture", by_photo[again].reason)
        self.assertIn("The same file", by_photo[same].reason)
        self.assertFalse(self._hints(self.first))

    def test_the_later_photo_is_meant_even_where_the_earlier_arrives_last(self):
        data = encode(place(3))
        early, late = (
            mission.with_user(self.tech_user).action_add_photo(
                {"uuid": f"{number:032x}"}, at="2026-11-30 08:10:00"
            )
            for number, mission in ((7, self.first), (8, self.second))
        )
        photos = self.env["field.photo"].with_user(self.tech_user)
        photos._receive(late, data)
        self._examine()
        self.assertFalse(self._hints(self.second))
        photos._receive(early, data)
        self._examine()
        self.assertEqual(self._hints(self.second).other_photo_id.uuid, early)
        self.assertFalse(self._hints(self.first))

    def test_within_a_visit_only_one_file_for_two_moments_counts(self):
        picture = place(4)
        self._photo(self.first, encode(picture, 80), stage="before")
        self._photo(self.first, encode(picture, 70), stage="after")
        self._examine()
        # Alike, as shots of one thing from one spot are.
        self.assertFalse(self._hints(self.first))
        self._photo(self.first, encode(picture, 80), stage="before")
        self._examine()
        self.assertFalse(self._hints(self.first))
        self._photo(self.first, encode(picture, 80), stage="after")
        self._examine()
        [hint] = self._hints(self.first)
        self.assertIn("two moments or checks", hint.reason)

    def test_other_companies_are_not_compared(self):
        company = self.env["res.company"].create({"name": "Other"})
        data = encode(place(5))
        photo = self._photo(self.first, data)
        self._examine()
        self.env["field.photo.trace"].search([("photo_id", "=", photo.id)]).company_id = company
        self._photo(self.second, data)
        self._examine()
        self.assertFalse(self._hints(self.second))

    def test_a_plain_picture_is_compared_by_its_bytes_alone(self):
        plain = Image.new("RGB", (640, 480), "beige")
        self._photo(self.first, encode(plain, 80))
        self._photo(self.second, encode(plain, 50))
        self._examine()
        self.assertFalse(self._hints(self.second))

    def test_the_date_is_the_files_or_what_the_app_read_of_it(self):
        told = self._photo(self.first, encode(place(6)), taken="2026-10-02 14:05:00")
        read = self._photo(self.first, encode(place(7), date="2026:10:02 14:05:00"))
        self._photo(self.first, encode(place(8)), taken="2026-11-29 20:00:00")
        self._photo(self.first, encode(place(9)))
        for taken in ("2026-13-45 99:00:00", "yesterday", 7, None):
            self._photo(self.first, encode(place(10)), taken=taken)
        self._examine()
        hints = self._hints(self.first).filtered(lambda hint: hint.kind == "old")
        self.assertEqual(hints.photo_id, told | read)
        # Paris in summer is two hours ahead.
        self.assertEqual(set(hints.photo_id.mapped("picture_date")), {datetime(2026, 10, 2, 12, 5)})
        self.assertIn("58 day(s)", hints[0].reason)

    def test_where_it_was_taken_counts_only_where_positions_are_asked_for(self):
        for mode, expected in (("off", 0), ("presence", 2)):
            with self.subTest(mode=mode):
                mission = self._visit()
                self.company.field_position_mode = mode
                read = self._photo(mission, encode(place(11), at=(47.0, 4.0)))
                told = self._photo(mission, encode(place(12)), distance=5200)
                self._photo(mission, encode(place(13)), distance=900)
                self._photo(mission, encode(place(14)), distance=-3)
                self._photo(mission, encode(place(15)), distance="far")
                self._examine()
                hints = self._hints(mission).filtered(lambda hint: hint.kind == "far")
                self.assertEqual(len(hints), expected)
                if expected:
                    self.assertEqual(hints.photo_id, read | told)
                    self.assertIn("5.2 km", hints[1].reason)
                    self.assertAlmostEqual(read.picture_distance / 1000, 111.4, delta=0.5)
                else:
                    self.assertEqual({read.picture_distance, told.picture_distance}, {-1})

    def test_the_gallery_is_named(self):
        chosen = self._photo(self.first, encode(place(16)), origin="gallery")
        self._photo(self.first, encode(place(17)), origin="camera")
        self._photo(self.first, encode(place(18)), origin="elsewhere")
        self._examine()
        [hint] = self._hints(self.first)
        self.assertEqual((hint.kind, hint.photo_id), ("gallery", chosen))

    def test_each_photo_is_examined_once(self):
        self._photo(self.first, encode(place(19)), origin="gallery")
        self._photo(self.first, encode(place(20)), kind="document", origin="gallery")
        self._examine()
        self.assertEqual(len(self._hints(self.first)), 1)
        self.assertFalse(self.first.photo_ids.filtered("to_examine"))
        self._examine()
        self.assertEqual(len(self._hints(self.first)), 1)

    def test_the_run_looks_at_everything(self):
        for number in range(3):
            self._photo(self.first, encode(place(30 + number)), origin="gallery")
        cron = self.env.ref("field_evidence.ir_cron_examine_photos")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(len(self._hints(self.first)), 3)

    def test_the_sealed_dossier_does_not_change(self):
        self._photo(self.first, encode(place(21)), origin="gallery")
        count = len(self._journal(self.first))
        self._examine()
        self.assertEqual(len(self._journal(self.first)), count)
        self.assertIntact(self.first)

    def test_queries_do_not_grow(self):
        def batch(number, size):
            for index in range(size):
                self._photo(
                    (self.first, self.second)[index % 2],
                    encode(place(100 * number + index // 2)),
                    origin="gallery",
                )
            photos = self.env["field.photo"].search(
                [("to_examine", "=", True), ("state", "=", "received")], order="id"
            )
            self.assertEqual(len(photos), size)
            self.env.cr.flush()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            photos._examine()
            self.env.cr.flush()
            return self.cr.sql_log_count - before

        batch(1, 2)
        one, many = batch(2, 1), batch(3, 24)
        self.assertLessEqual(many - one, 2, f"{one} queries for 1, {many} for 24")
        reused = self._hints(self.second).filtered(lambda hint: hint.kind == "reused")
        self.assertEqual(len(reused), 13)
        names = ["kind", "reason", "mission_id", "dismissed"]
        counts = []
        for some in (reused[:1], reused):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some.read(names)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 3, counts)

    def test_each_look_up_has_its_index(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'field_photo_trace'")
        found = " ".join(row[0] for row in self.env.cr.fetchall())
        for column in ("band_1", "band_2", "band_3", "band_4", "sha256"):
            self.assertIn(f"(company_id, {column})", found)

    # ------------------------------------------------------------------ who sees and dismisses

    def _hint(self):
        self._photo(self.first, encode(place(23)), origin="gallery")
        self._examine()
        return self._hints(self.first)

    def test_only_the_office_reads_them(self):
        hint = self._hint()
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                hint.with_user(user).read(["reason"])
            self.assertFalse(self.env["field.photo.hint"].with_user(user).has_access("read"))
        for user in (self.planner, self.manager):
            self.assertTrue(hint.with_user(user).reason)
        mission = self.first.with_user(self.tech_user)
        self.assertNotIn("photo_hint_ids", mission.fields_get())
        self.assertNotIn("hint_ids", mission.photo_ids.fields_get())
        with self.assertRaises(AccessError):
            mission.read(["photo_hint_ids"])
        [shown] = mission._get_app_values()
        self.assertNotIn("hint", str(shown))
        self.assertNotIn("gallery", str(shown["photos"]))

    def test_another_company_reads_none(self):
        hint = self._hint()
        company = self.env["res.company"].create({"name": "Other"})
        other = self._user("other_manager", "field_mission.group_field_manager")
        other.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(self.env["field.photo.hint"].with_user(other).search([]))
        with self.assertRaises(AccessError):
            hint.with_user(other).action_dismiss("Fine")

    def test_a_manager_dismisses_with_a_reason_that_stays(self):
        hint = self._hint()
        for user in (self.planner, self.tech_user, self.customer_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                hint.with_user(user).action_dismiss("Fine")
        mine = hint.with_user(self.manager)
        for reason in ("", "  ", None, 4):
            with self.assertRaisesRegex(UserError, "why it is nothing"):
                mine.action_dismiss(reason)
        action = mine.action_ask_dismissal()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({"reason": "Agreed with the customer"})
        )
        wizard.action_apply()
        self.assertRecordValues(
            hint,
            [
                {
                    "dismissed": True,
                    "dismissed_reason": "Agreed with the customer",
                    "dismissed_by_id": self.manager.id,
                    "kind": "gallery",
                }
            ],
        )
        with self.assertRaisesRegex(UserError, "dismissed already"):
            mine.action_dismiss("Something else")
        for change in (lambda: mine.write({"dismissed": False}), mine.unlink):
            with self.assertRaises(AccessError):
                change()
        missions = self.env["field.mission"].with_user(self.planner)
        domain = [("id", "=", self.first.id), ("photo_hint_ids.dismissed", "=", False)]
        self.assertFalse(missions.search(domain))


@tagged("post_install", "-at_install")
class TestEvidenceAppUnit(HttpCase):
    @no_retry
    def test_hoot(self):
        """What the app reads of a photo's file, in the browser."""
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&tag=field_evidence_app",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
        )
