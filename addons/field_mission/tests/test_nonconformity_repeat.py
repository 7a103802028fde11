from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestNonconformityRepeat(FieldMissionCommon):
    """A defect that is found again is the same one; one that was closed comes back as another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._visit(30, month=11)

    @classmethod
    def _visit(cls, day, month=12, **vals):
        return cls._planned(planned_start=f"2026-{month}-{day:02} 08:00:00", **vals)

    def _fail(self, mission, name="Valve closed", user=None, **values):
        work = mission.with_user(user or self.tech_user)
        if mission.state == "planned":
            work.action_arrive(at="2026-11-30 08:00:00")
        check = mission.check_ids.filtered(lambda one: one.name == name)
        answer = {"check_id": check.id, "yesno": "no", "at": f"{mission.planned_start}", **values}
        work.action_answer_checks([answer])
        return self.env["field.nonconformity"].search([("site_id", "=", self.site.id)])

    def test_found_again_at_the_next_visit(self):
        record = self._fail(self.first)
        second = self._visit(7)
        self.assertEqual(self._fail(second, note="Still open"), record)
        self.assertEqual(record.seen_count, 2)
        self.assertEqual(record.finding_ids.mission_id, self.first | second)
        self.assertEqual(record.date_seen, second.planned_start)
        # Twice at one visit is one visit.
        self._fail(second)
        self.assertEqual(record.seen_count, 2)
        third = self._visit(14)
        shown = third.with_user(self.tech_user)._get_app_values()[0]["nonconformities"]
        self.assertEqual([one["seen"] for one in shown], [2])

    def test_the_question_asked_again_counts(self):
        record = self._fail(self.first)
        second = self._visit(7)
        question = second.check_ids.filtered("nonconformity_id")
        self.assertEqual(question.nonconformity_id, record)
        self._fail(second, name=question.name)
        self.assertEqual(record.seen_count, 2)

    def test_a_new_version_of_the_checklist_asks_the_same(self):
        record = self._fail(self.first)
        action = self.checklist.with_user(self.manager).action_new_version()
        self.env["field.checklist"].browse(action["res_id"]).action_publish()
        second = self._visit(7)
        self.assertNotEqual(
            second.check_ids.item_id.checklist_id, self.first.check_ids.item_id.checklist_id
        )
        self.assertEqual(self._fail(second), record)

    def test_other_places_and_other_checks_are_others(self):
        self._fail(self.first)
        self.assertEqual(
            len(self._fail(self._visit(7), name="Pressure", yesno=None, number=9.0)), 2
        )
        boilers = self.env["field.equipment"].create(
            [{"name": name, "site_id": self.site.id} for name in ("Left", "Right")]
        )
        left = self._visit(8, equipment_ids=[(6, 0, boilers[0].ids)])
        right = self._visit(9, equipment_ids=[(6, 0, boilers[1].ids)])
        self.assertEqual(len(self._fail(left)), 3)
        self.assertEqual(len(self._fail(right)), 4)
        found = self._fail(self._visit(10, equipment_ids=[(6, 0, boilers[0].ids)]))
        self.assertEqual(len(found), 4)
        self.assertEqual(found.filtered(lambda one: one.equipment_id == boilers[0]).seen_count, 2)
        elsewhere = self._visit(11, site_id=self._site("Site B").id)
        self._fail(elsewhere)
        self.assertEqual(len(elsewhere.nonconformity_ids), 1)

    def test_what_was_closed_comes_back_as_a_recurrence(self):
        record = self._fail(self.first)
        record.corrective_action = "Closed it"
        record.action_take_action()
        record.action_to_verify()
        record.with_user(self.planner).action_close()
        found = self._fail(self._visit(7))
        new = found - record
        self.assertEqual(new.previous_id, record)
        self.assertEqual((new.seen_count, record.seen_count), (1, 1))

    def test_it_reads_in_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["res.lang"]._activate_lang("en_US")
        action = self.checklist.action_new_version()
        checklist = self.env["field.checklist"].browse(action["res_id"])
        item = checklist.item_ids.filtered(lambda one: one.name == "Valve closed")
        item.update_field_translations("name", {"fr_FR": "Vanne fermée"})
        checklist.action_publish()
        self.company.partner_id.lang = "fr_FR"
        self.tech_user.lang = "en_US"
        visit = self.env["field.mission"].with_context(lang="en_US").browse(self._visit(7).id)
        record = self._fail(visit, name=visit.check_ids.filtered(lambda c: c.item_id == item).name)
        self.assertEqual(record.description, "Vanne fermée: Non")

    def test_queries_do_not_grow_with_the_answers(self):
        second = self._visit(7)
        checks = self.first.check_ids | second.check_ids

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            places = records._get_defect_places()
            self.env["field.nonconformity"]._find_same(
                self.site, self.company, {place[-1] for place in places.values()}
            )
            return self.cr.sql_log_count - before

        count(checks)
        self.assertLessEqual(count(checks), count(checks[:1]) + 1)
