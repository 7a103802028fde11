import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.field_planning.models import field_import, import_writer

from . import planning_files as files
from .import_common import ImportCommon, write_csv

TITLES = ["Date", "Heure", "Technicien", "Client", "Site", "Adresse", "CP", "Ville"] + [
    "Prestation", "Durée", "Tél", "Observations",
]  # fmt: skip


def row(**values):
    """One line of a planning, with sensible values where none are given."""
    usual = {
        "Date": "30/11/2026",
        "Heure": "8h30",
        "Technicien": "Ana Tech",
        "Client": "Mairie de Vannes",
        "Site": "Gymnase de Kercado",
        "Adresse": "12 rue Winston Churchill",
        "CP": "56000",
        "Ville": "Vannes",
        "Prestation": "Dépannage",
        "Durée": "1h",
        "Tél": "06 39 98 12 34",
        "Observations": "",
    }
    usual.update(values)
    return [usual[title] for title in TITLES]


@tagged("post_install", "-at_install")
class TestImportFlow(ImportCommon):
    """The way from the file to the missions, with corrections, interruptions and repeats."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana, cls.bo = cls._technicians(["Ana Tech", "Bo Tech"])
        cls.town = cls.env["res.partner"].create({"name": "Mairie de Vannes", "is_company": True})
        cls.gym = cls.env["res.partner"].create(
            {
                "name": "Gymnase de Kercado",
                "is_field_site": True,
                "site_customer_id": cls.town.id,
                "street": "12 rue Winston Churchill",
                "zip": "56000",
                "city": "Vannes",
            }
        )

    def _planning(self, *rows, **vals):
        return self._run(write_csv([TITLES, *rows]), "planning.csv", **vals)

    def _line(self, run, number):
        return run.line_ids.filtered(lambda line: line.row_number == number)

    # ------------------------------------------------------------------ dry run

    def test_dry_run_writes_nothing(self):
        """Before acceptance no partner, mission, request or access exists."""
        models = ["res.partner", "field.mission", "field.request", "field.site.access"]
        before = {name: self.env[name].search_count([]) for name in models}
        run = self._planning(
            row(),
            row(Client="Nouveau client", Site="Nouveau site", Adresse="1 rue Neuve"),
            row(Observations="code portail 4512B"),
        )
        self.assertEqual(run.state, "ready")
        self.assertEqual(before, {name: self.env[name].search_count([]) for name in models})
        self.assertEqual(
            run.line_ids.mapped("action"), ["create", "create_customer", "skip"], run.summary
        )

    def test_known_records_are_found(self):
        """Case, accents, order and abbreviations find what exists."""
        run = self._planning(
            row(
                Client="MAIRIE DE VANNES",
                Site="gymnase Kercado",
                Technicien="TECH Ana",
                Prestation="depan.",
            )
        )
        line = run.line_ids
        self.assertEqual(line.partner_id, self.town)
        self.assertEqual(line.site_id, self.gym)
        self.assertEqual(line.technician_id, self.ana)
        self.assertEqual(line.service_type_id.name, "Dépannage")

    def test_messages_name_row_field_and_value(self):
        """A refused line says what is wrong, where, and what to do."""
        run = self._planning(
            row(Date="31/02/2026"),
            row(Technicien="Zoé Inconnue"),
            row(Heure="entre chien et loup"),
            row(Prestation="Ramonage"),
            row(Durée="longtemps"),
        )
        self.assertEqual(
            run.line_ids.mapped("status"),
            ["bad_date", "unknown_technician", "bad_time", "unknown_type", "bad_duration"],
        )
        for line, text in zip(
            run.line_ids,
            ("31/02/2026", "Zoé Inconnue", "entre chien et loup", "Ramonage", "longtemps"),
            strict=True,
        ):
            self.assertIn(text, line.message)
            self.assertIn(".", line.message)
        french = self._line(run, 2).with_context(lang="fr_FR")
        self.assertIn("Date", french.message)

    # ------------------------------------------------------------------ corrections

    def test_correct_refused_lines(self):
        """Each refused line can be corrected in place and is then imported."""
        run = self._planning(
            row(Date="32/13/2026"),
            row(Technicien="Inconnu", Heure="9h30"),
            row(Heure="25h"),
            row(Prestation="", Heure="14h"),
            row(Technicien="Inconnu", Heure="15h"),
        )
        self.assertFalse(run.ready_count)
        lines = run.line_ids
        lines[0].date = "2026-12-01"
        lines[1].technician_id = self.bo
        lines[2].write({"promised_kind": "exact", "promised_time": 10.5})
        lines[3].service_type_id = self.types[0]
        lines[4].action_unassign()
        self.assertEqual(lines.mapped("status"), ["ok"] * 4 + ["unassigned"])
        self._work(run)
        self.assertEqual(lines.mapped("status"), ["done"] * 5)
        self.assertEqual(lines[1].mission_id.technician_id, self.bo)
        self.assertFalse(lines[4].mission_id.technician_id)
        self.assertEqual(str(lines[2].mission_id.promised_start), "2026-11-30 09:30:00")

    def test_correction_that_makes_a_duplicate(self):
        """A line corrected into another line's visit is told to be a duplicate."""
        run = self._planning(row(), row(Technicien="Inconnu"))
        second = run.line_ids[1]
        second.technician_id = self.ana
        self.assertEqual(second.status, "duplicate")
        self.assertIn("2", second.message)
        second.action_accept()
        self.assertEqual(second.status, "ok")

    def test_clearing_a_value_stops_the_line(self):
        """A value taken out of a good line is asked for again."""
        run = self._planning(row())
        line = run.line_ids
        line.date = False
        self.assertEqual(line.status, "bad_date")
        line.date = "2026-12-02"
        self.assertEqual(line.status, "ok")
        line.service_type_id = False
        self.assertEqual(line.status, "unknown_type")

    def test_accept_and_ignore(self):
        """The planner has the last word on cancelled lines, and on good ones."""
        run = self._planning(row(Observations="ANNULÉ"), row(Heure="10h"))
        cancelled, good = run.line_ids
        self.assertEqual(cancelled.status, "cancelled")
        cancelled.action_accept()
        good.action_ignore()
        self.assertEqual((cancelled.status, good.status), ("ok", "ignored"))
        self._work(run)
        self.assertTrue(cancelled.mission_id)
        self.assertFalse(good.mission_id)

    def test_site_choice(self):
        """A site that could be several ones is chosen, or made new, by the planner."""
        for city in ("Berné", "Bréhan"):
            self.env["res.partner"].create(
                {
                    "name": "Place de la Mairie",
                    "is_field_site": True,
                    "site_customer_id": self.town.id,
                    "city": city,
                }
            )
        run = self._planning(
            row(Site="Place de la Mairie", Adresse="", CP="", Ville=""),
            row(Site="Place de la Mairie", Adresse="", CP="", Ville="", Heure="9h"),
        )
        first, second = run.line_ids
        self.assertEqual(first.status, "unknown_site")
        self.assertIn("Berné", first.message)
        first.site_id = self.gym
        second.action_new_site()
        self.assertEqual((first.status, second.status), ("ok", "ok"))
        self.assertEqual((first.action, second.action), ("create", "create_site"))

    # ------------------------------------------------------------------ acceptance

    def test_new_customers_and_sites_once(self):
        """A customer and a site on several lines are made once."""
        new = {"Client": "SDE 29", "Site": "Quimper - Gare", "Adresse": "Place de la Gare"}
        other = {"Client": "sde29", "Site": "QUIMPER GARE", "Adresse": "place de la gare"}
        run = self._planning(
            row(**new, CP="29232", Ville="Quimper"),
            row(**other, CP="29232", Ville="Quimper", Heure="10h"),
            row(**new, CP="29232", Ville="Quimper", Heure="matin"),
        )
        self._work(run)
        self.assertEqual(len(run.line_ids.mission_id), 3)
        self.assertEqual(len(run.line_ids.site_id), 1)
        self.assertEqual(len(run.line_ids.partner_id), 1)
        self.assertEqual(run.line_ids.site_id.site_customer_id, run.line_ids.partner_id)

    def test_mission_values(self):
        """What the line says stands on the mission; access codes don't leak into its text."""
        run = self._planning(
            row(
                Heure="entre 8h et 10h",
                Durée="1,5 h",
                Observations="code portail 4512B - prévoir échelle URGENT",
            ),
            row(Heure="après-midi", Durée=""),
            row(Heure=""),
        )
        self._work(run)
        first, second, third = run.line_ids.mission_id
        self.assertEqual(first.promised_kind, "window")
        self.assertEqual(str(first.promised_start), "2026-11-30 07:00:00")
        self.assertEqual(str(first.promised_end), "2026-11-30 09:00:00")
        self.assertEqual(first.planned_duration, 1.5)
        self.assertEqual(first.priority, "3")
        self.assertEqual(first.description, "prévoir échelle URGENT")
        self.assertEqual(first.request_id.requester, "+33 6 39 98 12 34")
        self.assertEqual(first.source_row, "planning.csv, 2")
        self.assertEqual(self.gym.site_access_ids.mapped("value"), ["4512B"])
        self.assertEqual(self.gym.site_access_ids.note, "code portail")
        self.assertEqual((second.promised_kind, second.planned_duration), ("afternoon", 1.0))
        self.assertEqual(third.promised_kind, "day")
        self.assertEqual(set((first | second | third).mapped("state")), {"draft"})

    def test_second_import_creates_nothing(self):
        """The same file, or the same lines in another layout, are recognised."""
        run = self._planning(row(), row(Heure="10h", Site="Nouveau", Adresse="9 quai Neuf"))
        self._work(run)
        count = self.env["field.mission"].search_count([])
        again = self._planning(
            row(), row(Heure="10h", Site="Nouveau", Adresse="9 quai Neuf"), row(Heure="16h")
        )
        self.assertEqual(again.line_ids.mapped("status"), ["imported", "imported", "ok"])
        self.assertEqual(again.line_ids[0].mission_id, run.line_ids[0].mission_id)
        other = write_csv(
            [
                ["Qui", "Quoi", "Où", "Adresse", "Quand", "RDV", "Client"],
                ["A. Tech", "Dépannage", "Gymnase de Kercado", "12 rue Winston Churchill",
                 "lun. 30 nov. 2026", "08:30", "Mairie de Vannes"],
            ],
            ",",
        )  # fmt: skip
        elsewhere = self._run(other, "autre.csv")
        self.assertEqual(elsewhere.line_ids.status, "imported", elsewhere.line_ids.message)
        self._work(again)
        self.assertEqual(self.env["field.mission"].search_count([]), count + 1)

    def test_corrected_line_is_recognised(self):
        """A refused line that was corrected and imported is not refused again, but recognised."""
        data = write_csv([TITLES, row(Technicien="Inconnu")])
        run = self._run(data, "planning.csv")
        run.line_ids.technician_id = self.bo
        self._work(run)
        # The mission lives on: that must not matter.
        run.line_ids.mission_id.technician_id = self.ana
        again = self._run(data, "planning.csv")
        self.assertEqual(again.line_ids.status, "imported")

    def test_failure_of_one_line(self):
        """One line's failure leaves the others intact and is told on that line."""
        rows = [row(Heure=f"{hour}h{minute:02d}") for hour in (8, 9, 10, 11) for minute in (0, 30)]
        run = self._planning(*rows)
        values = import_writer.ImportWriter._mission_values

        def spoil(writer, line):
            result = values(writer, line)
            if line.row_number == 6:
                result["planned_duration"] = -1.0
            return result

        with patch.object(import_writer.ImportWriter, "_mission_values", spoil):
            self._work(run)
        self.assertEqual(run.done_count, 7)
        failed = run.line_ids.filtered(lambda line: line.status == "failed")
        self.assertEqual(failed.row_number, 6)
        self.assertRegex(failed.message, "zero|zéro")
        self.assertEqual(run.state, "done")
        # Corrected, it can be imported afterwards.
        failed.duration = 2.0
        self.assertEqual(failed.status, "ok")
        self._work(run)
        self.assertEqual(run.done_count, 8)

    def test_interruption_and_resume(self):
        """A stop between two batches loses nothing and doubles nothing."""
        rows = [row(Heure=f"{8 + n // 4}h{n % 4 * 15:02d}") for n in range(10)]
        run = self._planning(*rows)
        run.action_import()
        with patch.object(field_import, "BATCH", 3):
            batches = run._as_user()._write_batches()
            self.assertEqual(next(batches), 3)
            self.assertEqual(next(batches), 3)
            batches.close()  # the server stops here
        self.env.invalidate_all()
        self.assertEqual((run.state, run.done_count, run.ready_count), ("running", 6, 4))
        self.assertAlmostEqual(run.progress, 60.0)
        with self.enter_registry_test_mode():
            self.env.ref("field_planning.ir_cron_field_import").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((run.state, run.done_count), ("done", 10))
        self.assertEqual(len(run.line_ids.mission_id), 10)

    def test_stop_and_reopen(self):
        """A stopped run keeps what was written and can be taken up again."""
        run = self._planning(row(), row(Heure="10h"))
        run.action_import()
        run.action_cancel()
        self.assertEqual(run.state, "cancelled")
        with self.assertRaises(UserError):
            run.action_import()
        run.action_reopen()
        self._work(run)
        self.assertEqual(run.done_count, 2)

    # ------------------------------------------------------------------ columns

    def test_columns_corrected_and_remembered(self):
        """What the user says a column means counts, now and for the next file."""
        rows = [
            ["Truc", "Machin", "Chose", "Client", "Site", "Prestation"],
            ["30/11/2026", "8h30", "Ana Tech", "Mairie de Vannes", "Gymnase de Kercado", "Dépannage"],
        ]  # fmt: skip
        data = write_csv(rows)
        run = self.Import.create(
            {"file": base64.b64encode(data), "filename": "odd.csv", "company_id": self.company.id}
        )
        run.action_read()
        titles = {column.title: column for column in run.column_ids}
        self.assertEqual(titles["Truc"].planning_field, "date")
        titles["Machin"].planning_field = "remark"
        run.action_check()
        self.assertEqual(run.line_ids.promised_kind, "day")
        self.assertEqual(run.line_ids.remark, "8h30")
        other = self.Import.create(
            {"file": base64.b64encode(data), "filename": "odd2.csv", "company_id": self.company.id}
        )
        other.action_read()
        machin = other.column_ids.filtered(lambda column: column.title == "Machin")
        self.assertEqual(machin.planning_field, "remark")

    def test_header_line_moved_by_hand(self):
        """The header line can be given by hand; the columns follow."""
        rows = [["Date", "Site", "Client"], ["x", "y", "z"], TITLES, row()]
        run = self.Import.create(
            {
                "file": base64.b64encode(write_csv(rows)),
                "filename": "two.csv",
                "company_id": self.company.id,
            }
        )
        run.action_read()
        run.sheet_ids.header_row = 3
        self.assertIn("Prestation", run.column_ids.mapped("title"))
        run.action_check()
        self.assertEqual(run.line_ids.mapped("row_number"), [4])

    def test_unreadable_files(self):
        """A file that is no spreadsheet is refused with a sentence that says what to do."""
        for data, name in ((b"", "a.csv"), (b"%PDF-1.4 x", "a.pdf"), (b"PK\x03\x04zz", "a.xlsx")):
            run = self.Import.create(
                {
                    "file": base64.b64encode(data) or False,
                    "filename": name,
                    "company_id": self.company.id,
                }
            )
            with self.assertRaises(UserError):
                run.action_read()
            self.assertEqual(run.state, "draft")

    # ------------------------------------------------------------------ guards

    def test_guarded_fields(self):
        """Nobody writes over RPC what the import itself fills."""
        run = self._planning(row())
        for vals in ({"status": "done"}, {"fingerprint": "x"}, {"mission_id": 1}, {"issues": []}):
            with self.assertRaises(UserError):
                run.line_ids.write(vals)
        with self.assertRaises(AccessError):
            self.env["field.import.line"].with_user(self.planner).create(
                {"import_id": run.id, "row_number": 1}
            )
        self._work(run)
        with self.assertRaises(UserError):
            run.line_ids.write({"date": "2026-12-24"})
        with self.assertRaises(UserError):
            run.action_check()
        with self.assertRaises(UserError):
            run.file = False


