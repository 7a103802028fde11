from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import FieldEvidenceCommon

MODELS = ("field.evidence", "field.evidence.dossier", "field.evidence.verification")


@tagged("post_install", "-at_install")
class TestAccess(FieldEvidenceCommon):
    """Each role, each operation, as over RPC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls._done()
        cls.theirs = cls._done(cls._planned(technician_id=cls.tech2.id), cls.tech2_user)
        cls.subs = cls._planned(technician_id=cls.subcontractor.id)
        cls.subs.with_user(cls.sub_user).action_arrive()
        (cls.mine | cls.theirs).with_user(cls.manager).action_verify_evidence()
        cls.roles = {
            "manager": cls.manager,
            "planner": cls.planner,
            "technician": cls.tech_user,
            "subcontractor": cls.sub_user,
            "customer": cls.customer_user,
            "office": cls.office,
        }

    def _readable(self, model, user):
        records = self.env[model].with_user(user)
        if not records.has_access("read"):
            return None
        return records.search([]).mission_id

    def test_who_reads_which_dossiers(self):
        everything = self.mine | self.theirs | self.subs
        expected = {
            "manager": everything,
            "planner": everything,
            "technician": self.mine,
            "subcontractor": self.subs,
            "customer": everything.browse(),
            "office": None,
        }
        for model in MODELS[:2]:
            for role, missions in expected.items():
                with self.subTest(model=model, role=role):
                    self.assertEqual(self._readable(model, self.roles[role]), missions)
        verified = {
            "manager": self.mine | self.theirs,
            "planner": self.mine | self.theirs,
            "technician": None,
            "subcontractor": None,
            "customer": None,
            "office": None,
        }
        for role, missions in verified.items():
            with self.subTest(role=role):
                self.assertEqual(self._readable(MODELS[2], self.roles[role]), missions)

    def test_nobody_reads_others_by_id(self):
        for role in ("technician", "subcontractor", "customer", "office"):
            user = self.roles[role]
            for record in (self.theirs.evidence_ids[0], self.theirs.evidence_dossier_id):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    record.with_user(user).read([])

    def test_nobody_writes_deletes_or_forges(self):
        values = {
            "field.evidence": {
                "mission_id": self.mine.id,
                "sequence": 99,
                "kind": "state",
                "res_model": "field.mission",
                "res_id": self.mine.id,
                "item_hash": "0" * 64,
                "prev_hash": "0" * 64,
                "hash": "0" * 64,
                "author_id": self.tech_user.id,
                "server_date": "2026-11-30 08:00:00",
            },
            "field.evidence.dossier": {"mission_id": self.mine.id, "uuid": "x", "count": 0},
            "field.evidence.verification": {
                "mission_id": self.mine.id,
                "user_id": self.tech_user.id,
                "verdict": "intact",
            },
        }
        refused = UserError  # AccessError is one
        for model, vals in values.items():
            record = self.env[model].search([("mission_id", "=", self.mine.id)], limit=1)
            for role, user in self.roles.items():
                with self.subTest(model=model, role=role):
                    forged = record.with_user(user).with_context(field_evidence_seal=True)
                    with self.assertRaises(refused):
                        forged.write(vals)
                    with self.assertRaises(refused):
                        forged.unlink()
                    with self.assertRaises(refused):
                        forged.create(vals)
                    for operation in ("write", "create", "unlink"):
                        self.assertFalse(self.env[model].with_user(user).has_access(operation))

    def test_nobody_writes_through_the_mission(self):
        line = self.mine.evidence_ids[0]
        for role in ("manager", "planner", "technician"):
            mission = self.mine.with_user(self.roles[role])
            for vals in (
                {"evidence_ids": [(1, line.id, {"sequence": 50})]},
                {"evidence_ids": [(2, line.id)]},
                {"evidence_ids": [(0, 0, {"sequence": 50})]},
                {"evidence_dossier_id": self.theirs.evidence_dossier_id.id},
            ):
                with (
                    self.subTest(role=role, vals=vals),
                    self.assertRaises(UserError),
                ):
                    mission.write(vals)
                    self.env.flush_all()
                self.env.invalidate_all()
        # The web client sends what it shows back: read-only figures are let pass and forgotten.
        count = self.mine.evidence_count
        self.mine.with_user(self.manager).write({"evidence_count": 3, "evidence_head": "x"})
        self.env.invalidate_all()
        self.assertEqual(self.mine.evidence_count, count)
        self.assertIntact(self.mine)

    def test_only_managers_verify(self):
        for role in ("planner", "technician", "subcontractor", "customer", "office"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.mine.with_user(self.roles[role]).action_verify_evidence()
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.mine.evidence_dossier_id.with_user(self.roles[role]).action_verify_evidence()
        self.mine.evidence_dossier_id.with_user(self.manager).action_verify_evidence()

    def test_the_tab_is_readable_by_each_role_of_the_mission(self):
        fields_read = [
            "evidence_count",
            "evidence_head",
            "evidence_verdict",
            "evidence_findings",
            "evidence_closed_date",
            "evidence_missing_count",
            "evidence_ids",
        ]
        for role in ("manager", "planner", "technician"):
            row = self.mine.with_user(self.roles[role]).read(fields_read)[0]
            self.assertEqual(row["evidence_count"], len(self.mine.evidence_ids))
            self.assertEqual(row["evidence_verdict"], "intact")
        self.assertTrue(self.mine.evidence_ids.with_user(self.tech_user).mapped("summary"))

    def test_reports_follow_the_mission(self):
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.tech_user)._get_report_attachment()
        for user in (self.tech_user, self.customer_user, self.sub_user):
            with self.assertRaises(AccessError):
                self.env["ir.actions.report"].with_user(user)._render_qweb_html(
                    "field_evidence.report_intervention", self.theirs.ids
                )
