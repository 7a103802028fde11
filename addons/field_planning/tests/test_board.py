from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import MONDAY, FieldPlanningCommon

WEEK = ("2026-11-29 23:00:00", "2026-12-06 23:00:00")
NINE = datetime(2026, 11, 30, 8, 0)


def stamp(moment):
    return int((moment - datetime(1970, 1, 1)).total_seconds())


@tagged("post_install", "-at_install")
class TestBoardRead(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.board = cls.env["field.mission"].with_user(cls.planner)
        cls.team = cls.env["field.team"].create({"name": "North"})
        (cls.tech | cls.tech2).field_team_id = cls.team

    def _read(self, domain=(), **options):
        return self.board.field_board_read(list(domain), *WEEK, **options)

    def _row(self, data, employee):
        return next(row for row in data["people"] if row["id"] == employee.id)

    def _free(self, name="M", **vals):
        return self._mission(name, 5, technician=self.tech, promised_kind="none", **vals)

    def test_a_planned_mission_with_its_travel(self):
        mission = self._plan(self._free(helper_ids=[Command.set(self.tech2.ids)]), 9)
        waiting = self._free("W")
        data = self._read([("id", "in", (mission | waiting).ids)])
        self.assertEqual([row["id"] for row in data["missions"]], mission.ids)
        row = data["missions"][0]
        self.assertEqual(row["start"], stamp(NINE))
        self.assertEqual(row["stop"], stamp(NINE + timedelta(hours=1)))
        self.assertEqual(row["helpers"], self.tech2.ids)
        self.assertEqual((row["site"], row["type"]), ("M", self.type.name))
        self.assertEqual([row["id"] for row in data["tray"]], waiting.ids)
        for person in self.tech | self.tech2:
            tour = self._row(data, person)["tours"][0]
            self.assertEqual(tour["stops"][0][0], mission.id)
            self.assertGreater(tour["stops"][0][2], 0)

    def test_rows_are_all_technicians_that_the_search_names(self):
        self._plan(self._free(), 9)
        ids = {row["id"] for row in self._read()["people"]}
        self.assertLessEqual(set(self.people.ids), ids)
        mine = self._read([("team_id", "=", self.team.id)])
        self.assertEqual({r["id"] for r in mine["people"]}, set((self.tech | self.tech2).ids))
        named = self._read([("technician_id", "ilike", "Bo Te")])
        self.assertEqual([r["id"] for r in named["people"]], self.tech2.ids)
        site = self._read([("site_id", "ilike", "nowhere")])
        self.assertLessEqual(set(self.people.ids), {r["id"] for r in site["people"]})
        self.tech2.is_field_technician = False
        ids = {row["id"] for row in self._read()["people"]}
        self.assertNotIn(self.tech2.id, ids)

    def test_a_search_tells_nothing_private(self):
        """Rows never depend on HR fields that a planner may not read."""
        self.tech.field_start_latitude = 12.5
        data = self._read([("team_id.member_ids", "any", [("id", "in", self.tech.ids)])])
        self.assertLessEqual(set(self.people.ids), {r["id"] for r in data["people"]})
        with self.assertRaises(AccessError):
            self._read([("technician_id.field_start_latitude", ">", 12)])

    def test_groups(self):
        zone = self.env["field.zone"].create({"name": "West", "prefix_text": "29"})
        self.tech.field_zone_ids = zone
        teams = self._read(groups=["team_id"])["groups"]
        found = {group["name"]: group["people"] for group in teams}
        self.assertEqual(set(found["North"]), set((self.tech | self.tech2).ids))
        self.assertIn(self.subcontractor.id, found[""])
        self.assertEqual(teams[-1]["name"], "")
        zones = {g["name"]: g["people"] for g in self._read(groups=["zone_id"])["groups"]}
        self.assertEqual(zones["West"], self.tech.ids)
        self.assertEqual(self._read(groups=["state"])["groups"], [])

    def test_hours_absences_and_pending_leave(self):
        self._leave(self.tech, NINE, NINE + timedelta(hours=2))
        kind = self.env["hr.leave.type"].create({"name": "Off", "requires_allocation": False})
        if "l10n_fr_reference_leave_type" in self.company._fields:
            self.company.l10n_fr_reference_leave_type = kind
        self.env["hr.leave"].create(
            {
                "name": "Secret",
                "employee_id": self.tech.id,
                "holiday_status_id": kind.id,
                "request_date_from": MONDAY + timedelta(days=1),
                "request_date_to": MONDAY + timedelta(days=1),
            }
        )
        row = self._row(self._read(), self.tech)
        monday = next(day for day in row["days"] if day["day"] == "2026-11-30")
        self.assertEqual(monday["away"][0][:2], [stamp(NINE), stamp(NINE + timedelta(hours=2))])
        self.assertEqual(
            monday["work"],
            [
                [stamp(NINE - timedelta(hours=1)), stamp(NINE)],
                [stamp(NINE + timedelta(hours=2)), stamp(NINE + timedelta(hours=8))],
            ],
        )
        self.assertEqual(len(row["pending"]), 1)
        self.assertNotIn("Secret", str(row))
        self.assertNotIn("Flu", str(row))
        self.tech.resource_calendar_id = False
        self.assertFalse(self._row(self._read(), self.tech)["has_calendar"])

    def test_tray_in_order_and_by_words(self):
        early, late = self._free("Early"), self._free("Late")
        early.promised_date = MONDAY
        late.promised_date = MONDAY + timedelta(days=3)
        late.request_id.priority = "2"
        domain = [("id", "in", (early | late).ids)]

        def ids(**tray):
            return [row["id"] for row in self._read(domain, tray=tray)["tray"]]

        self.assertEqual(ids(order="deadline"), [early.id, late.id])
        self.assertEqual(ids(order="priority"), [late.id, early.id])
        self.assertEqual(ids(order="recent"), [late.id, early.id])
        self.assertEqual(ids(search="earl"), early.ids)
        short = self._read(domain, tray={"limit": 1})
        self.assertEqual((len(short["tray"]), short["tray_count"]), (1, 2))
        # Whose technician is not known yet belongs to every row shown.
        lone = self._mission("L", 5, technician=self.env["hr.employee"], promised_kind="none")
        found = self._read([("technician_id", "=", self.tech2.id), ("id", "in", lone.ids)])
        self.assertEqual([row["id"] for row in found["tray"]], lone.ids)

    def test_refresh_of_some_rows(self):
        mission = self._plan(self._free(), 9)
        other = self._plan(self._mission("O", 9, technician=self.tech2, promised_kind="none"), 9)
        data = self._read(people=self.tech.ids, tray=False)
        self.assertEqual([row["id"] for row in data["people"]], self.tech.ids)
        ids = [row["id"] for row in data["missions"]]
        self.assertIn(mission.id, ids)
        self.assertNotIn(other.id, ids)

    def test_a_visit_across_midnight_is_in_both_days(self):
        mission = self._free()
        mission.planned_duration = 4
        self._plan(mission, 23)
        for start, stop in (
            ("2026-11-29 23:00:00", "2026-11-30 23:00:00"),
            ("2026-11-30 23:00:00", "2026-12-01 23:00:00"),
        ):
            data = self.board.field_board_read([("id", "=", mission.id)], start, stop)
            self.assertEqual([row["id"] for row in data["missions"]], mission.ids)

    def test_refusals(self):
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["field.mission"].with_user(user).field_board_read([], *WEEK)
        mission = self._plan(self._free(), 9)
        mission.action_publish()
        with self.assertRaises(AccessError):
            mission.with_user(self.tech_user).field_board_details()
        self.assertEqual(mission.with_user(self.planner).field_board_details()["conflict"], "")
        for arguments in (
            ([], "x", WEEK[1]),
            ([], WEEK[1], WEEK[0]),
            ([], "2026-01-01", "2027-01-01"),
            (["x"], *WEEK),
            ([], *WEEK, (), "tray"),
            ([], *WEEK, (), {"limit": 10**9}),
            ([], *WEEK, (), {"search": 3}),
            ([], *WEEK, (), None, ["x"]),
        ):
            with self.subTest(arguments=arguments), self.assertRaises(UserError):
                self.board.field_board_read(*arguments)

    def test_two_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        outsider = new_test_user(
            self.env,
            "outsider",
            groups="field_mission.group_field_planner",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self._plan(self._free(), 9)
        data = self.env["field.mission"].with_user(outsider).field_board_read([], *WEEK)
        self.assertEqual((data["missions"], data["tray"], data["people"]), ([], [], []))

    def test_lights_of_the_cards(self):
        site_free, lone = self._free("Ready"), self._free("Lone")
        site_free.site_id.write({"phone": "+33 2 98 00 00 00", "site_access_free": True})
        self._plan(site_free, 9)
        done = self._plan(self._free("Done"), 11)
        done.action_publish()
        done.action_start()
        ids = (site_free | lone | done).ids
        lights = {one["id"]: one for one in self.board.field_board_lights([*ids, 2**31 - 1])}
        self.assertEqual(set(lights), set((site_free | lone).ids), "only what still has to happen")
        self.assertEqual(lights[site_free.id]["level"], "green", lights[site_free.id]["reasons"])
        self.assertEqual(lights[lone.id]["level"], "orange")
        self.assertTrue(any("Nobody to call" in one for one in lights[lone.id]["reasons"]))
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["field.mission"].with_user(user).field_board_lights(ids)
        for ids in ("1", [True], [0], ["x"], [1] * 501, None):
            with self.subTest(ids=ids), self.assertRaises(UserError):
                self.board.field_board_lights(ids)

    def test_queries_of_the_lights_do_not_grow(self):
        def count(missions):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.board.field_board_lights(missions.ids)
            self.assertEqual(len(found), len(missions))
            return self.env.cr.sql_log_count - before

        missions = self.env["field.mission"]
        for number in range(12):
            mission = self._mission(
                f"L{number}", 5 + number, technician=self.people[number % 3], promised_kind="none"
            )
            missions |= self._plan(mission, 9 + number % 5, MONDAY + timedelta(days=number % 4))
        count(missions)
        three, all_of_them = count(missions[:3]), count(missions)
        self.assertLessEqual(all_of_them, three)
        self.assertLessEqual(three, 36)

    def test_queries_do_not_grow(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._read([("site_id.name", "=like", "Q%")])
            return self.env.cr.sql_log_count - before

        self._plan(self._mission("Q", 5, promised_kind="none"), 9)
        count()
        one = count()
        for number in range(8):
            mission = self._mission(
                f"Q{number}", 5 + number, technician=self.people[number % 3], promised_kind="none"
            )
            self._plan(mission, 9 + number % 5, MONDAY + timedelta(days=number % 4))
            self._mission(f"Q{number}", 3)
        self.assertEqual(count(), one)
        self.assertLessEqual(one, 12)
