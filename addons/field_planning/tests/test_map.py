from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestMap(FieldPlanningCommon):
    """What the maps show: everything that the search finds, with or without a place."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.placed = cls._plan(cls._mission("North", 5, 9), 9)
        cls.lost = cls._mission("Nowhere", 6)
        cls.lost.site_id.write({"partner_latitude": 0, "partner_longitude": 0})
        cls.both = cls.placed | cls.lost

    def _read(self, model, records, user=None):
        maps = self.env["field.map"].with_user(user or self.planner)
        return maps.get_data(model, [("id", "in", records.ids)])

    def test_missions_without_a_place_are_listed(self):
        data = self._read("field.mission", self.both)
        self.assertEqual([point["id"] for point in data["points"]], self.placed.ids)
        self.assertEqual([one["id"] for one in data["missing"]], self.lost.ids)
        self.assertTrue(data["missing"][0]["reason"])
        self.assertEqual(data["total"], 2)
        groups = {entry["group"] for entry in (*data["points"], *data["missing"])}
        self.assertEqual({group["key"] for group in data["groups"]}, groups)

    def test_sites_by_what_is_to_be_done_there(self):
        data = self._read("res.partner", self.both.site_id)
        found = {entry["id"]: entry["group"] for entry in (*data["points"], *data["missing"])}
        self.assertEqual(found[self.placed.site_id.id], "planned")
        self.assertEqual(found[self.lost.site_id.id], "to_plan")
        self.env["field.nonconformity"].create(
            {"site_id": self.placed.site_id.id, "description": "Leak"}
        )
        data = self._read("res.partner", self.placed.site_id)
        self.assertEqual(data["points"][0]["group"], "nonconformity")
        self.assertEqual([group["key"] for group in data["groups"]], ["nonconformity"])

    def test_tours_are_lines_through_their_stops(self):
        tour = self.placed.tour_id
        line = self._read("field.tour", tour)["lines"][0]
        self.assertEqual([point["id"] for point in line["points"]], self.placed.ids)

    def test_who_sees_what(self):
        data = self._read("field.mission", self.both, self.tech_user)
        self.assertFalse(data["points"] + data["missing"], "not published yet")
        self.placed.action_publish()
        data = self._read("field.mission", self.both, self.tech_user)
        self.assertEqual([point["id"] for point in data["points"]], self.placed.ids)
        data = self._read("field.mission", self.both, self.tech2_user)
        self.assertFalse(data["points"])
        with self.assertRaises(AccessError):
            self._read("field.mission", self.both, self.sub_user)
        for model in ("res.users", "field.nothing", None):
            with self.subTest(model), self.assertRaises(UserError):
                self._read(model, self.both)

    def test_many_cost_no_more_queries(self):
        many = self.both
        for number in range(8):
            many |= self._mission(f"Site {number}", number)

        def count(model, records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._read(model, records)
            return self.env.cr.sql_log_count - before

        for model, name in (("field.mission", "id"), ("res.partner", "site_id")):
            records = many if name == "id" else many.site_id
            count(model, records)
            self.assertLessEqual(count(model, records), count(model, records[:2]), model)
