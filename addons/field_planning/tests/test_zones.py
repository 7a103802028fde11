from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..models.problem_builder import ProblemBuilder
from .common import MONDAY, FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestZones(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What exists already has its zone before there are any.
        cls.site.zip = "35000"
        cls.env.flush_all()
        cls.Zone = cls.env["field.zone"].with_user(cls.manager)
        cls.west = cls.Zone.create({"name": "West", "prefix_text": "29"})
        cls.south = cls.Zone.create(
            {"name": "South", "parent_id": cls.west.id, "commune_text": "29232"}
        )
        cls.lorient = cls.Zone.create({"name": "Lorient", "prefix_text": "56, 29300"})

    # ------------------------------------------------------------------ sites

    def test_communes_postcodes_and_parts(self):
        brest = self._site("Brest", zip="29200")
        quimper = self._site("Quimper", zip="29000", site_insee_code="29232")
        border = self._site("Quimperlé", zip="29300")
        nowhere = self._site("Rennes", zip="35000")
        self.assertEqual(brest.site_zone_id, self.west)
        self.assertEqual(quimper.site_zone_id, self.south)
        self.assertEqual(border.site_zone_id, self.lorient, "the more exact of two unordered")
        self.assertFalse(nowhere.site_zone_id)
        self.west.sequence = 5
        border.zip = False
        border.zip = "29300"
        self.assertEqual(border.site_zone_id, self.west, "order decides")

    def test_a_site_moves_to_another_zone_or_none(self):
        site = self._site("A", zip="29200")
        mission = self.env["field.mission"].create(self._vals(site_id=site.id))
        site.zip = "56100"
        self.assertEqual((site.site_zone_id, mission.zone_id), (self.lorient, self.lorient))
        site.zip = "35000"
        self.assertFalse(site.site_zone_id)
        # Listed as such, and still a mission to plan.
        self.assertIn(
            site,
            self.env["res.partner"].search(
                [("is_field_site", "=", True), ("site_zone_id", "=", False)]
            ),
        )
        self.assertTrue(mission.exists())

    def test_a_zone_chosen_by_hand_stays(self):
        site = self._site("A", zip="29200")
        with Form(site.with_user(self.planner), "field_mission.res_partner_view_form_site") as form:
            form.site_zone_id = self.lorient
        self.assertTrue(site.site_zone_manual)
        site.with_user(self.planner).zip = "29000"
        self.assertEqual(site.site_zone_id, self.lorient)
        self.Zone.action_recompute_sites()
        self.assertEqual(site.site_zone_id, self.lorient)
        site.with_user(self.planner).action_reset_zone()
        self.assertEqual((site.site_zone_id, site.site_zone_manual), (self.west, False))

    def test_the_same_zone_by_hand_is_no_choice(self):
        with Form(
            self.env["res.partner"]
            .with_user(self.planner)
            .with_context(default_is_field_site=True),
            "field_mission.res_partner_view_form_site",
        ) as form:
            form.name = "B"
            form.zip = "29200"
            self.assertEqual(form.site_zone_id, self.west)
        self.assertFalse(form.record.site_zone_manual)

    def test_applying_new_rules_to_all_sites(self):
        sites = self._site("A", zip="35000") | self._site("B", zip="35200")
        self.env.flush_all()
        rennes = self.Zone.create({"name": "Rennes", "prefix_text": "35"})
        self.assertFalse(sites.site_zone_id, "rules touch sites only when somebody applies them")
        action = rennes.action_recompute_sites()
        self.assertEqual(sites.site_zone_id, rennes)
        self.assertEqual(action["tag"], "display_notification")
        self.assertFalse(any(sites.mapped("site_zone_stale")))

    def test_many_sites_follow_by_cron(self):
        sites = self._site("A", zip="35000") | self._site("B", zip="35200")
        self.env.flush_all()
        rennes = self.Zone.create({"name": "Rennes", "prefix_text": "35"})
        sites.write({"site_zone_stale": True})
        with self.enter_registry_test_mode():
            self.env.ref("field_planning.ir_cron_zones").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(sites.site_zone_id, rennes)

    def test_codes_are_checked(self):
        for values in ({"commune_text": "29232, 2X001"}, {"prefix_text": "29-"}):
            with self.assertRaises(ValidationError):
                self.Zone.create({"name": "Bad", **values})
        with self.assertRaises(UserError):
            self.west.parent_id = self.south

    def test_two_companies_have_their_zones(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["field.zone"].create(
            {"name": "Theirs", "prefix_text": "29", "company_id": other.id, "sequence": 1}
        )
        self.assertEqual(self._site("A", zip="29200").site_zone_id, self.west)
        self.assertEqual(self._site("B", zip="29200", company_id=other.id).site_zone_id, theirs)
        self.assertFalse(self.Zone.search([("id", "=", theirs.id)]))

    def test_matching_costs_the_same_for_many(self):
        def cost(count):
            sites = self.env["res.partner"].union(
                *(self._site(str(n), zip="29200") for n in range(count))
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            sites._refresh_zones()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertLessEqual(cost(30), cost(1) + 2)

    # ------------------------------------------------------------------ technicians

    def test_ranks_and_zones_follow_each_other(self):
        rank = self.env["field.zone.rank"].with_user(self.manager)
        first = rank.create(
            {"employee_id": self.tech.id, "zone_id": self.lorient.id, "sequence": 1}
        )
        rank.create({"employee_id": self.tech.id, "zone_id": self.west.id, "sequence": 2})
        self.assertEqual(set(self.tech.field_zone_ids.ids), {self.lorient.id, self.west.id})
        self.assertEqual(
            self.tech._get_zone_ranks()[self.tech.id],
            {self.lorient.id: 1, self.west.id: 2, self.south.id: 2},
        )
        self.assertEqual(self.tech2._get_zone_ranks()[self.tech2.id], {})
        first.unlink()
        self.assertEqual(self.tech.field_zone_ids, self.west)
        self.tech.field_zone_ids = self.south | self.lorient
        self.assertEqual(
            set(self.tech.field_zone_rank_ids.zone_id.ids), {self.south.id, self.lorient.id}
        )
        self.assertEqual(
            self.tech._get_placement_zones()[self.tech.id], {self.south.id, self.lorient.id}
        )

    def test_only_managers_rank(self):
        for user in (self.planner, self.tech_user, self.sub_user):
            with self.assertRaises(AccessError):
                self.env["field.zone.rank"].with_user(user).create(
                    {"employee_id": self.tech.id, "zone_id": self.west.id}
                )
        with self.assertRaises(AccessError):
            self.west.with_user(self.planner).action_recompute_sites()

    def test_who_works_in_a_zone_works_in_its_parts(self):
        self.tech.field_zone_ids = self.west
        self.tech2.field_zone_ids = self.lorient
        builder = ProblemBuilder(self.company, MONDAY, MONDAY)
        builder.add_shifts(
            [(self.tech, MONDAY), (self.tech2, MONDAY), (self.subcontractor, MONDAY)]
        )
        zones = {shift["technician"]: set(shift["zones"]) for shift in builder.shifts.values()}
        self.assertEqual(zones[str(self.tech.id)], {str(self.west.id), str(self.south.id)})
        self.assertEqual(zones[str(self.tech2.id)], {str(self.lorient.id)})
        self.assertFalse(zones[str(self.subcontractor.id)])

    # ------------------------------------------------------------------ figures

    def test_a_zone_sums_its_parts(self):
        self.tech.field_zone_ids = self.south
        for zip_, insee, hour in (("29200", False, 9), ("29000", "29232", 11)):
            day = date.today() - timedelta(days=30)
            mission = self._mission(zip_, 1.0, hour=hour, day=day, planned_duration=2.0)
            mission.site_id.write({"zip": zip_, "site_insee_code": insee})
        self.env.flush_all()
        west, south = self.west.with_user(self.planner), self.south.with_user(self.planner)
        self.assertEqual((west.hours_year, south.hours_year), (4.0, 2.0))
        self.assertEqual((west.mission_year, west.total_site_count), (2, 2))
        self.assertEqual((west.technician_count, south.technician_count), (1, 1))
        self.assertEqual(self.south.display_name, "West / South")
        domain = west.action_view_sites()["domain"]
        self.assertEqual(self.env["res.partner"].search_count(domain), 2)

    def test_figures_cost_the_same_for_many_zones(self):
        def cost(zones):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            zones.mapped("km_year")
            return self.env.cr.sql_log_count - before

        many = self.Zone.create([{"name": str(n), "prefix_text": str(n)} for n in range(10, 30)])
        cost(many[:1])
        self.assertLessEqual(cost(many), cost(many[:1]) + 1)


@tagged("post_install", "-at_install")
class TestZoneProposal(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site.zip = "35000"
        cls.env.flush_all()
        cls.old = cls.env["field.zone"].create({"name": "Old", "prefix_text": "29"})
        cls.tech.write({"field_start_latitude": 48.0, "field_start_longitude": -4.1})
        cls.tech2.write({"field_start_latitude": 48.4, "field_start_longitude": -4.5})
        cls.day = MONDAY - timedelta(days=60)
        cls.sites = cls.env["res.partner"]
        for number in range(12):
            near = number % 2
            cls.sites |= cls._site(
                f"S{number}",
                zip="29000" if near else "29200",
                city="Quimper" if near else "Brest",
                site_insee_code=f"29{200 + number}",
                partner_latitude=(48.0 if near else 48.4) + number / 500,
                partner_longitude=(-4.1 if near else -4.5) + number / 500,
            )
        # Everybody drives everywhere: each site is visited by the technician of the other town.
        cls.env["field.mission"].create(
            [
                {
                    "site_id": site.id,
                    "service_type_id": cls.type.id,
                    "technician_id": (cls.tech2 if number % 2 else cls.tech).id,
                    "promised_kind": "day",
                    "promised_date": cls.day + timedelta(days=week * 7 + number % 5),
                    "planned_duration": 2.0,
                }
                for week in range(4)
                for number, site in enumerate(cls.sites)
            ]
        )

    def _proposal(self, user=None, **vals):
        return (
            self.env["field.zone.proposal"]
            .with_user(user or self.manager)
            .create(
                {
                    "date_from": self.day,
                    "date_to": self.day + timedelta(days=40),
                    "technician_ids": [(6, 0, (self.tech | self.tech2).ids)],
                    **vals,
                }
            )
        )

    def _work_out(self, proposal):
        """Ask, and do at once what the cron does."""
        proposal.action_compute()
        self.assertEqual(proposal.poll(), {"state": "running", "progress": 0})
        proposal._as_user()._run_now()

    def test_it_is_worked_out_in_the_background(self):
        proposal = self._proposal()
        proposal.action_compute()
        cron = self.env.ref("field_planning.ir_cron_field_zone_proposal")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))
        with self.assertRaises(UserError):
            proposal.action_compute()
        seen = []
        proposal._as_user()._run_now(lambda: seen.append(proposal.progress))
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(len(seen), 2)
        self.assertEqual(proposal.poll(), {"state": "ready", "progress": 100})

    def test_given_up(self):
        proposal = self._proposal()
        proposal.action_compute()
        proposal._as_user()._run_now(proposal.action_cancel)
        self.assertEqual(proposal.state, "draft")
        self.assertFalse(proposal.line_ids)

    def test_two_towns_two_zones_less_driving(self):
        proposal = self._proposal()
        self._work_out(proposal)
        self.assertEqual(proposal.mission_count, 48)
        self.assertEqual(sorted(proposal.line_ids.mapped("name")), ["Brest", "Quimper"])
        self.assertEqual(proposal.line_ids.mapped("hours"), [48.0, 48.0])
        self.assertEqual(sum(proposal.line_ids.mapped("mission_count")), 48)
        self.assertGreater(proposal.km_before, proposal.km_after * 2)
        by_name = {line.name: line.technician_ids for line in proposal.line_ids}
        self.assertEqual(by_name, {"Brest": self.tech2, "Quimper": self.tech})
        self.assertTrue(all(line.load > 0 for line in proposal.line_ids))
        self.assertEqual(proposal.present_line_ids.name, "Old")
        self.assertEqual(self.sites.site_zone_id, self.old, "nothing is applied yet")
        self.assertFalse(self.env["field.zone"].search([("name", "=", "Brest")]))
        again = self._proposal()
        self._work_out(again)
        self.assertEqual(
            again.line_ids.mapped("commune_text"), proposal.line_ids.mapped("commune_text")
        )

    def test_accepting_one_zone(self):
        proposal = self._proposal()
        self._work_out(proposal)
        line = proposal.line_ids.filtered(lambda line: line.name == "Brest")
        by_hand = self.sites.filtered(lambda site: site.city == "Brest")[0]
        by_hand.write({"site_zone_manual": True})
        line.action_accept()
        moved = self.sites.filtered(lambda site: site.city == "Brest") - by_hand
        self.assertEqual(moved.site_zone_id, line.zone_id)
        self.assertEqual(by_hand.site_zone_id, self.old)
        self.assertEqual((self.sites - moved).site_zone_id, self.old)
        self.assertEqual(
            self.tech2._get_zone_ranks()[self.tech2.id][line.zone_id.id], 1, "their first choice"
        )
        line.action_accept()
        self.assertEqual(self.env["field.zone"].search_count([("name", "=", "Brest")]), 1)
        with self.assertRaises(UserError):
            proposal.action_compute()

    def test_accepting_all(self):
        proposal = self._proposal(archive_empty=True)
        self._work_out(proposal)
        proposal.action_accept_all()
        self.assertEqual(proposal.state, "accepted")
        self.assertEqual(len(self.sites.site_zone_id), 2)
        self.assertFalse(self.old.active)
        with self.assertRaises(UserError):
            proposal.action_accept_all()

    def test_what_has_no_place_is_listed(self):
        lost = self._site(
            "Lost", zip="", partner_latitude=0, partner_longitude=0, site_insee_code=False
        )
        self.env["field.mission"].create(
            self._vals(site_id=lost.id, promised_kind="day", promised_date=self.day)
        )
        proposal = self._proposal()
        self._work_out(proposal)
        self.assertEqual(proposal.unplaced_count, 1)
        self.assertIn(lost, proposal.site_ids.site_id)
        data = (
            self.env["field.map"]
            .with_user(self.planner)
            .get_data("field.zone.proposal.site", [("proposal_id", "=", proposal.id)])
        )
        self.assertEqual([entry["id"] for entry in data["missing"]], [lost.id])
        self.assertEqual(len(data["groups"]), 2)

    def test_nothing_to_propose(self):
        old = self._proposal(date_from=date(2020, 1, 1), date_to=date(2020, 2, 1))
        self._work_out(old)
        self.assertEqual(old.state, "draft")
        self.assertIn("site", old.error)
        self.assertFalse(old.line_ids)
        with self.assertRaises(ValidationError):
            self._proposal(date_to=self.day - timedelta(days=1))
        with self.assertRaises(ValidationError):
            self._proposal(zone_count=-1)

    def test_only_managers_decide(self):
        proposal = self._proposal()
        self._work_out(proposal)
        for user in (self.planner, self.tech_user, self.customer_user):
            with self.assertRaises(AccessError):
                self._proposal(user)
            with self.assertRaises(AccessError):
                proposal.with_user(user).action_accept_all()
            with self.assertRaises(AccessError):
                proposal.line_ids.with_user(user).action_accept()

    def test_other_companies_stay_out(self):
        other = self.env["res.company"].create({"name": "Other"})
        proposal = self._proposal()
        self._work_out(proposal)
        stranger = self._user("stranger", "field_mission.group_field_manager")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.env["field.zone.proposal"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            proposal.with_user(stranger).action_accept_all()
