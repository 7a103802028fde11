from datetime import date, datetime

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestMissionCreate(FieldMissionCommon):
    def test_a_mission_gets_its_request(self):
        mission = (
            self.env["field.mission"]
            .with_user(self.planner)
            .create(self._vals(priority="2", description="Cold flat", customer_reference="PO-7"))
        )
        request = mission.request_id
        self.assertRecordValues(
            request,
            [
                {
                    "partner_id": self.customer.id,
                    "site_id": self.site.id,
                    "service_type_id": self.type.id,
                    "priority": "2",
                    "description": "Cold flat",
                    "customer_reference": "PO-7",
                    "state": "open",
                    "payer_id": self.customer.id,
                }
            ],
        )
        self.assertEqual(mission.partner_id, self.customer)
        self.assertEqual(mission.priority, "2")
        self.assertNotEqual(mission.name, "/")
        self.assertNotEqual(request.name, "/")
        self.assertEqual(mission.planned_duration, 1.5)

    def test_numbers_follow_each_other(self):
        missions = self.env["field.mission"].create([self._vals() for _n in range(3)])
        numbers = [int(mission.name.rsplit("/", 1)[1]) for mission in missions]
        self.assertEqual(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2])

    def test_several_missions_of_one_request(self):
        first = self.env["field.mission"].create(self._vals(priority="1"))
        second = self.env["field.mission"].create(
            {"request_id": first.request_id.id, "site_id": self.site.id,
             "service_type_id": self.bare_type.id}
        )  # fmt: skip
        self.assertEqual(second.request_id, first.request_id)
        self.assertEqual(second.priority, "1")
        second.write({"priority": "3"})
        self.assertEqual(first.priority, "3", "the priority is the request's")

    def test_checklist_is_copied_and_frozen(self):
        mission = self.env["field.mission"].create(self._vals())
        self.assertEqual(
            mission.check_ids.mapped("name"), ["Safety", "Valve closed", "Pressure", "State"]
        )
        action = self.checklist.action_new_version()
        new = self.env["field.checklist"].browse(action["res_id"])
        new.item_ids[1].name = "Valve shut and sealed"
        new.action_publish()
        self.assertEqual(self.type.checklist_id, new)
        self.assertEqual(mission.check_ids[1].name, "Valve closed")
        later = self.env["field.mission"].create(self._vals())
        self.assertEqual(later.check_ids[1].name, "Valve shut and sealed")

    def test_promises(self):
        create = self.env["field.mission"].create
        exact = create(
            self._vals(promised_kind="exact", promised_date="2026-11-30", promised_time=8.5)
        )
        self.assertEqual(exact.promised_start, datetime(2026, 11, 30, 7, 30))
        self.assertEqual(
            exact._get_promise_windows()[exact.id],
            (datetime(2026, 11, 30, 7, 15), datetime(2026, 11, 30, 7, 45)),
        )
        morning = create(self._vals(promised_kind="morning", promised_date="2026-07-01"))
        self.assertEqual(morning.promised_start, datetime(2026, 7, 1, 6, 0), "summer time")
        self.assertEqual(morning.promised_end, datetime(2026, 7, 1, 10, 0))
        by_instant = create(
            self._vals(promised_kind="exact", promised_start=datetime(2026, 11, 30, 7, 30))
        )
        self.assertEqual(by_instant.promised_date, date(2026, 11, 30))
        self.assertEqual(by_instant.mission_date, date(2026, 11, 30))
        nothing = create(self._vals())
        self.assertEqual(nothing._get_promise_windows()[nothing.id], (None, None))

    def test_the_day_is_the_sites_day(self):
        island = self._site("Saint-Denis", tz="Indian/Reunion")
        mission = self.env["field.mission"].create(
            self._vals(site_id=island.id, planned_start=datetime(2026, 11, 30, 21, 0))
        )
        self.assertEqual(mission.planned_date, date(2026, 12, 1))

    def test_end_and_duration_follow_each_other(self):
        mission = self.env["field.mission"].create(
            self._vals(planned_start=datetime(2026, 11, 30, 8, 0), planned_duration=1 / 3)
        )
        self.assertEqual(mission.planned_end, datetime(2026, 11, 30, 8, 20))
        mission.planned_end = datetime(2026, 11, 30, 9, 30)
        self.assertEqual(mission.planned_duration, 1.5)

    def test_zero_duration_is_refused(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["field.mission"].create(self._vals(planned_duration=-1))
            self.env.flush_all()

    def test_short_form(self):
        with Form(self.env["field.mission"].with_user(self.planner)) as form:
            form.site_id = self.site
            form.service_type_id = self.type
            form.priority = "1"
        mission = form.record
        self.assertEqual(mission.partner_id, self.customer)
        self.assertEqual(mission.request_id.priority, "1")

    def test_guarded_fields_cannot_be_created(self):
        for values in ({"state": "done"}, {"published": True}, {"validated": True}):
            with self.assertRaises(UserError):
                self.env["field.mission"].with_user(self.planner).create(self._vals(**values))

    def test_copy_is_a_new_visit(self):
        mission = self._planned(priority="2")
        copy = mission.copy()
        self.assertNotEqual(copy.request_id, mission.request_id)
        self.assertEqual((copy.state, copy.published, copy.priority), ("draft", False, "2"))
        self.assertEqual(copy.partner_id, mission.partner_id)

    def test_zone_of_the_site(self):
        west = self.env["field.zone"].create({"name": "West", "prefix_text": "29, 56"})
        quimper = self.env["field.zone"].create({"name": "Quimper", "prefix_text": "29000"})
        sites = self._site("Brest", zip="29200"), self._site("Quimper", zip="29000")
        self.assertEqual([site.site_zone_id for site in sites], [west, quimper])
        by_code = self._site("Lorient", site_insee_code="56121")
        self.assertEqual(by_code.site_zone_id, west)
        mission = self.env["field.mission"].create(self._vals(site_id=sites[0].id))
        self.assertEqual(mission.zone_id, west)
