from datetime import date, datetime

from odoo.tests import tagged

from .common import MONDAY, FieldPlanningCommon


class AbsenceCommon(FieldPlanningCommon):
    """Leave requests as people make them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.halves = cls._calendar("8-12, 13-17", [(8, 12), (13, 17)])
        cls.people.write({"resource_calendar_id": cls.halves.id})
        cls.leave_type = cls.env["hr.leave.type"].create(
            {
                "name": "Secret cure",
                "requires_allocation": False,
                "leave_validation_type": "hr",
                "request_unit": "half_day",
                "company_id": cls.company.id,
            }
        )
        if "l10n_fr_reference_leave_type" in cls.company._fields:
            # A French company counts its leaves against one type.
            cls.company.l10n_fr_reference_leave_type = cls.leave_type.copy({"name": "Reference"})

    @classmethod
    def _ask(cls, employee=None, first=MONDAY, last=None, half=None, **vals):
        """A leave that waits for its approval."""
        values = {
            "name": "Private reason",
            "employee_id": (employee or cls.tech).id,
            "holiday_status_id": cls.leave_type.id,
            "request_date_from": first,
            "request_date_to": last or first,
            **vals,
        }
        if half:
            values.update(request_date_from_period=half, request_date_to_period=half)
        return cls.env["hr.leave"].create(values)


@tagged("post_install", "-at_install")
class TestPendingLeaves(AbsenceCommon):
    def test_only_what_waits_is_pending(self):
        waiting = self._ask()
        approved = self._ask(first=date(2026, 12, 1))
        approved.action_approve()
        refused = self._ask(first=date(2026, 12, 2))
        refused.action_refuse()
        found = self.people._get_pending_leaves(MONDAY, date(2026, 12, 4))
        self.assertEqual(set(found), set(self.people.ids))
        self.assertEqual(
            [row[:2] for row in found[self.tech.id]], [(waiting.date_from, waiting.date_to)]
        )
        self.assertFalse(found[self.tech2.id])

    def test_half_days_and_moments(self):
        self._ask(half="pm")
        morning = (datetime(2026, 11, 30, 7, 0), datetime(2026, 11, 30, 10, 0))
        self.assertFalse(self.tech._get_pending_leaves(*morning)[self.tech.id])
        afternoon = (datetime(2026, 11, 30, 13, 0), datetime(2026, 11, 30, 15, 0))
        self.assertTrue(self.tech._get_pending_leaves(*afternoon)[self.tech.id])

    def test_a_planner_gets_the_hours_and_no_reason(self):
        self._ask()
        found = self.people.with_user(self.planner)._get_pending_leaves(MONDAY, MONDAY)
        label = found[self.tech.id][0][2]
        self.assertNotIn("Secret", label)
        self.assertNotIn("Private", label)

    def test_nobody_is_nobody(self):
        self.assertFalse(self.env["hr.employee"]._get_pending_leaves(MONDAY, MONDAY))
