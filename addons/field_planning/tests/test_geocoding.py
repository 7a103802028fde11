from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..core import ban
from ..models.base_geocoder import URL_KEY
from ..models.res_partner_geo import FAILURES_KEY, PAUSE_KEY, SWITCH_KEY
from .ban_server import BanServer
from .common import FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestGeocoding(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        server = BanServer()
        server.__enter__()
        cls.addClassCleanup(server.__exit__)
        cls.server = server
        cls.params = cls.env["ir.config_parameter"].sudo()
        cls.params.set_param(URL_KEY, server.url)
        cls.params.set_param(SWITCH_KEY, "True")
        # Sites of the company itself wait too; only those of the test are looked at.
        cls.env["res.partner"].search(
            [("is_field_site", "=", True), ("site_geo_state", "=", "to_geocode")]
        ).with_context(field_geo_writer=True).write({"site_geo_state": "located"})

    def setUp(self):
        super().setUp()
        self.server.script, self.server.requests, self.server.rows = [], [], 0

    def _lost(self, street="10 rue Kéréon", zip_="29000", city="Quimper", **vals):
        return self._site(
            street, street=street, zip=zip_, city=city, partner_latitude=0, partner_longitude=0,
            **vals,
        )  # fmt: skip

    def _cron(self):
        # A server that asks to wait leaves the job with nothing done: Odoo notes it.
        with self.enter_registry_test_mode(), mute_logger("odoo.addons.base.models.ir_cron"):
            self.env.ref("field_planning.ir_cron_geocode").method_direct_trigger()
        self.env.invalidate_all()

    # ------------------------------------------------------------------ found

    def test_saving_a_site_asks_nobody(self):
        with Form(
            self.env["res.partner"]
            .with_user(self.planner)
            .with_context(default_is_field_site=True),
            "field_mission.res_partner_view_form_site",
        ) as form:
            form.name = "Rue Kéréon"
            form.street = "10 rue Kéréon"
            form.zip = "29000"
            form.city = "Quimper"
        self.assertEqual(form.record.site_geo_state, "to_geocode")
        self.assertFalse(self.server.requests)

    def test_the_cron_locates_what_waits(self):
        sites = self._lost() | self._lost("rue de Siam", "29200", "Brest")
        doubtful = self._lost("zone perdue", "56100", "Lorient")
        unknown = self._lost("xyzzy")
        bare = self._lost("", "", "")
        self._cron()
        first, second = sites
        self.assertRecordValues(
            sites,
            [
                {
                    "site_geo_state": "located",
                    "site_geo_precision": "housenumber",
                    "site_insee_code": "29232",
                    "partner_latitude": 47.9958,
                },
                {
                    "site_geo_state": "located",
                    "site_geo_precision": "street",
                    "site_insee_code": "29019",
                    "partner_latitude": 48.3862,
                },
            ],
        )
        self.assertTrue(first.site_geo_date and first.date_localization)
        self.assertEqual(second.site_geo_score, 0.81)
        for site, issue in (
            (doubtful, "low_score"),
            (unknown, "not_found"),
            (bare, "no_address"),
        ):
            self.assertEqual((site.site_geo_state, site.site_geo_issue), ("to_verify", issue))
            self.assertFalse(site.partner_latitude)
            self.assertEqual(site.site_address_state, "to_check")
        self.assertEqual(doubtful.site_geo_latitude, 47.7501)
        self.assertEqual(len(self.server.requests), 1, "one file for all of them")

    def test_the_other_commune_is_verified(self):
        site = self._lost(site_insee_code="29019")
        site._geocode()
        self.assertEqual((site.site_geo_state, site.site_geo_issue), ("to_verify", "other_town"))

    def test_accepting_what_was_found(self):
        site = self._lost("zone perdue", "56100", "Lorient")
        site._geocode()
        site.with_user(self.planner).action_geo_accept()
        self.assertRecordValues(
            site,
            [{"site_geo_state": "located", "site_geo_precision": "manual",
              "partner_latitude": 47.7501, "site_insee_code": "56121"}],
        )  # fmt: skip
        unknown = self._lost("xyzzy")
        unknown._geocode()
        with self.assertRaises(UserError):
            unknown.with_user(self.planner).action_geo_accept()

    # ------------------------------------------------------------------ pins

    def test_a_pin_by_hand_stays(self):
        site = self._lost()
        site.with_user(self.planner).write({"partner_latitude": 48.5, "partner_longitude": -4.2})
        self.assertEqual((site.site_geo_state, site.site_geo_precision), ("located", "manual"))
        site.with_user(self.planner).write({"street": "rue de Siam", "city": "Brest"})
        self.assertEqual((site.partner_latitude, site.partner_longitude), (48.5, -4.2))
        self.assertEqual((site.site_geo_state, site.site_geo_issue), ("to_verify",
                         "address_changed"))  # fmt: skip
        site.with_user(self.planner).action_geo_again()
        site._geocode()
        self.assertEqual(site.partner_latitude, 48.5)
        self.assertEqual((site.site_geo_state, site.site_geo_issue), ("to_verify", "pin_differs"))
        site.with_user(self.planner).action_geo_take_found()
        self.assertEqual((site.partner_latitude, site.site_geo_state), (48.3862, "located"))

    def test_a_changed_address_is_looked_up_again(self):
        site = self._lost()
        site._geocode()
        site.write({"street": "rue de Siam", "zip": "29200", "city": "Brest"})
        self.assertRecordValues(
            site,
            [{"site_geo_state": "to_geocode", "site_geo_precision": False, "site_geo_score": 0,
              "partner_latitude": 0, "site_geo_label": False}],
        )  # fmt: skip

    def test_the_same_address_again_changes_nothing(self):
        site = self._lost()
        site._geocode()
        other = self._lost("rue de Siam", "29200", "Brest")
        other._geocode()
        (site | other).write({"street": "10 rue Kéréon", "zip": "29000", "city": "Quimper"})
        self.assertEqual((site.site_geo_state, site.partner_latitude), ("located", 47.9958))
        self.assertEqual((other.site_geo_state, other.partner_latitude), ("to_geocode", 0))

    def test_projected_coordinates(self):
        site = self._lost()
        entry = Form(
            self.env["field.geo.entry"]
            .with_user(self.planner)
            .with_context(default_site_id=site.id)
        )
        self.assertEqual(entry.system, "lambert93")
        entry.x, entry.y = 6_789_013.0, 170_870.0
        self.assertFalse(entry.is_valid)
        wrong = entry.save()
        with self.assertRaises(UserError):
            wrong.action_apply()
        entry.x, entry.y = 170_870.0, 6_789_013.0
        self.assertTrue(entry.is_valid)
        entry.save().action_apply()
        self.assertAlmostEqual(site.partner_latitude, 47.99, 1)
        self.assertAlmostEqual(site.partner_longitude, -4.1, 1)
        self.assertEqual(site.site_geo_precision, "manual")

    # ------------------------------------------------------------------ what goes wrong

    def test_a_busy_service_is_left_in_peace(self):
        site = self._lost()
        self.server.script = [("status", 429, [("Retry-After", "120")])]
        self._cron()
        self.assertEqual(site.site_geo_state, "to_geocode")
        self.assertEqual(self.params.get_param(FAILURES_KEY), "1")
        self.assertTrue(self.env["res.partner"]._get_geo_pause())
        self._cron()
        self.assertEqual(len(self.server.requests), 1, "nobody asks during the pause")
        self.params.set_param(PAUSE_KEY, "2020-01-01 00:00:00")
        self._cron()
        self.assertEqual(site.site_geo_state, "located")
        self.assertFalse(self.params.get_param(FAILURES_KEY))

    def test_failures_in_a_row_wait_longer(self):
        self._lost()
        waits = []
        for code in (500, 503, 500):
            self.server.script = [("status", code)]
            with self.assertRaises(ban.Busy) as caught:
                self.env["res.partner"].search(self.env["res.partner"]._get_geo_domain())._geocode()
            until = self.env["res.partner"]._pause_geocoding(caught.exception)
            waits.append(round((until - self.env.cr.now()).total_seconds(), -1))
        self.assertEqual(waits, sorted(waits))
        self.assertGreater(waits[-1], waits[0])

    def test_a_refused_batch_is_asked_one_by_one(self):
        sites = self._lost() | self._lost("rue de Siam", "29200", "Brest")
        self.server.script = [("status", 400), ("garbage", b"?")]
        sites._geocode()
        self.assertEqual(
            sites.mapped("site_geo_state"), ["to_verify", "located"], "the good one is not lost"
        )
        self.assertEqual(sites[0].site_geo_issue, "refused")
        self.assertFalse(sites[0].partner_latitude)

    def test_nonsense_for_all_is_the_services_fault(self):
        sites = self.env["res.partner"].union(*(self._lost() for _n in range(6)))
        self.server.script = [("garbage", b"<html>")] * 5
        with self.assertRaises(ban.Busy):
            sites._geocode()
        self.assertEqual(set(sites.mapped("site_geo_state")), {"to_geocode"})

    def test_batches_are_resumed(self):
        sites = self.env["res.partner"].union(*(self._lost() for _n in range(5)))
        self.patch(self.env.registry["res.partner"], "_geocode", self._fail_after(2))
        self._cron()
        self.assertEqual(sites.mapped("site_geo_state").count("to_geocode"), 3)

    def _fail_after(self, count):
        real = type(self.env["res.partner"])._geocode

        def geocode(sites, client=None):
            real(sites[:count], client)
            raise ban.Busy("the service went down")

        return geocode

    def test_switched_off_nothing_is_asked(self):
        self.params.set_param(SWITCH_KEY, False)
        site = self._lost()
        self._cron()
        self.assertEqual(site.site_geo_state, "to_geocode")
        self.assertFalse(self.server.requests)

    # ------------------------------------------------------------------ Odoo's own geocoder

    def test_it_is_a_provider_of_odoo(self):
        provider = self.env.ref("field_planning.geo_provider_ban")
        self.params.set_param("base_geolocalize.geo_provider", provider.id)
        geocoder = self.env["base.geocoder"]
        self.assertEqual(geocoder.geo_find("10 rue Kéréon 29000 Quimper"), (47.9958, -4.1024))
        self.assertIsNone(geocoder.geo_find("xyzzy"))
        self.server.script = [("status", 429)]
        with self.assertRaises(UserError):
            geocoder.geo_find("10 rue Kéréon")
        self.assertEqual(
            geocoder.geo_query_address("10 rue Kéréon", "29000", "Quimper", None, "France"),
            "10 rue Kéréon 29000 Quimper",
        )
        site = self._lost()
        site.with_user(self.planner).geo_localize()
        self.assertEqual((site.site_geo_state, site.site_geo_score), ("located", 0.97))
        self.server.script = [("status", 500)]
        with self.assertRaises(UserError):
            self._lost().with_user(self.planner).geo_localize()

    def test_settings_are_checked(self):
        settings = self.env["res.config.settings"]
        with self.assertRaises(ValidationError):
            settings.create({"field_ban_url": "file:///etc/passwd"})
        with self.assertRaises(ValidationError):
            settings.create({"field_map_tiles": "https://tiles.example.com/a.png"})
        with self.assertRaises(ValidationError):
            settings.create({"field_map_tiles": "javascript:{z}{x}{y}"})
        created = settings.create({"field_map_tiles": "https://tiles.example.com/{z}/{x}/{y}.png"})
        self.assertIn("to locate", created.with_context(lang="en_US").field_geocode_progress)

    # ------------------------------------------------------------------ rights

    def test_technicians_only_look(self):
        site = self._lost()
        site._geocode()
        own = site.with_user(self.tech_user)
        for call in (own.action_geo_accept, own.action_geo_take_found, own.action_geo_again):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(AccessError):
            self.env["field.geo.entry"].with_user(self.tech_user).create({"site_id": site.id})
        with self.assertRaises(AccessError):
            own.write({"partner_latitude": 1.0, "partner_longitude": 1.0})

    def test_a_mission_without_coordinates_is_planned_and_listed(self):
        mission = self._mission("Nowhere", 1.0, hour=9)
        mission.site_id.write({"partner_latitude": 0, "partner_longitude": 0})
        self._plan(mission, 9)
        self.assertEqual(mission.state, "planned")
        self.assertIn(mission, self._tour().stop_ids.mission_id)
        data = (
            self.env["field.map"]
            .with_user(self.planner)
            .get_data("field.mission", [("id", "=", mission.id)])
        )
        self.assertEqual([entry["id"] for entry in data["missing"]], [mission.id])
        data = (
            self.env["field.map"]
            .with_user(self.planner)
            .get_data("field.tour", [("id", "=", self._tour().id)])
        )
        self.assertEqual([entry["id"] for entry in data["missing"]], [mission.id])

    def test_queries_do_not_grow_with_the_sites(self):
        def cost(count):
            sites = self.env["res.partner"].union(*(self._lost() for _n in range(count)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            sites._geocode()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertLessEqual(cost(40), cost(2) + 40, "about one write a site, nothing more")
