from odoo.tests import Form, tagged

from .common import FieldEvidenceCommon


@tagged("post_install", "-at_install")
class TestViews(FieldEvidenceCommon):
    def test_the_form_opens_for_each_role(self):
        mission = self._done()
        for user in (self.tech_user, self.planner, self.manager):
            with self.subTest(user=user.login):
                arch = mission.with_user(user).get_view(view_type="form")["arch"]
                self.assertIn('name="evidence"', arch)
                self.assertEqual("action_verify_evidence" in arch, user == self.manager)
        form = Form(mission.with_user(self.manager))
        self.assertEqual(form.evidence_count, len(mission.evidence_ids))

    def test_actions(self):
        mission = self._done()
        line = mission.evidence_ids[0]
        self.assertEqual(line.action_open_record()["res_id"], line.res_id)
        action = mission.evidence_dossier_id.with_user(self.planner).action_open_mission()
        self.assertEqual(action["res_id"], mission.id)
        action = mission.with_user(self.planner).action_open_report()
        self.assertEqual(action["type"], "ir.actions.act_url")
        running = self._planned()
        running.action_start()
        action = running.with_user(self.planner).action_open_report()
        self.assertEqual(action["type"], "ir.actions.report")
