import logging
import time

from odoo.tests import tagged
from odoo.tools import SQL

from .common import FieldMissionCommon

_logger = logging.getLogger(__name__)

MISSIONS = 100_000
# Missions that say each of the less common words.
SHARE = 500
BAR = 1.0
# A word of each mission, one of few of them, one of none other.
CONCLUSION = f"""
    'Chaudière révisée, pièce' || mod(number, {MISSIONS // SHARE}) || ', numéro SN' || number
"""


@tagged("post_install", "-at_install", "-standard", "nightly")
class TestArchiveSpeed(FieldMissionCommon):
    """100,000 past missions are searched in less than a second, by their index."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        former = cls._planned(service_type_id=cls.bare_type.id)
        former.action_start()
        former.action_done()
        cls.env.flush_all()
        cls._multiply(former)
        search = cls.env["field.mission.search"].sudo()
        ids = search._find_stale(2 * MISSIONS)
        for start in range(0, len(ids), 10_000):
            search._index(cls.env["field.mission"].browse(ids[start : start + 10_000]))
        cls.cr.execute("SELECT gin_clean_pending_list('field_mission_search_words_idx')")
        cls.cr.execute("ANALYZE field_mission, field_mission_search")

    @classmethod
    def _multiply(cls, mission):
        """Copy a past mission, by the database itself; each has words of its own."""
        names = [
            name for name, field in mission._fields.items() if field.store and field.column_type
        ]
        own = {
            "id": SQL("nextval('field_mission_id_seq')"),
            "name": SQL("'BIG/' || number"),
            "conclusion": SQL(CONCLUSION),
            "access_token": SQL("NULL"),
        }
        columns = [SQL.identifier(name) for name in names]
        values = [own.get(name) or SQL.identifier("field_mission", name) for name in names]
        cls.cr.execute(
            SQL(
                "INSERT INTO field_mission (%s) SELECT %s FROM field_mission,"
                " generate_series(1, %s) number WHERE field_mission.id = %s",
                SQL(", ").join(columns),
                SQL(", ").join(values),
                MISSIONS,
                mission.id,
            )
        )
        cls.env.invalidate_all()

    def _timed(self, text):
        missions = self.env["field.mission"].with_user(self.planner)
        domain = [("archive_text", "ilike", text), ("state", "in", ["done", "cancelled"])]
        self.env.invalidate_all()
        start = time.monotonic()
        found = missions.search(domain, limit=80)
        count = missions.search_count(domain, limit=10_001)
        found.mapped("display_name")
        spent = time.monotonic() - start
        _logger.info("“%s”: %s of %s missions in %.3f s", text, count, MISSIONS, spent)
        # Without a limit: the first 80 of many are sooner found in the table itself.
        return spent, count, missions._search(domain).select()

    def _plan(self, query):
        return "\n".join(row[0] for row in self.env.execute_query(SQL("EXPLAIN %s", query)))

    def test_words_of_one_some_and_all_missions(self):
        for text, expected in (
            ("SN77123", 1),
            ("piece42", SHARE),
            ("revisee piece42", SHARE),
            ("chaudière", 10_001),
            ("climatisation", 0),
        ):
            with self.subTest(text=text):
                spent, count, query = self._timed(text)
                self.assertGreaterEqual(count, expected)
                self.assertLess(spent, BAR)
                if expected <= SHARE:
                    self.assertIn("field_mission_search_words_idx", self._plan(query))
                    self.assertLess(count, 30 * SHARE)
