import json
import threading
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ..core import travel_learning
from .common import HOME, FieldPlanningCommon

POINTS = [(48.0, -4.1), (48.05, -4.0), (48.1, -4.2)]


class _Router(BaseHTTPRequestHandler):
    """Speaks OSRM's table protocol: a minute and a kilometre per 0.01 degree of latitude."""

    def do_GET(self):
        url = urlsplit(self.path)
        places = url.path.rpartition("/")[2].split(";")
        latitudes = [float(place.split(",")[1]) for place in places]
        query = parse_qs(url.query)
        rows = [int(number) for number in query["sources"][0].split(";")]
        columns = [int(number) for number in query["destinations"][0].split(";")]
        self.server.asked.append(len(places))
        answer = {
            "code": "Ok",
            "durations": [[abs(latitudes[i] - latitudes[j]) * 6000 for j in columns] for i in rows],
            "distances": [
                [abs(latitudes[i] - latitudes[j]) * 100_000 for j in columns] for i in rows
            ],
            "sources": [{"distance": 5.0} for _row in rows],
            "destinations": [{"distance": 5.0} for _column in columns],
        }
        body = self.server.body or json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@tagged("post_install", "-at_install")
class TestTravel(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.travel = cls.env["field.travel"]

    def _router(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Router)
        server.asked, server.status, server.body = [], 200, None
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.company.write(
            {
                "field_travel_provider": "osrm",
                "field_osrm_url": f"http://127.0.0.1:{server.server_port}",
            }
        )
        return server

    # ------------------------------------------------------------------ estimates

    def test_matrix_by_distance(self):
        seconds, metres = self.travel._get_matrix(self.company, [POINTS[0], None, POINTS[1]])
        self.assertEqual(seconds[0][1], 0)
        self.assertEqual(seconds[0][0], 0)
        self.assertAlmostEqual(metres[0][2], 1.3 * 9300, delta=300)
        self.assertAlmostEqual(seconds[0][2], metres[0][2] / (50 / 3.6), delta=2)

    def test_rush_hours_slow_down(self):
        self.env["field.travel.speed"].create(
            {"day_kind": "workday", "hour_from": 7.5, "hour_to": 9.0, "factor": 0.5}
        )
        calm = self.travel._get_matrix(self.company, POINTS, datetime(2026, 11, 30, 10, 0))[0]
        # 7:00 UTC is 8:00 in Paris, in winter; in summer it is 9:00.
        rush = self.travel._get_matrix(self.company, POINTS, datetime(2026, 11, 30, 7, 0))[0]
        summer = self.travel._get_matrix(self.company, POINTS, datetime(2026, 7, 6, 7, 0))[0]
        sunday = self.travel._get_matrix(self.company, POINTS, datetime(2026, 11, 29, 7, 0))[0]
        self.assertAlmostEqual(rush[0][1], 2 * calm[0][1], delta=2)
        self.assertEqual(summer, calm)
        self.assertEqual(sunday, calm)
        day = self.travel._get_matrix(self.company, POINTS, date(2026, 11, 30))[0]
        self.assertTrue(calm[0][1] < day[0][1] < rush[0][1])

    def test_zone_rule_comes_first_and_over_midnight(self):
        zone = self.env["field.zone"].create({"name": "Town", "prefix_text": "29"})
        site = self._place("Town hall", 5, zip="29000")
        self.assertEqual(site.site_zone_id, zone)
        point = site.partner_latitude, site.partner_longitude
        lines = self.env["field.travel.speed"]
        lines.create({"day_kind": "all", "hour_from": 21, "hour_to": 6, "factor": 2.0})
        lines.create(
            {"day_kind": "all", "hour_from": 21, "hour_to": 6, "factor": 1.0, "zone_id": zone.id}
        )
        night = datetime(2026, 11, 30, 1, 0)
        calm = self.travel._get_legs(self.company, [(point, HOME)])[0][0]
        legs = self.travel._get_legs(self.company, [(point, HOME), (HOME, None)], night)
        # Half of the way in town at the usual speed, the other half twice as fast.
        self.assertAlmostEqual(legs[0][0], calm * 0.75, delta=2)
        self.assertEqual(legs[1], (0, 0))

    def test_speed_in_kmh_and_doubles(self):
        lines = self.env["field.travel.speed"]
        line = lines.create({"kind": "speed", "speed": 25.0, "hour_from": 22, "hour_to": 2})
        self.assertEqual(lines._get_rules(self.company)[0].share, 0.5)
        with self.assertRaises(ValidationError):
            lines.create({"hour_from": 1, "hour_to": 3})
        line.hour_to = 23
        lines.create({"hour_from": 1, "hour_to": 3})

    def test_usual_hours_once(self):
        lines = self.env["field.travel.speed"].with_user(self.manager)
        lines.action_add_usual()
        count = lines.search_count([])
        self.assertEqual(count, 3)
        lines.action_add_usual()
        self.assertEqual(lines.search_count([]), count)
        with self.assertRaises(AccessError):
            lines.with_user(self.planner).action_add_usual()

    def test_tours_use_the_rules(self):
        mission = self._plan(self._mission("A", 20, hour=10), 10)
        before = self._tour().travel_minutes
        self.env["field.travel.speed"].create(
            {"day_kind": "all", "hour_from": 0, "hour_to": 24, "factor": 0.5}
        )
        self._tour().action_retime()
        self.assertAlmostEqual(self._tour().travel_minutes, 2 * before, delta=2)
        self.assertFalse(mission.tour_conflict)

    # ------------------------------------------------------------------ router

    def test_router_is_asked_once(self):
        server = self._router()
        seconds, metres = self.travel._get_matrix(self.company, POINTS)
        self.assertEqual([seconds[0][1], seconds[0][2]], [300, 600])
        self.assertEqual([metres[0][1], metres[2][0]], [5000, 10000])
        self.assertEqual(len(server.asked), 1)
        self.travel._get_matrix(self.company, POINTS)
        self.assertEqual(self.travel._get_legs(self.company, [POINTS[:2]])[0], (300, 5000))
        self.assertEqual(len(server.asked), 1)
        self.assertFalse(self.company.field_travel_failure)

    def test_big_tables_come_in_blocks(self):
        server = self._router()
        self.company.field_osrm_table_size = 10
        points = [(48 + number / 1000, -4.0) for number in range(12)]
        seconds, _metres = self.travel._get_matrix(self.company, points)
        self.assertEqual(seconds[0][11], 66)
        self.assertLessEqual(max(server.asked), 10)
        self.assertEqual(len(server.asked), 9)
        # Single legs: no table of all the points.
        server.asked.clear()
        far = [((49 + n / 1000, -4.0), (49.5 + n / 1000, -4.0)) for n in range(5)]
        self.assertEqual(set(self.travel._get_legs(self.company, far)), {(3000, 50000)})
        self.assertEqual(server.asked, [10])

    def test_failure_falls_back_and_is_seen(self):
        server = self._router()
        plain = self.travel._get_geodesic(self.company, POINTS)
        server.status, server.body = 503, b"busy"
        self.assertEqual(self.travel._get_matrix(self.company, POINTS), plain)
        self.assertIn("503", self.company.field_travel_failure)
        count = len(server.asked)
        self.travel._get_matrix(self.company, POINTS)
        self.assertEqual(len(server.asked), count, "left alone for some minutes")
        server.status, server.body = 200, None
        self.company.field_travel_failure_date = fields.Datetime.now() - timedelta(minutes=6)
        self.assertEqual(self.travel._get_matrix(self.company, POINTS)[0][0][1], 300)
        self.assertFalse(self.company.field_travel_failure)

    def test_router_that_is_not_there(self):
        self.company.write(
            {"field_travel_provider": "osrm", "field_osrm_url": "http://127.0.0.1:9"}
        )
        plain = self.travel._get_geodesic(self.company, POINTS)
        self.assertEqual(self.travel._get_matrix(self.company, POINTS), plain)
        self.assertTrue(self.company.field_travel_failure)

    def test_nonsense_from_the_router(self):
        server = self._router()
        plain = self.travel._get_geodesic(self.company, POINTS)
        for body in (
            b"[]",
            b'{"code": "Ok"}',
            b'{"code": "NoTable"}',
            b'{"code":"Ok","durations":[[1]],"distances":[[1]],"sources":[],"destinations":[]}',
        ):
            with self.subTest(body=body):
                self.company.field_travel_failure_date = False
                server.body = body
                self.assertEqual(self.travel._get_matrix(self.company, POINTS), plain)
                self.assertTrue(self.company.field_travel_failure)

    def test_router_address_is_checked(self):
        for address in ("file:///etc/passwd", "ftp://host", "nothing", False):
            with self.assertRaises(ValidationError):
                self.company.write({"field_travel_provider": "osrm", "field_osrm_url": address})

    def test_optimiser_gets_the_roads(self):
        self._router()
        missions = [self._mission(f"M{n}", 4 * n, technician=self.tech) for n in range(1, 4)]
        run = self._run()
        builder, _snapshot = run._build_problem()
        self.assertEqual(len(builder.problem()["travel"][0]["points"]), 4)
        self.assertEqual(run.state, "proposed")
        run.action_accept()
        # All on one latitude: no travel for this router.
        self.assertEqual(sum(m.stop_ids.travel_minutes for m in missions), 0)

    def test_cache_is_purged(self):
        self._router()
        self.travel._get_matrix(self.company, POINTS)
        pairs = self.env["field.travel.pair"]
        self.assertEqual(pairs.search_count([("provider", "like", "osrm %")]), 6)
        self.env.cr.execute("UPDATE field_travel_pair SET date = date - 400")
        pairs._gc_pairs()
        self.assertFalse(pairs.search_count([]))

    def test_queries_do_not_grow(self):
        self._router()
        points = [(47 + n / 1000, -4.0) for n in range(40)]
        for count in (5, 40):
            self.travel._get_matrix(self.company, points[:count])
            self.env.flush_all()
            with self.assertQueryCount(5):
                self.travel._get_matrix(self.company, points[:count])

    # ------------------------------------------------------------------ learning

    def _drive(self, mission, minutes, day=date(2026, 11, 2), hour=9, person=None):
        """A travel as tapped, and the arrival."""
        start = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour - 1)
        person = person or self.tech
        stop = start + timedelta(minutes=minutes)
        times = self.env["field.mission.time"]
        travel = times.create(
            {"mission_id": mission.id, "employee_id": person.id, "kind": "travel",
             "start": start, "stop": stop}
        )  # fmt: skip
        times.create(
            {"mission_id": mission.id, "employee_id": person.id, "kind": "on_site",
             "start": stop, "stop": stop + timedelta(minutes=30)}
        )  # fmt: skip
        return travel

    def _learn(self):
        with (
            patch.object(fields.Datetime, "now", lambda: datetime(2026, 11, 28, 3, 0)),
            patch.object(fields.Date, "today", lambda: date(2026, 11, 28)),
        ):
            taken = self.env["field.travel.sample"]._take_in(self.company)
            self.env["field.travel.ratio"]._learn(self.company)
        return taken

    def test_clicks_correct_the_estimate(self):
        zone = self.env["field.zone"].create({"name": "Town", "prefix_text": "29"})
        site = self._place("Town", 20, zip="29000")
        mission = self._mission("A", 20)
        mission.site_id = site
        point = site.partner_latitude, site.partner_longitude
        when = datetime(2026, 12, 1, 8, 0)
        plain = self.travel._get_legs(self.company, [(HOME, point)], when)[0][0]
        day, travel = date(2026, 11, 2), None
        for number in range(24):
            if day.weekday() < 5:
                travel = self._drive(mission, 1.5 * plain / 60 + number % 3 - 1, day)
            day += timedelta(days=1)
        # A forgotten click is no traffic.
        self._drive(mission, 230, date(2026, 11, 26), hour=6)
        self.company.field_travel_learning_min = 10
        self.assertEqual(self._learn(), 19)
        self.assertTrue(travel.travel_seen)
        line = self.env["field.travel.ratio"].search(
            [("level", "=", "pair"), ("to_zone_id", "=", zone.id)]
        )
        self.assertEqual(line.count, 18)
        self.assertFalse(line.from_zone_id)
        self.assertGreater(line.ratio, 1.3)
        self.assertGreater(line.error_before, 25)
        self.assertLess(line.error_after, 10)
        learned = self.travel._get_legs(self.company, [(HOME, point)], when)[0][0]
        self.assertTrue(1.35 < learned / plain < 1.52)
        # Nothing twice.
        self.assertEqual(self._learn(), 0)
        self.company.field_travel_learning = False
        self.assertEqual(self.travel._get_legs(self.company, [(HOME, point)], when)[0][0], plain)

    def test_samples_name_nobody(self):
        mission = self._mission("A", 20)
        self._drive(mission, 40)
        self.assertEqual(self._learn(), 1)
        sample = self.env["field.travel.sample"].search([], limit=1)
        names = set(sample._fields)
        self.assertFalse(
            {n for n in names if "employee" in n or "user" in n or "mission" in n or "site" in n}
        )
        self.assertNotIn("create_uid", names)
        self.assertEqual(sample.week, date(2026, 11, 2))
        self.assertEqual(sample.hour, 9)

    def test_over_midnight(self):
        one, other = self._mission("A", 10), self._mission("B", 20)
        self._drive(one, 20, hour=23)
        self._drive(other, 20, hour=24)
        lines = self.env["field.mission.time"].search([("employee_id", "=", self.tech.id)])
        legs = self.env["field.travel.sample"]._find_legs(lines)
        self.assertEqual([(leg.origin, leg.destination) for leg in legs],
                         [(None, one.id), (one.id, other.id)])  # fmt: skip

    def test_rights(self):
        for user in (self.tech_user, self.sub_user, self.customer_user):
            for name in ("field.travel.ratio", "field.travel.sample", "field.travel.speed",
                         "field.travel.pair"):  # fmt: skip
                with self.assertRaises(AccessError):
                    self.env[name].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.env["field.travel.ratio"].with_user(user).action_learn_now()
        self.env["field.travel.ratio"].with_user(self.planner).search([])
        with self.assertRaises(AccessError):
            self.env["field.travel.pair"].with_user(self.planner).search([])
        with self.assertRaises(AccessError):
            self.env["field.travel.ratio"].with_user(self.planner).action_learn_now()
        self.env["field.travel.ratio"].with_user(self.manager).action_learn_now()
        self.assertEqual(travel_learning.Ratios().get(1, 2, "workday", 8), 1)
