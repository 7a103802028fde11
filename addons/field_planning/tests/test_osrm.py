from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..optimizer.osrm import OsrmClient, OsrmError
from .common import FieldPlanningCommon
from .osrm_server import ISLAND, ONE_WAY, SIDE, SPEED_KMH, OsrmServer, crossing

# Metres of a degree on this latitude.
NORTH, EAST = 111_200, 74_500
FAR_AWAY = (47.0, -3.0)


@tagged("post_install", "-at_install")
class TestOsrm(FieldPlanningCommon):
    """Travel on roads, told by OSRM's own server (`osrm-routed`, MLD)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = OsrmServer()
        cls.addClassCleanup(cls.server.close)
        cls.travel = cls.env["field.travel"]
        cls.pairs = cls.env["field.travel.pair"]

    def setUp(self):
        super().setUp()
        self.company.write({"field_travel_provider": "osrm", "field_osrm_url": self.server.address})

    def _points(self, count):
        """Crossings of the town, none on its one-way road."""
        columns = [column for column in range(SIDE) if column != ONE_WAY]
        return [crossing(row, column) for row in range(SIDE) for column in columns][:count]

    def _assert_on_roads(self, points, seconds, metres):
        """Each way is as long as streets at right angles make it, at the streets' speed."""
        for a, origin in enumerate(points):
            for b, goal in enumerate(points):
                way = abs(origin[0] - goal[0]) * NORTH + abs(origin[1] - goal[1]) * EAST
                # At the town's edge the one-way road costs nobody a detour.
                self.assertAlmostEqual(metres[a][b], way, delta=0.01 * way + 5, msg=(origin, goal))
                at_least = metres[a][b] / (SPEED_KMH / 3.6)
                self.assertGreaterEqual(seconds[a][b] + 1, at_least)
                # Turns, and driving a little below the limit.
                self.assertLessEqual(seconds[a][b], 1.5 * at_least + 60)

    def _kill(self):
        """End the server; the next test finds it running."""
        self.server.kill()
        self.addCleanup(self.server.start)

    def _stored(self):
        return self.pairs.search_count([("provider", "like", self.server.address)])

    # ------------------------------------------------------------------ the client

    def test_the_server_answers_and_says_what_it_refuses(self):
        client = OsrmClient(self.server.address)
        client.check()
        points = self._points(101)
        with self.assertRaises(OsrmError) as caught:
            list(OsrmClient(self.server.address, size=202).table(points, points))
        self.assertEqual(caught.exception.code, "refused")
        self.assertIn("Too many", caught.exception.detail)
        # The same table in requests of 100 points, which is what the server allows.
        blocks = list(client.table(points, points))
        self.assertEqual(len(blocks), 9)
        self.assertEqual(sum(len(rows) * len(columns) for rows, columns, _cells in blocks), 101**2)
        self.assertTrue(all(cell for *_numbers, cells in blocks for row in cells for cell in row))

    # ------------------------------------------------------------------ the provider

    def test_a_matrix_of_more_points_than_one_request_holds(self):
        points = self._points(130)
        seconds, metres = self.travel._get_matrix(self.company, points)
        self._assert_on_roads(points, seconds, metres)
        self.assertFalse(self.company.field_travel_failure)
        self.assertEqual(self._stored(), 130 * 129)
        # On roads, not as the crow flies.
        plain = self.travel._get_geodesic(self.company, points)[1]
        self.assertNotEqual(metres, plain)

    def test_there_and_back_differ_on_a_one_way_road(self):
        south, north = crossing(0, ONE_WAY), crossing(5, ONE_WAY)
        (there, back) = self.travel._get_legs(self.company, [(south, north), (north, south)])
        self.assertAlmostEqual(there[1], 5 * 0.005 * NORTH, delta=30)
        # Around by the next road: over, down and over again.
        self.assertAlmostEqual(back[1] - there[1], 2 * 0.005 * EAST, delta=30)
        self.assertGreater(back[0], there[0])

    def test_without_a_way_distance_stands_in(self):
        points = [crossing(0, 0), crossing(4, 5), ISLAND[0], ISLAND[1], FAR_AWAY]
        seconds, metres = self.travel._get_matrix(self.company, points)
        plain = self.travel._get_geodesic(self.company, points)
        self._assert_on_roads(points[:2], seconds, metres)
        self.assertAlmostEqual(metres[2][3], 0.001 * NORTH, delta=5)
        lost = [(a, b) for a in range(5) for b in range(5) if a != b]
        lost = [pair for pair in lost if pair not in ((0, 1), (1, 0), (2, 3), (3, 2))]
        for a, b in lost:
            self.assertEqual((seconds[a][b], metres[a][b]), (plain[0][a][b], plain[1][a][b]))
        # That is known of these pairs, and no failure of the server.
        self.assertFalse(self.company.field_travel_failure)
        self.assertEqual(self.pairs.search_count([("reachable", "=", False)]), len(lost))

    def test_each_pair_is_asked_once(self):
        points = self._points(6)
        first = self.travel._get_matrix(self.company, points[:4])
        self.assertEqual(self._stored(), 12)
        self.travel._get_matrix(self.company, points)
        self.assertEqual(self._stored(), 30)
        self._kill()
        # All known: nobody notices that there is no server any more.
        seconds, metres = self.travel._get_matrix(self.company, points)
        self._assert_on_roads(points, seconds, metres)
        self.assertEqual(seconds[0][:4], first[0][0])
        self.assertEqual(self.travel._get_legs(self.company, [points[:2]])[0], (
            seconds[0][1], metres[0][1]
        ))  # fmt: skip
        self.assertFalse(self.company.field_travel_failure)

    def test_a_server_that_dies_and_comes_back(self):
        points = self._points(8)
        self.travel._get_matrix(self.company, points[:4])
        self._kill()
        seconds, metres = self.travel._get_matrix(self.company, points)
        plain = self.travel._get_geodesic(self.company, points)
        self._assert_on_roads(points[:4], seconds, metres)
        self.assertEqual((seconds[6][7], metres[1][7]), (plain[0][6][7], plain[1][1][7]))
        self.assertIn("can't be reached", self.company.with_context(lang="en_US")
                      .field_travel_failure)  # fmt: skip
        self.assertEqual(self._stored(), 12)
        self.server.start()
        self.company.field_travel_failure_date = fields.Datetime.now() - timedelta(minutes=6)
        seconds, metres = self.travel._get_matrix(self.company, points)
        self._assert_on_roads(points, seconds, metres)
        self.assertFalse(self.company.field_travel_failure)
        self.assertEqual(self._stored(), 56)

    # ------------------------------------------------------------------ the optimiser

    def _day_in_town(self):
        """Missions of the day at crossings of the town, where the technician lives too."""
        self.tech.write(
            {"field_start_latitude": crossing(0, 0)[0], "field_start_longitude": crossing(0, 0)[1]}
        )
        places = [crossing(10, 12), crossing(2, 1), crossing(10, 1), crossing(1, 12)]
        missions = self.env["field.mission"]
        for number, (latitude, longitude) in enumerate(places):
            mission = self._mission(f"Town {number}", number + 1, technician=self.tech)
            mission.site_id.write({"partner_latitude": latitude, "partner_longitude": longitude})
            missions |= mission
        return missions, places

    def test_a_proposal_drives_on_roads(self):
        missions, places = self._day_in_town()
        run = self._run()
        self.assertEqual(run.state, "proposed")
        self.assertFalse(run.without_router)
        run.action_accept()
        order = missions.sorted("planned_start").mapped("site_id")
        stops = [(site.partner_latitude, site.partner_longitude) for site in order]
        self.assertEqual(sorted(stops), sorted(places))
        legs = [crossing(0, 0), *stops, crossing(0, 0)]
        metres = sum(
            abs(a[0] - b[0]) * NORTH + abs(a[1] - b[1]) * EAST
            for a, b in zip(legs, legs[1:], strict=False)
        )
        self.assertAlmostEqual(run.km_after, metres / 1000, delta=0.02 * metres / 1000)
        # Once around the town: no way of four stops is shorter.
        around = 2 * (10 * 0.005 * NORTH + 12 * 0.005 * EAST) / 1000
        self.assertAlmostEqual(run.km_after, around, delta=0.06 * around)

    def test_a_proposal_without_the_server_says_so(self):
        self._day_in_town()
        self._kill()
        run = self._run()
        self.assertEqual(run.state, "proposed")
        self.assertTrue(run.without_router)
