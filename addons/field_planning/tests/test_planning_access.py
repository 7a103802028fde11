from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import MONDAY, FieldPlanningCommon

SECRETS = ("problem", "snapshot", "result", "token", "undo_data", "options")


@tagged("post_install", "-at_install")
class TestPlanningAccess(FieldPlanningCommon):
    """Each role tries what it may not do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._plan(cls._mission("A", 10), 9)
        cls.other = cls._plan(cls._mission("B", 10, technician=cls.tech2), 9)
        cls.sub_mission = cls._plan(cls._mission("C", 10, technician=cls.subcontractor), 9)
        cls.tours = cls.env["field.tour"].search([("date", "=", MONDAY)])

    def _seen(self, user, model="field.tour"):
        return self.env[model].with_user(user).search([])

    def test_technicians_see_nothing_before_publication(self):
        for user in (self.tech_user, self.tech2_user, self.sub_user):
            self.assertFalse(self._seen(user))
            self.assertFalse(self._seen(user, "field.tour.stop"))

    def test_technicians_see_their_own_published_tours(self):
        self.tours.action_publish()
        for user, mission in (
            (self.tech_user, self.mission),
            (self.sub_user, self.sub_mission),
        ):
            tour = self._seen(user)
            self.assertEqual(tour.technician_id.sudo().user_id, user)
            self.assertEqual(tour.stop_ids.mission_id, mission)
            with self.assertRaises(AccessError):
                self.other.tour_id.with_user(user).read(["travel_km"])
            with self.assertRaises(AccessError):
                self.other.stop_ids.with_user(user).read(["planned_start"])

    def test_an_unpublished_mission_of_a_published_tour_is_hidden(self):
        self.tours.action_publish()
        new = self._plan(self._mission("D", 5), 14)
        self.env.invalidate_all()
        self.assertNotIn(new, self._seen(self.tech_user).stop_ids.mission_id)

    def test_customers_and_the_office_see_no_tours(self):
        self.tours.action_publish()
        self.assertFalse(self._seen(self.customer_user))
        with self.assertRaises(AccessError):
            self._seen(self.office)

    def test_technicians_change_nothing(self):
        self.tours.action_publish()
        for user in (self.tech_user, self.sub_user):
            tour = self._seen(user)
            stop = tour.stop_ids
            for attempt in (
                lambda tour=tour: tour.write({"date": MONDAY}),
                lambda tour=tour: tour.unlink(),
                lambda tour=tour: tour.action_publish(),
                lambda tour=tour: tour.action_unpublish(),
                lambda tour=tour: tour.action_retime(),
                lambda tour=tour: tour.action_reoptimize(),
                lambda stop=stop: stop.write({"sequence": 5}),
                lambda stop=stop: stop.web_resequence({}, "sequence"),
                lambda stop=stop: stop.action_plan_anyway(),
                lambda stop=stop: stop.unlink(),
                lambda user=user: (
                    self.env["field.tour"]
                    .with_user(user)
                    .create({"technician_id": self.tech.id, "date": "2026-12-24"})
                ),
            ):
                with self.assertRaises(AccessError):
                    attempt()

    def test_only_planners_optimise(self):
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        run._run_now()
        line = run.tour_ids[:1]
        for user in (self.tech_user, self.sub_user, self.office, self.customer_user):
            mine, theirs = run.with_user(user), line.with_user(user)
            for attempt in (
                mine.action_run,
                mine.action_accept,
                mine.action_reject,
                mine.action_undo,
                mine.action_cancel,
                mine.action_view_tours,
                mine.poll,
                theirs.action_accept,
                theirs.action_reject,
                theirs.action_view_stops,
                lambda mine=mine: mine.read(["state"]),
                lambda user=user: self.mission.with_user(user).action_optimize(),
            ):
                with self.assertRaises(AccessError):
                    attempt()

    def test_secrets_of_a_run_are_kept_from_planners_and_managers(self):
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        for user in (self.planner, self.manager):
            for name in SECRETS:
                with self.assertRaises(AccessError):
                    run.with_user(user).read([name])
                with self.assertRaises(AccessError):
                    run.with_user(user).write({name: False})

    def test_planners_do_not_write_a_proposal(self):
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        run._run_now()
        with self.assertRaises(AccessError):
            run.stop_ids[:1].with_user(self.planner).write({"planned_start": "2026-11-30 08:00:00"})
        with self.assertRaises(AccessError):
            self.env["field.optimization.stop"].with_user(self.planner).create(
                {"run_id": run.id, "mission_id": self.mission.id, "role": "responsible"}
            )

    def test_a_planner_needs_no_hr_rights(self):
        run = self._run(technician_ids=[(6, 0, self.tech.ids)])
        self.assertEqual(run.state, "proposed")
        self.assertTrue(run.tour_ids.technician_id.display_name)
        run.action_accept()

    def test_companies_do_not_see_each_other(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="field_mission.group_field_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        run._run_now()
        for model in (
            "field.tour",
            "field.tour.stop",
            "field.optimization",
            "field.optimization.tour",
            "field.optimization.stop",
        ):
            self.assertFalse(self._seen(stranger, model), model)
        for attempt in (
            lambda: run.with_user(stranger).action_accept(),
            lambda: run.tour_ids.with_user(stranger).action_accept(),
            lambda: run.with_user(stranger).poll(),
            lambda: self.tours.with_user(stranger).action_publish(),
        ):
            with self.assertRaises(AccessError):
                attempt()
        own = (
            self.env["field.optimization"]
            .with_user(stranger)
            .create({"date_from": MONDAY, "date_to": MONDAY})
        )
        self.assertEqual(own.scope_count, 0)


@tagged("post_install", "-at_install")
class TestPlanningRpc(HttpCase):
    """The same over the wire: what is private can't be called, what is public is checked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(cls.env, "rpc_tech", groups="field_mission.group_field_technician")
        new_test_user(cls.env, "rpc_planner", groups="field_mission.group_field_planner")

    def _call(self, user, model, method, *arguments):
        self.authenticate(user, user)
        answer = self.make_jsonrpc_request_raw(model, method, arguments)
        return answer.get("error", {}).get("data", {}).get("name"), answer.get("result")

    def make_jsonrpc_request_raw(self, model, method, arguments):
        response = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            json={
                "jsonrpc": "2.0",
                "params": {
                    "model": model, "method": method, "args": list(arguments), "kwargs": {}
                },
            },
        )  # fmt: skip
        return response.json()

    @mute_logger("odoo.http")
    def test_private_methods_are_no_endpoints(self):
        for model, method in (
            ("field.optimization", "_run_now"),
            ("field.optimization", "_collect"),
            ("field.tour", "_refresh"),
            ("field.mission", "_sync_tours"),
            ("hr.employee", "_get_field_days"),
        ):
            error, _result = self._call("rpc_planner", model, method, [])
            self.assertEqual(error, "odoo.exceptions.AccessError", method)

    @mute_logger("odoo.http")
    def test_technician_can_not_start_a_run(self):
        error, _result = self._call(
            "rpc_tech", "field.optimization", "create", [{"date_from": "2026-11-30"}]
        )
        self.assertEqual(error, "odoo.exceptions.AccessError")
