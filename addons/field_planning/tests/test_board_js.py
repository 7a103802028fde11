from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import HttpCase, no_retry, tagged

from .common import FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestBoardUnit(HttpCase):
    @no_retry
    def test_hoot(self):
        """The board's JavaScript, in the browser."""
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&tag=field_board",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
        )


@tagged("post_install", "-at_install")
class TestBoardTour(HttpCase, FieldPlanningCommon):
    def test_plan_drag_and_undo(self):
        """A planner drags a mission to a technician, takes it back, and overrules a warning."""
        today = fields.Date.context_today(self.env.user)
        self.people.resource_calendar_id = self._calendar("All", [(0, 24)], range(7))
        midnight = datetime.combine(today, datetime.min.time())
        self._leave(self.tech2, midnight - timedelta(days=1), midnight + timedelta(days=2))
        mission = self._mission(
            "Tour site", 5, technician=self.env["hr.employee"], promised_kind="none"
        )
        team = self.env["field.team"].create({"name": "Tour team"})
        (self.tech | self.tech2).field_team_id = team
        self.env["ir.filters"].create(
            {
                "name": "Tour",
                "model_id": "field.mission",
                "action_id": self.env.ref("field_planning.field_board_action").id,
                "user_ids": [(4, self.planner.id)],
                "is_default": True,
                "domain": f"[('team_id', '=', {team.id}), '|', ('technician_id', '=', False),"
                f" ('id', '!=', 0)]",
                "context": "{}",
                "sort": "[]",
            }
        )
        self.start_tour("/odoo/field-board", "field_board_plan", login=self.planner.login)
        self.assertEqual((mission.technician_id, mission.state), (self.tech2, "planned"))
