import random
from datetime import datetime, timedelta, timezone

from odoo.tests import freeze_time, tagged

from .common import PARIS, SlaCommon, paris

MINUTE = timedelta(minutes=1)
TARGET = 4 * 60
WEDNESDAY = datetime(2026, 12, 2).date()


def _is_open(instant):
    """Office hours, as a person reads them off the wall; the company is closed on Wednesday."""
    wall = instant.replace(tzinfo=timezone.utc).astimezone(PARIS)
    return (
        wall.weekday() < 5
        and wall.date() != WEDNESDAY
        and (8 <= wall.hour < 12 or 14 <= wall.hour < 18)
    )


def _minutes(received, reached):
    """Count the open minutes between two instants, one by one."""
    count, now = 0, received
    while now < reached:
        count += _is_open(now)
        now += MINUTE
    return count


def _deadline(received):
    now = received
    count = 0
    while count < TARGET:
        count += _is_open(now)
        now += MINUTE
    return now


@tagged("post_install", "-at_install")
class TestSlaWeek(SlaCommon):
    """A week of missions, each judged again by counting minutes."""

    def test_each_mission_of_the_week(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": False,
                "date_from": paris("2026-12-02 00:00"),
                "date_to": paris("2026-12-02 23:59:59"),
            }
        )
        seen = {"met": 0, "missed": 0, "device": 0, "server": 0}
        for number in range(40):
            rng = random.Random(number)
            received = paris("2026-11-30 06:00") + rng.randrange(5 * 1440) * MINUTE
            published = received + rng.randrange(2, 60) * MINUTE
            device = published + rng.randrange(5, 2500) * MINUTE
            # Online, in the evening, or with a device whose clock is wrong.
            server = device + rng.choice((0, 1, 3, 300, 600)) * MINUTE
            if number % 8 == 7:
                device = published - rng.randrange(10, 300) * MINUTE
            with self.subTest(number=number):
                line = self._live(received, published, device, server)
                believed = device >= published
                reached = device if believed else server
                deadline = _deadline(received)
                self.assertEqual(line.deadline, deadline)
                self.assertEqual(line.reached_at, reached)
                self.assertEqual(line.state, "met" if reached <= deadline else "missed")
                self.assertAlmostEqual(line.elapsed_hours * 60, _minutes(received, reached), 3)
                self.assertAlmostEqual(line.clock_hours * 60, (reached - received) / MINUTE, 3)
                seen[line.state] += 1
                seen[line.reached_source] += 1
        self.assertGreater(min(seen.values()), 3, seen)

    def _live(self, received, published, device, server):
        with freeze_time(received):
            mission = self.env["field.mission"].with_user(self.planner).create(
                self._vals(
                    service_type_id=self.bare_type.id,
                    technician_id=self.tech.id,
                    planned_start=received,
                )
            )  # fmt: skip
        with freeze_time(published):
            mission.action_plan()
            mission.action_publish()
        with freeze_time(server):
            mission.with_user(self.tech_user).action_arrive(at=device)
        return self._line(mission)
