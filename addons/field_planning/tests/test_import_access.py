import base64

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .import_common import ImportCommon, write_csv
from .test_import_flow import TITLES, row


@tagged("post_install", "-at_install")
class TestImportAccess(ImportCommon):
    """Planners import; technicians, customers and other companies don't."""

    def _values(self, **vals):
        return {
            "file": base64.b64encode(write_csv([TITLES, row()])),
            "filename": "planning.csv",
            "company_id": self.company.id,
            **vals,
        }

    def test_technicians_and_portal_are_refused(self):
        """Neither reads, creates nor runs an import, whatever the method."""
        portal = new_test_user(self.env, "import_portal", groups="base.group_portal")
        office = new_test_user(self.env, "import_office", groups="base.group_user")
        self._technicians(["Ana Tech"])
        run = self._run(write_csv([TITLES, row()]), "planning.csv")
        for user in (self.technician_user, portal, office):
            model = self.env["field.import"].with_user(user)
            with self.assertRaises(AccessError):
                model.create(self._values())
            for method in (
                "action_read", "action_check", "action_import", "action_cancel", "action_back",
                "action_view_lines", "poll",
            ):  # fmt: skip
                with self.assertRaises(AccessError):
                    getattr(run.with_user(user), method)()
            with self.assertRaises(AccessError):
                run.line_ids.with_user(user).read(["raw"])
            with self.assertRaises(AccessError):
                run.line_ids.with_user(user).action_accept()
            with self.assertRaises(AccessError):
                self.env["field.import.mapping"].with_user(user).search([])

    def test_technicians_need_hr_rights(self):
        """A planner without HR rights can't bring employees in through a file."""
        with self.assertRaises(AccessError):
            self.Import.create(self._values(kind="technicians"))
        run = self.Import.with_user(self.manager).create(self._values(kind="technicians"))
        self.assertEqual(run.kind, "technicians")

    def test_runs_with_the_rights_of_who_accepted(self):
        """The background writes as the planner: the missions are theirs."""
        self._technicians(["Ana Tech"])
        run = self._run(write_csv([TITLES, row()]), "planning.csv")
        self._work(run)
        self.assertEqual(run.line_ids.mission_id.create_uid, self.planner)
        self.assertEqual(run.line_ids.site_id.create_uid, self.planner)

    def test_companies(self):
        """Runs, lines and what is matched stay inside their company."""
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = new_test_user(
            self.env,
            "import_stranger",
            groups="field_mission.group_field_planner",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self._technicians(["Ana Tech"])
        self.env["hr.employee"].create(
            {"name": "Ana Tech", "is_field_technician": True, "company_id": other.id}
        )
        run = self._run(write_csv([TITLES, row()]), "planning.csv")
        self.assertEqual(run.line_ids.technician_id.company_id, self.company)
        for model, record in (
            ("field.import", run),
            ("field.import.line", run.line_ids),
            ("field.import.sheet", run.sheet_ids),
            ("field.import.column", run.column_ids),
        ):
            self.assertFalse(self.env[model].with_user(stranger).search([("id", "in", record.ids)]))
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(["create_date"])


@tagged("post_install", "-at_install")
class TestImportQueries(ImportCommon):
    """The number of queries does not grow with the lines, beyond what each record needs."""

    def _count(self, lines, prefix):
        """Return the queries of the dry run and of the writing of so many lines."""
        rows = [
            row(
                Heure=f"{8 + n // 60}h{n % 60:02d}",
                Site=f"{prefix} {n}",
                Adresse=f"{n} rue du {prefix}",
                Client="Mairie de Vannes",
            )
            for n in range(1, lines + 1)
        ]
        run = self.Import.create(
            {
                "file": base64.b64encode(write_csv([TITLES, *rows])),
                "filename": f"{prefix}.csv",
                "company_id": self.company.id,
            }
        )
        run.action_read()
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.cr.sql_log_count
        run.action_check()
        self.env.flush_all()
        checked = self.cr.sql_log_count - start
        self.assertEqual(run.ready_count, lines)
        run.action_import()
        self.env.invalidate_all()
        start = self.cr.sql_log_count
        list(run._as_user()._write_batches())
        self.env.flush_all()
        return checked, self.cr.sql_log_count - start

    def test_queries(self):
        """Ten times the lines cost nearly the same number of queries."""
        self._technicians(["Ana Tech"])
        self._count(3, "warm")
        few_checked, few_written = self._count(10, "few")
        many_checked, many_written = self._count(100, "many")
        print(  # pylint: disable=print-used
            f"IMPORT queries: dry run {few_checked} for 10 lines, {many_checked} for 100;"
            f" writing {few_written} for 10, {many_written} for 100"
        )
        self.assertLessEqual(many_checked, few_checked + 10)
        # Creating a partner costs a few queries in Odoo itself; nothing else may grow.
        self.assertLessEqual(many_written, few_written + 90 * 3)
