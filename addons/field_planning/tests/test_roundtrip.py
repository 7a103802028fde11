import base64
import io
from datetime import date, datetime, time, timedelta
from unittest.mock import patch

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models import field_roundtrip, field_roundtrip_export
from ..spreadsheet.roundtrip import unescape
from .common import MONDAY, FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestRoundtrip(FieldPlanningCommon):
    """A table of missions out to Excel and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._plan(cls._mission("Mill", 5), 9)
        cls.second = cls._plan(cls._mission("Farm", 6), 11)
        cls.third = cls._mission("Barn", 7, technician=cls.env["hr.employee"])
        cls.missions = cls.first | cls.second | cls.third
        cls.missions.write({"instructions": "Gloves"})
        cls.Export = cls.env["field.roundtrip.export"].with_user(cls.planner)
        cls.Run = cls.env["field.roundtrip"].with_user(cls.planner)

    def _export(self, missions=None):
        missions = (missions or self.missions).with_user(self.planner)
        missions.action_export_xlsx()
        export = self.Export.search([], limit=1)
        return export, base64.b64decode(export.file)

    def _book(self, data):
        return openpyxl.load_workbook(io.BytesIO(data))

    def _columns(self, sheet):
        keys = ["ref", "day", "start", "end", "duration", "technician", "helpers", "site",
                "address", "customer", "type", "promise", "state", "description",
                "instructions", "id", "version", "export"]  # fmt: skip
        return {key: number for number, key in enumerate(keys, start=1)}

    def _row_of(self, sheet, mission):
        return next(
            row for row in range(4, sheet.max_row + 1) if sheet.cell(row, 1).value == mission.name
        )

    def _edit(self, data, changes, other=None):
        """Edit cells as a spreadsheet program does: ``{(mission, column): value}``."""
        book = self._book(data)
        sheet = book.worksheets[0]
        columns = self._columns(sheet)
        for (mission, column), value in changes.items():
            sheet.cell(self._row_of(sheet, mission), columns[column]).value = value
        if other:
            other(book, columns)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    def _back(self, data, **vals):
        run = self.Run.create({"file": base64.b64encode(data), "filename": "x.xlsx", **vals})
        run.action_compare()
        return run

    def _line(self, run, mission):
        return run.line_ids.filtered(lambda line: line.mission_id == mission)

    # ------------------------------------------------------------------ out

    def test_export_says_what_the_screen_says(self):
        export, data = self._export()
        self.assertEqual((export.state, export.row_count, export.tz), ("ready", 3, "Europe/Paris"))
        sheet = self._book(data).worksheets[0]
        columns = self._columns(sheet)
        row = self._row_of(sheet, self.first)
        self.assertEqual(sheet.cell(row, columns["day"]).value, datetime(2026, 11, 30))
        self.assertEqual(sheet.cell(row, columns["start"]).value, time(9, 0))
        self.assertEqual(sheet.cell(row, columns["end"]).value, time(10, 0))
        self.assertEqual(sheet.cell(row, columns["duration"]).value, 1)
        self.assertEqual(sheet.cell(row, columns["technician"]).value, "Ana Tech")
        self.assertEqual(sheet.cell(row, columns["site"]).value, "Mill")
        self.assertEqual(sheet.cell(row, columns["export"]).value, export.uuid)
        tray = self._row_of(sheet, self.third)
        self.assertEqual(sheet.cell(tray, columns["day"]).value, datetime(2026, 11, 30))
        self.assertIsNone(sheet.cell(tray, columns["start"]).value)

    def test_formulas_of_strangers_stay_text(self):
        for text in ("=1+1", "+33", "-1", "@SUM(1)", "\tx", "\rx", "=cmd|' /C calc'!A0"):
            self.first.description = text
            self.first.site_id.name = text
            _export, data = self._export(self.first)
            sheet = self._book(data).worksheets[0]
            for column in ("description", "site"):
                cell = sheet.cell(4, self._columns(sheet)[column])
                self.assertEqual(cell.data_type, "s")
                self.assertTrue(cell.quotePrefix)
                self.assertEqual(unescape(cell.value), text)
            self.assertFalse(self._back(data).line_ids)

    def test_filters_of_the_screen_are_kept(self):
        Mission = self.env["field.mission"].with_user(self.planner)
        action = Mission.action_export_xlsx_domain(
            [("technician_id", "=", self.tech.id), ("planned_start", "!=", False)]
        )
        self.assertIn("/web/content/field.roundtrip.export/", action["url"])
        export = self.Export.search([], limit=1)
        self.assertEqual(export.row_count, 2)
        with self.assertRaises(UserError):
            Mission.action_export_xlsx_domain([("id", "=", 0)])
        with self.assertRaises(UserError):
            Mission.action_export_xlsx_domain("drop")

    def test_big_exports_are_written_in_the_background(self):
        with patch.object(field_roundtrip_export, "INLINE_ROWS", 2):
            action = self.missions.with_user(self.planner).action_export_xlsx()
        self.assertEqual(action["tag"], "display_notification")
        export = self.Export.search([], limit=1)
        self.assertEqual(export.state, "waiting")
        with self.enter_registry_test_mode():
            self.env.ref("field_planning.ir_cron_field_roundtrip_export").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((export.state, export.row_count), ("ready", 3))
        self.assertEqual(export.action_download()["target"], "download")
        self.assertFalse(self._back(base64.b64decode(export.file)).line_ids)

    def test_queries_of_an_export_do_not_grow(self):
        counts = []
        for missions in (self.first, self.missions):
            missions = missions.with_user(self.planner)
            self.env.flush_all()
            for _warm in range(2):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                missions.action_export_xlsx()
                count = self.env.cr.sql_log_count - before
            counts.append(count)
        self.assertLessEqual(counts[1], counts[0] + 2)

    # ------------------------------------------------------------------ back

    def _applied(self, count, day):
        """Move and reword so many missions in the file and apply it; return the queries it took."""
        missions = self.env["field.mission"]
        for number in range(count):
            # Half an hour each, all day long, at one place: nothing clashes.
            person = self.people[number % 2]
            mission = self._mission(
                f"B{number}", 0, technician=person, promised_kind="none", planned_duration=0.25
            )
            mission.site_id = self.first.site_id
            missions |= self._plan(mission, 8 + number // 2 * 0.5, day)
        _export, data = self._export(missions)
        changes = {
            (mission, column): value
            for mission in missions
            for column, value in (
                ("day", datetime.combine(day + timedelta(days=1), time())),
                ("instructions", f"Ring at {mission.name}"),
            )
        }
        run = self._back(self._edit(data, changes))
        run.line_ids.action_accept()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        run.action_apply()
        self.env.flush_all()
        spent = self.env.cr.sql_log_count - before
        self.assertEqual(run.done_count, count, run.line_ids.mapped("message"))
        self.assertEqual({m.planned_start.date() for m in missions}, {day + timedelta(days=1)})
        return spent

    def test_queries_of_applying_do_not_grow(self):
        self._applied(1, date(2026, 12, 7))
        few, many = self._applied(2, date(2026, 12, 14)), self._applied(20, date(2026, 12, 21))
        self.assertLessEqual(many - few, 10, f"{few} queries for 2 lines, {many} for 20")

    def test_unchanged_file_changes_nothing(self):
        _export, data = self._export()
        run = self._back(data)
        self.assertFalse(run.line_ids)
        self.assertEqual(run.same_count, 3)
        run = self._back(self._edit(data, {}))
        self.assertFalse(run.line_ids)
        with self.assertRaises(UserError):
            run.action_apply()

    def test_changes_are_accepted_row_by_row_and_undone(self):
        self.first.action_publish()
        _export, data = self._export()
        run = self._back(
            self._edit(
                data,
                {
                    (self.first, "technician"): "BO TECH",
                    (self.first, "start"): time(14, 0),
                    (self.second, "instructions"): "Mask",
                    (self.third, "day"): "01/12/2026",
                    (self.third, "start"): "8h30",
                    (self.third, "technician"): "Ana Tech",
                    (self.third, "duration"): 2,
                },
            )
        )
        self.assertEqual(run.state, "ready")
        self.assertEqual(run.line_ids.mapped("kind"), ["change"] * 3)
        self.assertEqual(set(run.line_ids.mapped("decision")), {"todo"})
        moved = self._line(run, self.first)
        self.assertIn("Bo Tech", moved.difference)
        self.assertIn("14:00", moved.difference)
        moved.action_accept()
        self._line(run, self.third).action_accept()
        self._line(run, self.second).action_keep()
        run.action_apply()
        self.assertEqual(run.state, "done")
        self.assertEqual(self.first.technician_id, self.tech2)
        self.assertEqual(self.first.planned_start, datetime(2026, 11, 30, 13, 0))
        self.assertEqual(self.third.state, "planned")
        self.assertEqual(self.third.planned_start, datetime(2026, 12, 1, 7, 30))
        self.assertEqual(self.third.planned_duration, 2)
        self.assertEqual(self.second.instructions, "Gloves")
        self.assertEqual(run.done_count, 2)
        # A second application does nothing more.
        version = self.first.plan_version
        with self.assertRaises(UserError):
            run.action_apply()
        self.assertEqual(self.first.plan_version, version)
        run.action_undo()
        self.assertEqual(self.first.technician_id, self.tech)
        self.assertEqual(self.first.planned_start, datetime(2026, 11, 30, 8, 0))
        self.assertTrue(self.first.published)
        self.assertEqual(self.third.state, "draft")
        self.assertEqual(set(run.line_ids.mapped("result")), {"open", "undone"})

    def test_changed_on_both_sides_is_a_conflict_shown_with_both(self):
        _export, data = self._export()
        edited = self._edit(data, {(self.first, "technician"): "Bo Tech"})
        self.first.technician_id = self.subcontractor
        run = self._back(edited)
        line = self._line(run, self.first)
        self.assertEqual(line.kind, "conflict")
        for name in ("Ana Tech", "Bo Tech", "Cy Sub"):
            self.assertIn(name, line.difference)
        run.action_accept_safe()
        self.assertEqual(line.decision, "todo")
        line.action_accept()
        run.action_apply()
        self.assertEqual(self.first.technician_id, self.tech2)

    def test_what_the_file_does_not_change_follows_the_database(self):
        _export, data = self._export()
        self.first.technician_id = self.tech2
        self.second.instructions = "Newer"
        run = self._back(data)
        self.assertFalse(run.line_ids)
        self.assertEqual(self.first.technician_id, self.tech2)

    def test_changed_between_comparison_and_application(self):
        _export, data = self._export()
        run = self._back(
            self._edit(
                data,
                {
                    (self.first, "start"): time(15, 0),
                    (self.second, "instructions"): "Mask",
                },
            )
        )
        run.line_ids.action_accept()
        self.first.planned_start += timedelta(hours=1)
        self.second.instructions = "Newer"
        run.action_apply()
        self.assertEqual(set(run.line_ids.mapped("result")), {"failed"})
        self.assertEqual(self.second.instructions, "Newer")
        self.assertTrue(all(line.message for line in run.line_ids))

    def test_undo_leaves_what_somebody_changed_since(self):
        _export, data = self._export()
        run = self._back(self._edit(data, {(self.first, "start"): time(15, 0)}))
        run.line_ids.action_accept()
        run.action_apply()
        self.first.planned_start = datetime(2026, 11, 30, 9, 30)
        run.action_undo()
        self.assertEqual(run.line_ids.result, "failed")
        self.assertEqual(self.first.planned_start, datetime(2026, 11, 30, 9, 30))

    def test_unreadable_cells_name_sheet_row_column_and_value(self):
        _export, data = self._export()
        run = self._back(
            self._edit(
                data,
                {
                    (self.first, "technician"): "Zz Qq",
                    (self.second, "day"): "31/02/2026",
                },
            )
        )
        line = self._line(run, self.first)
        self.assertEqual((line.kind, line.decision), ("problem", "keep"))
        self.assertIn("Zz Qq", line.warning)
        self.assertIn(str(line.row_number), line.warning)
        self.assertIn(line.sheet, line.warning)
        self.assertIn("31/02/2026", self._line(run, self.second).warning)
        with self.assertRaises(UserError):
            line.decision = "accept"

    def test_warnings_of_the_placement_are_shown_and_hard_ones_block(self):
        self.second.is_locked = True
        _export, data = self._export()
        run = self._back(
            self._edit(
                data,
                {
                    (self.first, "start"): time(22, 0),
                    (self.second, "start"): time(15, 0),
                },
            )
        )
        late = self._line(run, self.first)
        self.assertEqual(late.kind, "change")
        self.assertTrue(late.has_warning)
        run.action_accept_safe()
        self.assertEqual(late.decision, "todo")
        locked = self._line(run, self.second)
        self.assertEqual((locked.kind, locked.decision), ("blocked", "keep"))
        late.action_accept()
        run.action_apply()
        self.assertEqual(self.first.planned_start, datetime(2026, 11, 30, 21, 0))

    def test_rows_deleted_or_doubled_or_sorted_alone(self):
        _export, data = self._export()

        def other(book, columns):
            sheet = book.worksheets[0]
            row = self._row_of(sheet, self.third)
            sheet.delete_rows(row)
            first, second = self._row_of(sheet, self.first), self._row_of(sheet, self.second)
            for number in (first, second):
                sheet.cell(number, columns["instructions"]).value = "Mask"
            one, two = sheet.cell(first, columns["id"]), sheet.cell(second, columns["id"])
            one.value, two.value = two.value, one.value

        run = self._back(self._edit(data, {}, other))
        self.assertEqual(sorted(run.line_ids.mapped("kind")), ["missing", "problem", "problem"])
        gone = self._line(run, self.third)
        self.assertEqual((gone.kind, gone.decision), ("missing", "keep"))
        gone.action_accept()
        self.assertEqual(gone.decision, "keep")
        self.assertTrue(self.third.exists())

    def test_without_hidden_columns_the_reference_finds_the_rows(self):
        export, data = self._export()

        def other(book, columns):
            del book["_export"]
            book.worksheets[0].title = "Mine"
            book.worksheets[0].delete_cols(columns["id"], 3)

        edited = self._edit(data, {(self.first, "start"): time(15, 0)}, other)
        with self.assertRaises(UserError):
            self._back(edited)
        run = self._back(edited, export_id=export.id)
        self.assertEqual(run.line_ids.mission_id, self.first)
        run.line_ids.action_accept()
        run.action_apply()
        self.assertEqual(self.first.planned_start, datetime(2026, 11, 30, 14, 0))

    def test_new_rows_become_missions_when_accepted(self):
        self.env["res.partner"].search([("name", "=", "Mill")]).filtered(
            lambda site: site != self.first.site_id
        ).name = "Other"
        _export, data = self._export()

        def other(book, columns):
            sheet = book.worksheets[0]
            for row, site in ((20, "mill"), (21, "Nowhere")):
                for key, value in {
                    "day": "02/12/2026", "start": "9:00", "technician": "Bo Tech", "site": site,
                    "type": self.type.name, "duration": 1.5,
                }.items():  # fmt: skip
                    sheet.cell(row, columns[key]).value = value

        run = self._back(self._edit(data, {}, other))
        new = run.line_ids.filtered(lambda line: line.kind == "new")
        self.assertEqual((len(new), new.row_number, new.decision), (1, 20, "todo"))
        lost = run.line_ids - new
        self.assertEqual((lost.kind, lost.row_number), ("problem", 21))
        self.assertIn("Nowhere", lost.warning)
        run.action_accept_safe()
        self.assertEqual(new.decision, "todo")
        new.action_accept()
        run.action_apply()
        mission = new.mission_id
        self.assertEqual((mission.state, mission.technician_id), ("planned", self.tech2))
        self.assertEqual(mission.planned_start, datetime(2026, 12, 2, 8, 0))
        run.action_undo()
        self.assertEqual(mission.state, "cancelled")

    def test_another_type_keeps_duration_and_instructions(self):
        _export, data = self._export()
        run = self._back(self._edit(data, {(self.first, "type"): self.bare_type.name}))
        run.line_ids.action_accept()
        run.action_apply()
        self.assertEqual(self.first.service_type_id, self.bare_type)
        self.assertEqual((self.first.planned_duration, self.first.instructions), (1.0, "Gloves"))
        run.action_undo()
        self.assertEqual(self.first.service_type_id, self.type)

    def test_started_missions_do_not_move(self):
        _export, data = self._export()
        self.first.action_publish()
        self.first.with_user(self.tech_user).action_start()
        run = self._back(self._edit(data, {(self.first, "start"): time(15, 0)}))
        self.assertEqual(self._line(run, self.first).kind, "blocked")

    def test_many_rows_are_written_in_the_background(self):
        _export, data = self._export()
        run = self._back(
            self._edit(data, {(mission, "instructions"): "Mask" for mission in self.missions})
        )
        run.line_ids.action_accept()
        with (
            patch.object(field_roundtrip, "INLINE_LINES", 1),
            patch.object(field_roundtrip, "BATCH", 2),
        ):
            run.action_apply()
            self.assertEqual(run.state, "running")
            with self.enter_registry_test_mode():
                self.env.ref("field_planning.ir_cron_field_roundtrip").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((run.state, run.progress), ("done", 100.0))
        self.assertEqual(set(self.missions.mapped("instructions")), {"Mask"})

    def test_day_on_which_the_clock_changes(self):
        day = MONDAY.replace(month=10, day=25)
        mission = self._mission("Night", 5, day=day)
        mission.planned_start = datetime(2026, 10, 25, 1, 30)  # the second 2:30 of that night
        mission.action_plan()
        _export, data = self._export(mission)
        self.assertFalse(self._back(data).line_ids)
        run = self._back(self._edit(data, {(mission, "start"): time(9, 0)}))
        run.line_ids.action_accept()
        run.action_apply()
        self.assertEqual(mission.planned_start, datetime(2026, 10, 25, 8, 0))

    def test_files_that_are_something_else(self):
        for data in (b"x", b"%PDF-1.4", b"a;b\n1;2\n"):
            with self.assertRaises(UserError):
                self._back(data)

    # ------------------------------------------------------------------ rights

    def test_refused_to_others(self):
        _export, data = self._export()
        run = self._back(self._edit(data, {(self.first, "start"): time(15, 0)}))
        for user in (self.tech_user, self.sub_user, self.office):
            with self.assertRaises(AccessError):
                self.missions.with_user(user).action_export_xlsx()
            with self.assertRaises(AccessError):
                self.env["field.mission"].with_user(user).action_export_xlsx_domain([])
            for name in ("action_compare", "action_apply", "action_undo", "poll"):
                with self.assertRaises(AccessError):
                    getattr(run.with_user(user), name)()
            with self.assertRaises(AccessError):
                run.line_ids.with_user(user).action_accept()
        with self.assertRaises(AccessError):
            run.line_ids.write({"move": {"id": self.second.id}})
        with self.assertRaises(AccessError):
            self.Export.search([], limit=1).read(["snapshot"])

    def test_another_company_sees_nothing_of_it(self):
        _export, data = self._export()
        company = self.env["res.company"].create({"name": "Else"})
        planner = new_test_user(
            self.env,
            "field_planner_else",
            groups="field_mission.group_field_planner",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self.env["field.roundtrip.export"].with_user(planner).search([]))
        run = (
            self.env["field.roundtrip"]
            .with_user(planner)
            .create({"file": base64.b64encode(data), "filename": "x.xlsx"})
        )
        with self.assertRaises(UserError):
            run.action_compare()
