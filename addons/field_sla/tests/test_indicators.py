import random
import statistics
from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from ..wizard.field_indicators_line import INDICATORS
from .common import at, paris
from .test_measures import MeasuresCommon

MINUTE = timedelta(minutes=1)


@tagged("post_install", "-at_install")
class TestIndicators(MeasuresCommon):
    """The page of indicators, counted again by hand and by plain SQL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A customer of their own: the database may hold visits of others.
        cls.env["field.mission"].search([("arrival_date", "!=", False)]).active = False

    def _fortnight(self, count=40):
        """Live visits of two weeks: some early, some late, some never promised, some cancelled."""
        rng = random.Random(6)
        missions = self.env["field.mission"]
        for number in range(count):
            day = f"2026-{'11-2' if number % 2 else '12-0'}{rng.randrange(3, 5)}"
            slot = {}
            if number % 5:
                slot = {
                    "promised_kind": "window",
                    "promised_start": paris(f"{day} 09:00"),
                    "promised_end": paris(f"{day} 10:00"),
                }
            mission = self._mission(f"{day} 07:00", **slot)
            arrival = paris(f"{day} 08:30") + rng.randrange(120) * MINUTE
            stop = arrival + rng.randrange(10, 90) * MINUTE
            mission.sudo()._guarded_write(
                {
                    "state": "cancelled" if number % 13 == 12 else "done",
                    "actual_start": arrival,
                    "actual_start_server": arrival,
                    "actual_end": stop,
                    "actual_end_server": stop,
                }
            )
            self.env["field.mission.time"].sudo().create(
                {
                    "mission_id": mission.id,
                    "employee_id": self.tech.id,
                    "kind": "on_site",
                    "start": arrival,
                    "stop": stop,
                }
            )
            missions |= mission
        self.env.flush_all()
        return missions

    def _page(self, user=None, **vals):
        with at("2026-12-31 12:00"):
            return self.env["field.indicators"].with_user(user or self.planner).create(vals)

    def _line_of(self, page, kind):
        return page.line_ids.filtered(lambda line: line.kind == kind)

    def _recount(self, start, stop):
        """Count from the facts themselves, in plain SQL: no measure is read."""
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT extract(epoch FROM m.actual_start - r.date_received) / 3600 AS response,
                       m.promised_start IS NOT NULL AS promised,
                       m.actual_start < m.promised_start AS early,
                       m.actual_start > m.promised_end AS late,
                       (SELECT sum(extract(epoch FROM t.stop - t.start)) / 3600
                          FROM field_mission_time t
                         WHERE t.mission_id = m.id AND t.kind = 'on_site') AS on_site
                  FROM field_mission m JOIN field_request r ON r.id = m.request_id
                 WHERE m.active AND m.company_id = %s AND m.state = 'done'
                   AND (m.actual_start AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Paris')::date
                       BETWEEN %s AND %s
                """,
                self.company.id,
                start,
                stop,
            )
        )
        promised = [row for row in rows if row["promised"]]
        return {
            "rows": rows,
            "response": [float(row["response"]) for row in rows],
            "on_site": [float(row["on_site"]) for row in rows],
            "judged": len(promised),
            "early": sum(row["early"] for row in promised),
            "on_time": sum(not row["early"] and not row["late"] for row in promised),
        }

    def test_figures_are_those_of_a_plain_recount(self):
        self._fortnight()
        page = self._page()
        self.assertEqual((str(page.date_from), str(page.date_to)), ("2026-12-01", "2026-12-31"))
        known = self._recount("2026-12-01", "2026-12-31")
        self.assertGreater(known["early"], 0)
        self.assertLess(known["on_time"] + known["early"], known["judged"])
        now, before = page._read_figures()
        count = len(known["rows"])
        figure = now["response_clock"][0]
        self.assertEqual(figure.count, count)
        self.assertAlmostEqual(figure.mean, statistics.mean(known["response"]), 6)
        self.assertAlmostEqual(figure.median, statistics.median(known["response"]), 6)
        self.assertAlmostEqual(
            figure.p90, statistics.quantiles(known["response"], n=10, method="inclusive")[8], 6
        )
        self.assertAlmostEqual(now["on_site"][0].mean, statistics.mean(known["on_site"]), 6)
        self.assertEqual(
            (now["punctual"][0].count, now["punctual"][1]), (known["judged"], known["on_time"])
        )
        self.assertEqual(
            (now["early"][0].count, now["early"][1]), (known["judged"], known["early"])
        )
        self.assertEqual(now["first_time_fix"][0].count, count)
        former = self._recount("2026-11-01", "2026-11-30")
        self.assertEqual(before["punctual"][0].count, former["judged"])
        self.assertEqual(before["punctual"][1], former["on_time"])

    def test_each_list_holds_exactly_what_was_counted(self):
        self._fortnight()
        page = self._page()
        seen = 0
        for line in page.line_ids:
            with self.subTest(kind=line.kind):
                missions = self.env["field.mission"].with_user(self.planner)
                action = line.action_open_counted()
                self.assertEqual(missions.search_count(action["domain"]), line.count)
                self.assertEqual(action["views"][0][1], "list")
                if line.is_rate:
                    found = missions.search_count(line.action_open_hits()["domain"])
                    self.assertEqual(found, line.hits)
                    seen += bool(line.hits)
        self.assertEqual(page.line_ids.mapped("kind"), list(INDICATORS))
        self.assertGreater(seen, 2)

    def test_groups_of_the_pivot_add_up(self):
        self._fortnight()
        page = self._page()
        groups = self.env["field.mission"].with_user(self.planner)._read_group(
            page.action_analyse()["domain"], ["service_type_id"], ["punctual_rate:avg", "__count"]
        )  # fmt: skip
        line = self._line_of(page, "punctual")
        self.assertEqual(len(groups), 1)
        self.assertAlmostEqual(groups[0][1], 100 * line.hits / line.count)

    def test_filters(self):
        missions = self._fortnight(20)
        other = self.env["field.service.type"].create({"name": "Other"})
        missions[:6].sudo().service_type_id = other
        self.env.flush_all()
        page = self._page()
        total = self._line_of(page, "on_site").count
        page.service_type_id = other
        found = self._line_of(page, "on_site").count
        self.assertLess(found, total)
        self.assertEqual(
            found,
            self.env["field.mission"].search_count(
                [
                    ("service_type_id", "=", other.id),
                    ("arrival_date", ">=", page.date_from),
                    ("arrival_date", "<=", page.date_to),
                ]
            ),
        )

    def test_small_samples_say_so_and_are_not_compared(self):
        self._fortnight(6)
        line = self._line_of(self._page(), "punctual")
        self.assertTrue(0 < line.count < 5)
        self.assertTrue(line.is_small)
        self.assertEqual(line.remark, "Small sample: fewer than 5 visits")
        self.assertFalse(line.change)
        self.assertFalse(line.trend)
        self.company.field_indicator_min = 1
        line = self._line_of(self._page(), "punctual")
        self.assertFalse(line.is_small)
        self.assertTrue(line.change)

    def test_nothing_yet(self):
        page = self._page()
        for line in page.line_ids:
            self.assertEqual((line.count, line.figure, line.remark), (0, "", ""), line.kind)

    def test_each_indicator_says_what_it_means(self):
        lines = self._page().line_ids
        texts = lines.mapped("definition")
        self.assertTrue(all(len(text) > 20 for text in texts))
        self.assertEqual(len(set(texts)), len(INDICATORS))

    def test_changed_filters_say_that_the_figures_are_old(self):
        with at("2026-12-31 12:00"), Form(self._page()) as form:
            form.period = "last_month"
            self.assertTrue(form.is_stale)
            self.assertEqual(str(form.date_from), "2026-11-01")
        self.assertFalse(form.record.is_stale)
        with self.assertRaises(ValidationError):
            form.record.write({"period": "custom", "date_to": "2026-10-01"})

    def test_only_the_office_opens_it(self):
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._page(user)
        page = self._page()
        with self.assertRaises(AccessError):
            page.line_ids[0].with_user(self.tech_user).action_open_counted()

    def test_other_companies_are_not_counted(self):
        self._fortnight(8)
        other = self.env["res.company"].create({"name": "Other company"})
        self.manager.write({"company_ids": [(4, other.id)]})
        page = self.env["field.indicators"].with_user(self.manager)
        with at("2026-12-31 12:00"):
            mine = page.create({})
            theirs = page.with_context(allowed_company_ids=other.ids).create({})
        self.assertTrue(self._line_of(mine, "on_site").count)
        self.assertFalse(self._line_of(theirs, "on_site").count)

    def test_the_page_counts_in_a_fixed_number_of_queries(self):
        page = self._page()
        counts = []
        for count in (2, 30):
            self._fortnight(count)
            page._read_figures()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            page._read_figures()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
