import csv
import io
import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.field_mission.tests.common import jpeg

from .common import FieldEvidenceCommon


@tagged("post_install", "-at_install")
class TestRetention(FieldEvidenceCommon):
    """What is old enough goes, with a certificate; the dossiers still verify."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.planner, cls.manager):
            user.lang = "en_US"
        cls.company.field_photo_years = 5
        cls.certificates = cls.env["field.purge.certificate"]
        cls.env["field.position"].search([]).unlink()

    def _age(self, missions, years):
        """Let dossiers have been closed years ago."""
        closed = fields.Datetime.now() - timedelta(days=365.25 * years + 1)
        self._force(
            "UPDATE field_evidence_dossier SET closed_date = %s WHERE mission_id = ANY(%s)",
            closed,
            missions.ids,
        )
        for mission in missions:
            years_kept = (
                mission.service_type_id.retention_years or self.company.field_retention_years
            )
            self._sql(
                "UPDATE field_mission SET date_keep_until = %s WHERE id = %s",
                closed.date() + timedelta(days=365.25 * years_kept),
                mission.id,
            )

    def _purge(self):
        return self.certificates._purge_photos(self.company)

    def _position(self, mission, days, user=None):
        return self.env["field.position"].create(
            {
                "mission_id": mission.id,
                "user_id": (user or self.tech_user).id,
                "moment": "arrive",
                "on_site": True,
                "date": fields.Datetime.now() - timedelta(days=days),
            }
        )

    # ------------------------------------------------------------------ photos and files

    def test_bytes_go_with_a_certificate_and_the_dossier_verifies(self):
        old, young = self._done(), self._done(self._planned())
        self._age(old, 5)
        self._age(young, 4)
        photos = old.photo_ids
        names = photos.attachment_id.mapped("store_fname")
        head, count = old.evidence_head, old.evidence_count
        self.assertEqual(self._purge(), len(photos))
        certificate = photos.purge_id
        self.assertEqual(len(certificate), 1)
        self.assertTrue(certificate.name.startswith("CD/"))
        self.assertEqual((certificate.kind, certificate.count), ("photo", len(photos)))
        self.assertEqual(
            certificate.items,
            [
                {
                    "id": old.id,
                    "mission": old.name,
                    "count": count,
                    "head": head,
                    "files": photos.mapped("sha256"),
                }
            ],
        )
        self.assertTrue(all(names))
        self.assertFalse(any(photos.attachment_id.mapped("raw")))
        self.assertTrue(all(young.photo_ids.attachment_id.mapped("raw")))
        self.assertEqual((old.evidence_head, old.evidence_count), (head, count))
        self.assertIntact(old)
        note = old.with_user(self.planner).with_context(lang="en_US").evidence_purge_note
        self.assertIn("purged lawfully on", note)
        self.assertIn(str(certificate.date.year), note)
        self.assertIn(certificate.name, note)
        self.assertFalse(young.evidence_purge_note)
        self.assertEqual(self._purge(), 0)
        # What is made of the mission afterwards does without them.
        self.assertTrue(old._build_dossier()[old.id])
        self.assertTrue(old._make_report())
        self.assertIsNone(old.photo_ids[:1]._get_thumbnail() or None)
        self.assertFalse(old._get_portal_photos())
        self.assertTrue(young._get_portal_photos())
        self.assertFalse(self.env["field.photo.trace"].search([("photo_id", "in", photos.ids)]))

    def test_bytes_that_go_otherwise_are_missed(self):
        mission, other = self._done(), self._done(self._planned())
        self._age(other, 6)
        self._purge()
        photo = mission.photo_ids[:1]
        self._sql(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = NULL WHERE id = %s",
            photo.attachment_id.id,
        )
        self.assertIn("missing", [code for code, _seq in self._codes(mission)])
        # A certificate covers what it names, nothing else.
        self._sql(
            "UPDATE field_photo SET purge_id = %s WHERE id = %s",
            other.photo_ids.purge_id.id,
            photo.id,
        )
        self.assertIn("missing", [code for code, _seq in self._codes(mission)])

    def test_nothing_goes_where_the_company_keeps_everything(self):
        self.company.field_photo_years = 0
        mission = self._done()
        self._age(mission, 80)
        self.assertEqual(self._purge(), 0)

    def test_an_open_dossier_loses_nothing(self):
        mission = self._work()
        self.assertEqual(self._purge(), 0)
        self.assertTrue(all(mission.photo_ids.attachment_id.mapped("raw")))

    def test_the_same_bytes_elsewhere_stay(self):
        mission = self._done()
        same = self.env["ir.attachment"].create({"name": "copy", "raw": jpeg()})
        self.assertIn(same.store_fname, mission.photo_ids.attachment_id.mapped("store_fname"))
        self._age(mission, 6)
        self._purge()
        self.env["ir.attachment"]._gc_file_store_unsafe()
        same.invalidate_recordset()
        self.assertEqual(same.raw, jpeg())

    def test_queries_do_not_grow(self):
        missions = [self._done(self._planned()) for _number in range(5)]

        def purge(some):
            for mission in some:
                self._age(mission, 6)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(self._purge(), 2 * len(some))
            self.env.cr.flush()
            return self.cr.sql_log_count - before

        purge(missions[:1])
        one, many = purge(missions[1:2]), purge(missions[2:])
        self.assertLessEqual(many - one, 1, f"{one} queries for 1, {many} for 3")

    # ------------------------------------------------------------------ legal hold

    def test_a_mission_on_hold_loses_nothing(self):
        mission = self._done()
        self._age(mission, 6)
        position = self._position(mission, 400)
        held = mission.with_user(self.manager)
        held.action_hold("Dispute with the insurer")
        self.assertTrue(held.legal_hold)
        self.assertEqual(self._purge(), 0)
        self.assertEqual(self.certificates._purge_positions(self.company), 0)
        self.assertTrue(position.exists())
        held.action_release_hold("Settled")
        self.assertEqual(self._purge(), len(mission.photo_ids))
        self.assertEqual(self.certificates._purge_positions(self.company), 1)

    def test_what_is_kept_longer_loses_nothing(self):
        """Works are kept ten years, whatever the company says of photos."""
        mission = self._done()
        mission.service_type_id.retention_years = 10
        self._age(mission, 6)
        self.assertEqual(self._purge(), 0)

    # ------------------------------------------------------------------ positions

    def test_positions_go_when_their_time_is_over(self):
        self.company.field_position_days = 60
        mission = self._done()
        old, young = self._position(mission, 61), self._position(mission, 59)
        with self.enter_registry_test_mode():
            self.env.ref("field_evidence.ir_cron_purge").method_direct_trigger()
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())
        certificate = self.certificates.search(
            [("company_id", "=", self.company.id), ("kind", "=", "position")]
        )
        self.assertEqual((certificate.count, certificate.mission_count), (1, 1))
        # Who was where is what was deleted.
        self.assertFalse(certificate.items)
        self.assertEqual(certificate.rule, "60 days")

    def test_the_preview_deletes_nothing(self):
        mission = self._done()
        self._age(mission, 6)
        position = self._position(mission, 400)
        for user in (self.planner, self.tech_user):
            with self.assertRaises(AccessError):
                self.certificates.with_user(user).action_preview()
        told = self.certificates.with_user(self.manager).action_preview()["params"]["message"]
        self.assertIn(f"{len(mission.photo_ids)} photo(s)", told)
        self.assertIn("1 position(s)", told)
        self.assertTrue(position.exists())
        self.assertTrue(all(mission.photo_ids.attachment_id.mapped("raw")))

    # ------------------------------------------------------------------ certificates

    def test_a_certificate_is_kept(self):
        mission = self._done()
        self._age(mission, 6)
        self._purge()
        certificate = mission.photo_ids.purge_id
        for query in (
            "UPDATE field_purge_certificate SET count = 0 WHERE id = %s",
            "DELETE FROM field_purge_certificate WHERE id = %s",
        ):
            self.assertRefusedBySql(query, certificate.id)
        self.assertRefusedBySql("TRUNCATE field_purge_certificate CASCADE")
        for user in (self.env.user, self.manager, self.planner):
            own = certificate.with_user(user)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                own.write({"count": 0})
            with self.subTest(user=user.login), self.assertRaises(UserError):
                own.unlink()
        for user in (self.tech_user, self.customer_user, self.office):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                certificate.with_user(user).read(["name"])
        with self.assertRaises(AccessError):
            self.certificates.with_user(self.manager).create({"name": "CD/1"})
        self.assertIn(mission.evidence_head, certificate.with_user(self.planner).items_text)

    def test_another_company_reads_none(self):
        mission = self._done()
        self._age(mission, 6)
        self._purge()
        company = self.env["res.company"].create({"name": "Other"})
        other = self._user("other_manager", "field_mission.group_field_manager")
        other.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(self.certificates.with_user(other).search([]))


@tagged("post_install", "-at_install")
class TestOwnPositions(HttpCase, FieldEvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._planned()
        for user, number in ((cls.tech_user, 1), (cls.tech2_user, 2), (cls.sub_user, 3)):
            user.password = f"{user.login}-password"
            cls.env["field.position"].create(
                {
                    "mission_id": cls.mission.id,
                    "user_id": user.id,
                    "moment": "done",
                    "on_site": True,
                    "latitude": 48 + number,
                    "longitude": -4,
                    "date": "2026-11-30 08:00:00",
                }
            )

    def _get(self, user, form):
        self.authenticate(user.login, f"{user.login}-password")
        return self.url_open(f"/field/positions.{form}")

    def test_each_downloads_their_own(self):
        for user, latitude in ((self.tech_user, 49), (self.tech2_user, 50), (self.sub_user, 51)):
            with self.subTest(user=user.login):
                [row] = json.loads(self._get(user, "json").text)
                self.assertEqual((row["mission"], row["latitude"]), (self.mission.name, latitude))
                self.assertEqual((row["date"], row["on_site"]), ("2026-11-30 08:00:00", True))
                answer = self._get(user, "csv")
                self.assertIn("attachment", answer.headers["Content-Disposition"])
                text = answer.content.decode("utf-8-sig")
                [line] = csv.DictReader(io.StringIO(text), delimiter=";")
                self.assertEqual(float(line["latitude"]), latitude)
                self.assertEqual(line["moment"], "done")

    def test_nobody_else_and_nothing_else(self):
        self.assertEqual(self._get(self.tech_user, "xlsx").status_code, 404)
        self.authenticate(None, None)
        answer = self.url_open("/field/positions.json", allow_redirects=False)
        self.assertIn(answer.status_code, (302, 303, 403))
        self.customer_user.password = f"{self.customer_user.login}-password"
        self.assertEqual(json.loads(self._get(self.customer_user, "json").text), [])