@tagged("post_install", "-at_install")
class TestImportLayouts(ImportCommon):
    """Other layouts end to end: the same visits from xlsx, ods, csv and several sheets."""

    def test_layouts(self):
        """Each layout gives the same missions; each file after the first one gives nothing new."""
        self._technicians(files.TECHNICIANS)
        visits = [visit for visit in files.week(7, 30) if visit.slot is None or visit.minutes]
        wanted = {
            (visit.day, visit.technician, visit.place.name, visit.place.city, visit.type)
            for visit in visits
            if visit.status == "ok"
        }
        run = self._file("classic", visits)
        self._work(run)
        missions = run.line_ids.mission_id
        self.assertEqual(
            {
                (m.promised_date, m.technician_id.name, m.site_id.name, m.site_id.city,
                 m.service_type_id.name)
                for m in missions
            },
            wanted,
        )  # fmt: skip
        count = self.env["field.mission"].search_count([])
        partners = self.env["res.partner"].search_count([])
        for name in ("sections", "merged", "sheet_per_day", "sheet_per_technician_ods", "mojibake"):
            again = self._file(name, visits)
            self.assertFalse(again.ready_count, f"{name}: {self._problems(again)}")
            self.assertFalse(again.fix_count, f"{name}: {self._problems(again)}")
        self.assertEqual(self.env["field.mission"].search_count([]), count)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def _file(self, name, visits):
        written = files.LAYOUTS[name](visits, 3)
        return self._run(written.data, written.name)

    def _problems(self, run):
        lines = run.line_ids.filtered(lambda line: line.action not in ("skip", "done"))
        return [(line.row_number, line.status, line.message) for line in lines[:3]]
