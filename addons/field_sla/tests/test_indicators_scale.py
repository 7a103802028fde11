import time

from odoo.tests import tagged
from odoo.tools import SQL

from .common import SlaCommon, at

FEW, MANY = 20_000, 1_000_000
YEARS = 4


class ScaleCommon(SlaCommon):
    def _fill(self, count):
        """Copy one mission ``count`` times over four years, oldest first, measured at random."""
        with at("2026-12-01 08:00"):
            mission = self._mission("2026-12-01 08:00")
        self.env.flush_all()
        made_up = {
            "name": SQL("'scale ' || n"),
            "state": SQL("'done'"),
            "arrival_date": SQL(
                "DATE '2026-12-31' - ((%s - n) * %s / %s)::int", count, YEARS * 365, count
            ),
            "response_hours": SQL("CASE WHEN n %% 3 > 0 THEN random() * 40 END"),
            "response_clock_hours": SQL("CASE WHEN n %% 3 > 0 THEN random() * 90 END"),
            "punctuality": SQL(
                "(ARRAY['on_time', 'on_time', 'early', 'late', 'customer', NULL])[n %% 6 + 1]"
            ),
            "first_punctuality": SQL("(ARRAY['on_time', 'late', NULL])[n %% 3 + 1]"),
            "first_time_fix": SQL("CASE WHEN n %% 7 > 0 THEN 100 ELSE 0 END"),
            "rework": SQL("CASE WHEN n %% 9 > 0 THEN 0 ELSE 100 END"),
            "on_site_hours": SQL("random() * 4"),
        }
        rows = self.env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'field_mission' AND is_generated = 'NEVER'"
            )
        )
        names = [name for (name,) in rows if name != "id" and name not in made_up]
        self.cr.execute(
            SQL(
                "INSERT INTO field_mission (%s) SELECT %s"
                " FROM field_mission m, generate_series(1, %s) n WHERE m.id = %s",
                SQL(", ").join(map(SQL.identifier, [*names, *made_up])),
                SQL(", ").join([*(SQL.identifier("m", name) for name in names), *made_up.values()]),
                count,
                mission.id,
            )
        )
        self.cr.execute("ANALYZE field_mission")
        self.env.invalidate_all()

    def _month(self):
        with at("2026-12-31 12:00"):
            return self.env["field.indicators"].with_user(self.planner).create({})

    def _check_figures(self, page):
        """Compare with a recount that shares nothing with the page."""
        now, before = page._read_figures()
        for figures, start, stop in (
            (now, page.date_from, page.date_to),
            (before, page.before_from, page.before_to),
        ):
            [row] = self.env.execute_query(
                SQL(
                    "SELECT count(response_hours), avg(response_hours),"
                    " percentile_cont(0.9) WITHIN GROUP (ORDER BY response_hours),"
                    " sum((punctuality IN ('on_time', 'early', 'late'))::int),"
                    " sum((punctuality = 'on_time')::int), sum((rework = 100)::int), count(*)"
                    " FROM field_mission WHERE active AND company_id = %s"
                    " AND arrival_date >= %s AND arrival_date <= %s",
                    self.company.id,
                    start,
                    stop,
                )
            )
            self.assertGreater(row[-1], 100)
            response = figures["response"][0]
            self.assertEqual((response.count, response.p90), (row[0], row[2]))
            self.assertAlmostEqual(response.mean, row[1], 6)
            self.assertEqual((figures["punctual"][0].count, figures["punctual"][1]), row[3:5])
            self.assertEqual(figures["rework"][1], row[5])

    def _explain(self, page):
        """Return how the database reads the page's visits."""
        missions = self.env["field.mission"].with_user(self.planner)
        query = missions._search(page._get_mission_domain(page.before_from, page.date_to))
        plan = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        return "\n".join(line for (line,) in plan)


@tagged("post_install", "-at_install")
class TestIndicatorsIndex(ScaleCommon):
    def test_two_months_are_found_by_the_index(self):
        self._fill(FEW)
        page = self._month()
        plan = self._explain(page)
        self.assertIn("field_mission_arrival_idx", plan)
        self.assertNotIn("Seq Scan on field_mission", plan)
        self._check_figures(page)


@tagged("post_install", "-at_install", "-standard", "nightly")
class TestIndicatorsScale(ScaleCommon):
    """A million visits: the page, its lists and its tables answer within a second."""

    def _cpu(self, call):
        call()
        self.env.invalidate_all()
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    def test_a_million_visits(self):
        self._fill(MANY)
        page = self._month()
        self.assertIn("field_mission_arrival_idx", self._explain(page))
        self._check_figures(page)
        missions = self.env["field.mission"].with_user(self.planner)
        domain = page.action_analyse()["domain"]
        counted = page.line_ids[0].action_open_counted()["domain"]
        spent = {
            "page": self._cpu(page._count),
            "list": self._cpu(
                lambda: missions.search_fetch(counted, ["name", "response_hours"], limit=80)
            ),
            "pivot": self._cpu(
                lambda: missions._read_group(
                    domain, ["team_id", "arrival_date:week"], ["punctual_rate:avg", "__count"]
                )
            ),
        }
        page.period = "quarter"
        spent["quarter"] = self._cpu(page._count)
        self.assertLess(max(spent.values()), 1.0, spent)
