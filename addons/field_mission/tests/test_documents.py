import base64
import uuid
from datetime import date, datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .common import FieldMissionCommon


class DocumentsCommon(FieldMissionCommon):
    @classmethod
    def _document(cls, name="Prevention plan", content=b"Wear a helmet", **values):
        return cls.env["field.document"].create(
            {
                "name": name,
                "file": base64.b64encode(content),
                "filename": f"{name}.txt",
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestDocuments(DocumentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._planned()
        cls.own = cls.mission.with_user(cls.tech_user)

    def test_inherited_from_type_site_and_equipment(self):
        whole = self._site("Whole site")
        self.site.site_parent_id = whole
        equipment = self.env["field.equipment"].create({"name": "Boiler", "site_id": self.site.id})
        documents = (
            self._document("Of the type", service_type_ids=self.type.ids)
            | self._document("Of the whole site", site_ids=whole.ids)
            | self._document("Of the boiler", equipment_ids=equipment.ids)
            | self._document("Of the mission", mission_ids=self.mission.ids)
        )
        self._document("Of nobody")
        self._document("Of another", service_type_ids=self.bare_type.ids)
        self.assertEqual(self.mission.document_ids, documents)

    def test_a_new_file_is_a_new_version(self):
        document = self._document()
        first = document.version_id
        document.file = base64.b64encode(b"Wear gloves, too")
        self.assertEqual(document.version_id.number, 2)
        self.assertEqual(base64.b64decode(first.file), b"Wear a helmet")
        document.name = "Plan"
        self.assertEqual(len(document.version_ids), 2)
        with self.assertRaises(UserError):
            first.file = base64.b64encode(b"Nothing")
        self.assertEqual(len(first.sha256), 64)

    def test_expired_ones_are_flagged(self):
        document = self._document(date_until=date(2026, 1, 1))
        self.assertTrue(document.is_expired)
        self.assertIn(document, document.search([("is_expired", "=", True)]))
        document.date_until = fields.Date.today() + timedelta(days=9)
        self.assertFalse(document.is_expired)
        self.assertNotIn(document, document.search([("is_expired", "=", True)]))

    def test_read_before_start(self):
        document = self._document(service_type_ids=self.type.ids, needed_before_start=True)
        with self.assertRaisesRegex(UserError, "Prevention plan"):
            self.own.action_start()
        self.own.action_acknowledge(document.version_id.ids, at="2026-11-30 07:50:00")
        self.own.action_start()
        ack = self.mission.ack_ids
        self.assertEqual(ack.person, self.tech_user.name)
        self.assertEqual(ack.date, datetime(2026, 11, 30, 7, 50))
        self.own.action_acknowledge(document.version_id.ids)
        self.assertEqual(len(self.mission.ack_ids), 1)

    def test_each_reads_for_themselves(self):
        self.mission.with_user(self.planner).helper_ids = self.tech2
        self.mission.with_user(self.planner).action_publish()
        document = self._document(service_type_ids=self.type.ids, needed_before_start=True)
        self.mission.with_user(self.tech2_user).action_acknowledge(document.version_id.ids)
        with self.assertRaises(UserError):
            self.own.action_start()
        self.mission.with_user(self.tech2_user).action_start()

    def test_a_version_that_came_after_the_start_is_not_asked_for(self):
        document = self._document(service_type_ids=self.type.ids, needed_before_start=True)
        former = document.version_id
        self.own.action_acknowledge(former.ids)
        document.file = base64.b64encode(b"Other rules")
        self.env.cr.execute(
            "UPDATE field_document_version SET create_date = %s WHERE id = %s",
            ["2026-11-20 08:00:00", former.id],
        )
        self.env.cr.execute(
            "UPDATE field_document_version SET create_date = %s WHERE id = %s",
            ["2026-11-30 12:00:00", document.version_id.id],
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.own.action_start(at="2026-11-30 13:00:00")
        # Without network since the morning: what came at noon could not be read.
        self.own.action_start(at="2026-11-30 08:00:00")

    def test_only_documents_of_the_mission(self):
        other = self._document(service_type_ids=self.bare_type.ids)
        for versions in (other.version_id.ids, [], "x", [True], [10**9]):
            with self.subTest(versions), self.assertRaises(UserError):
                self.own.action_acknowledge(versions)
        document = self._document(service_type_ids=self.type.ids)
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech2_user).action_acknowledge(document.version_id.ids)

    def test_by_the_app(self):
        document = self._document(service_type_ids=self.type.ids, needed_before_start=True)
        shown = self.own._get_app_values()[0]["documents"]
        self.assertEqual([(one["name"], one["read"]) for one in shown], [(document.name, False)])
        operation = {
            "uuid": str(uuid.uuid4()),
            "kind": "document.read",
            "mission_id": self.mission.id,
            "payload": {"versions": document.version_id.ids},
            "at": "2026-11-30 07:00:00",
        }
        operations = self.env["field.operation"].with_user(self.tech_user)
        self.assertEqual(operations.action_apply([operation])[0]["state"], "applied")
        self.assertTrue(self.own._get_app_values()[0]["documents"][0]["read"])

    def test_rights(self):
        document = self._document(service_type_ids=self.bare_type.ids)
        ack = self.env["field.document.ack"]
        for user in (self.tech_user, self.sub_user, self.customer_user):
            with self.subTest(user.name), self.assertRaises(AccessError):
                document.with_user(user).read(["name", "file"])
        near = self._planned(
            planned_start=fields.Datetime.now().replace(microsecond=0),
            service_type_id=self.bare_type.id,
        )
        self.assertTrue(near.is_near_today)
        self.env.invalidate_all()
        document.with_user(self.tech_user).read(["name", "file"])
        with self.assertRaises(AccessError):
            document.with_user(self.tech_user).write({"name": "x"})
        with self.assertRaises(AccessError):
            ack.with_user(self.planner).create(
                {
                    "mission_id": self.mission.id,
                    "version_id": document.version_id.id,
                    "user_id": self.tech_user.id,
                    "person": "x",
                    "date": "2026-11-30 07:00:00",
                }
            )

    def test_the_documents_of_many_cost_no_more_queries(self):
        self._document(service_type_ids=self.type.ids, needed_before_start=True)
        missions = self.mission + self._planned() + self._planned() + self._planned()

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("document_ids.version_id")
            some._start_blockers()
            return self.env.cr.sql_log_count - before

        count(missions)
        self.assertLessEqual(count(missions), count(missions[0]))


@tagged("post_install", "-at_install")
class TestDocumentRoute(DocumentsCommon, HttpCase):
    def test_bytes_of_own_missions_only(self):
        own = self._document(service_type_ids=self.bare_type.ids, content=b"<script>1</script>")
        other = self._document(service_type_ids=self.type.ids)
        self._planned(
            planned_start=fields.Datetime.now().replace(microsecond=0),
            service_type_id=self.bare_type.id,
        )
        self.authenticate("field_tech", "field_tech")
        answer = self.url_open(f"/field/api/document/{own.version_id.id}")
        self.assertEqual(answer.content, b"<script>1</script>")
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(
            self.url_open(f"/field/api/document/{other.version_id.id}").status_code, 404
        )
        self.authenticate("field_tech2", "field_tech2")
        self.assertEqual(self.url_open(f"/field/api/document/{own.version_id.id}").status_code, 404)
