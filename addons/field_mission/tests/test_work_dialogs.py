import base64
import io
from datetime import datetime

from PIL import Image

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import FieldMissionCommon, jpeg


def drawing():
    """Return a small PNG in base64, as the signature pad gives it."""
    buffer = io.BytesIO()
    Image.new("RGBA", (60, 20), (0, 0, 0, 0)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@tagged("post_install", "-at_install")
class TestWorkDialogs(FieldMissionCommon):
    """A technician with read-only rights does a whole visit through the dialogs."""

    def setUp(self):
        super().setUp()
        self.mission = self._planned()
        self.as_tech = self.mission.with_user(self.tech_user)
        self.as_tech.action_arrive()

    def _dialog(self, model, user=None, **context):
        context = {f"default_{name}": value for name, value in context.items()}
        return Form(self.env[model].with_user(user or self.tech_user).with_context(**context))

    def _answer(self, name, **values):
        check = self.mission.check_ids.filtered(lambda check: check.name == name)
        form = self._dialog("field.check.wizard", check_id=check.id)
        for field, value in values.items():
            form[field] = value
        form.save().action_answer()
        return check

    def test_yes_no(self):
        check = self._answer("Valve closed", value_yesno="yes")
        self.assertEqual(check.result, "ok")
        self._answer("Valve closed", value_yesno="no", note="stuck", photo=base64.b64encode(jpeg()))
        self.assertEqual(check.result, "fail")
        self.assertEqual(len(check.answer_ids), 2, "the former answer stays")
        self.assertEqual(check.current_answer_id.photo_ids.state, "received")
        self.assertEqual(check.current_answer_id.author_id, self.tech_user)

    def test_measure_is_read_with_a_comma(self):
        self.assertEqual(self._answer("Pressure", value_number="1,5").result, "ok")
        self.assertEqual(self._answer("Pressure", value_number="2.5").result, "fail")

    def test_empty_measure_is_no_zero(self):
        for text in (False, "", "about two"):
            with self.assertRaises(UserError):
                self._answer("Pressure", value_number=text)
        check = self.mission.check_ids.filtered(lambda check: check.name == "Pressure")
        self.assertEqual(check.result, "todo")

    def test_choice_and_not_applicable(self):
        check = self.mission.check_ids.filtered(lambda check: check.name == "State")
        form = self._dialog("field.check.wizard", check_id=check.id)
        choices = self.env["field.check.wizard.choice"].search([("check_id", "=", check.id)])
        self.assertEqual(choices.mapped("name"), ["Good", "Worn", "Broken"])
        form.choice_id = choices[2]
        form.save().action_answer()
        self.assertEqual(check.result, "fail")
        self._answer("State", is_na=True)
        self.assertEqual(check.result, "na")

    def test_next_check(self):
        action = self.as_tech.action_answer_next()
        form = Form(
            self.env["field.check.wizard"]
            .with_user(self.tech_user)
            .with_context(**action["context"])
        )
        self.assertEqual(form.name, "Valve closed")
        form.value_yesno = "yes"
        action = form.save().action_answer_next()
        following = self.env["field.mission.check"].browse(action["context"]["default_check_id"])
        self.assertEqual(following.name, "Pressure")
        self._answer("Pressure", value_number="1.5")
        self._answer("State", is_na=True)
        self.assertEqual(self.as_tech.action_answer_next()["type"], "ir.actions.act_window_close")

    def test_material(self):
        product = self.env["product.product"].create({"name": "Seal", "type": "consu"})
        form = self._dialog("field.material.wizard", mission_id=self.mission.id)
        form.product_id = product
        form.quantity = 2
        form.billing = "warranty"
        again = form.save().action_save_new()
        self.assertEqual(again["context"], {"default_mission_id": self.mission.id})
        self.assertRecordValues(
            self.mission.material_ids,
            [
                {
                    "product_id": product.id,
                    "quantity": 2,
                    "billing": "warranty",
                    "employee_id": self.tech.id,
                }
            ],
        )

    def test_unknown_lot_is_kept_in_words(self):
        product = self.env["product.product"].create(
            {"name": "Pump", "type": "consu", "is_storable": True, "tracking": "serial"}
        )
        lot = self.env["stock.lot"].create({"name": "SN1", "product_id": product.id})
        for typed in ("sn1", "SN404"):
            form = self._dialog("field.material.wizard", mission_id=self.mission.id)
            form.product_id = product
            form.lot_name = typed
            form.save().action_save()
        known, unknown = self.mission.material_ids.sorted("id")
        self.assertEqual(known.lot_id, lot)
        self.assertFalse(unknown.lot_id)
        self.assertIn("SN404", unknown.description)

    def test_incident(self):
        form = self._dialog("field.incident.wizard", mission_id=self.mission.id)
        form.kind = "danger"
        form.severity = "high"
        form.description = "Gas smell"
        form.photo = base64.b64encode(jpeg())
        form.save().action_report()
        self.assertRecordValues(
            self.mission.incident_ids,
            [{"kind": "danger", "severity": "high", "author_id": self.tech_user.id}],
        )
        self.assertTrue(self.mission.incident_ids.photo_ids)

    def test_photos_and_files(self):
        names = ("front.jpg", "back.jpg")
        uploads = (
            self.env["ir.attachment"]
            .with_user(self.tech_user)
            .create(
                [
                    {"name": name, "raw": jpeg(color), "res_model": "field.photo.wizard"}
                    for name, color in zip(names, ("navy", "red"), strict=True)
                ]
            )
        )
        wizard = (
            self.env["field.photo.wizard"]
            .with_user(self.tech_user)
            .create(
                {
                    "mission_id": self.mission.id,
                    "stage": "before",
                    "attachment_ids": [Command.set(uploads.ids)],
                }
            )
        )
        wizard.action_add()
        self.assertRecordValues(
            self.mission.photo_ids,
            [
                {"kind": "photo", "stage": "before", "state": "received", "caption": name}
                for name in names
            ],
        )
        self.assertFalse(uploads.exists())

    def test_no_photo_chosen(self):
        wizard = (
            self.env["field.photo.wizard"]
            .with_user(self.tech_user)
            .create({"mission_id": self.mission.id})
        )
        with self.assertRaises(UserError):
            wizard.action_add()

    def test_signature(self):
        contact = self.env["res.partner"].create({"name": "Jo Keeper"})
        self.env["field.site.contact"].create(
            {
                "site_id": self.site.id,
                "partner_id": contact.id,
                "role": "Caretaker",
                "sign": True,
            }
        )
        form = self._dialog("field.signature.wizard", mission_id=self.mission.id)
        self.assertIn(self.mission.name, form.texts_shown)
        form.contact_id = contact
        self.assertEqual((form.name, form.quality), ("Jo Keeper", "Caretaker"))
        form.drawing = drawing()
        form.save().action_sign()
        self.assertRecordValues(
            self.mission.signature_ids,
            [{"kind": "after_work", "name": "Jo Keeper", "quality": "Caretaker"}],
        )
        self.assertEqual(self.mission.signature_ids.drawing_id.kind, "drawing")
        self.assertIn(self.mission.name, self.mission.signature_ids.texts_shown)

    def test_signature_needs_its_drawing(self):
        form = self._dialog("field.signature.wizard", mission_id=self.mission.id)
        form.name = "Jo"
        with self.assertRaises(UserError):
            form.save().action_sign()

    def test_nobody_signs(self):
        form = self._dialog("field.signature.wizard", mission_id=self.mission.id)
        form.is_refused = True
        with self.assertRaises(AssertionError):
            form.save()
        form.refusal_reason = "Absent"
        form.save().action_sign()
        self.assertEqual(self.mission.signature_ids.refusal_reason, "Absent")
        self.assertFalse(self.mission.signature_ids.drawing_id)

    def test_time_added_and_corrected(self):
        form = self._dialog("field.time.wizard", mission_id=self.mission.id)
        self.assertEqual((form.kind, form.start), ("on_site", self.mission.actual_start))
        form.kind = "travel"
        form.start = "2026-11-20 08:00:00"
        form.stop = "2026-11-20 08:30:00"
        form.save().action_save()
        line = self.mission.time_ids.filtered(lambda line: line.kind == "travel")
        self.assertEqual(line.duration, 0.5)
        form = self._dialog("field.time.wizard", user=self.planner, time_id=line.id)
        self.assertEqual(form.start, datetime(2026, 11, 20, 8))
        form.stop = "2026-11-20 08:45:00"
        with self.assertRaises(AssertionError):
            form.save()
        form.reason = "Wrong tap"
        form.save().action_save()
        self.assertEqual(line.duration, 0.75)
        self.assertEqual(line.correction_reason, "Wrong tap")

    def test_report(self):
        form = self._dialog("field.report.wizard", mission_id=self.mission.id)
        form.conclusion = "All is well"
        form.save().action_save()
        self.assertEqual(self.mission.conclusion, "All is well")
        form = self._dialog("field.report.wizard", mission_id=self.mission.id)
        self.assertEqual(form.conclusion, "All is well")

    def test_dialogs_give_strangers_nothing(self):
        """A technician who is not sent there gets no further through a dialog."""
        for model, values, action in (
            ("field.report.wizard", {"conclusion": "x"}, "action_save"),
            ("field.material.wizard", {"description": "x"}, "action_save"),
            ("field.incident.wizard", {"kind": "other"}, "action_report"),
            ("field.signature.wizard", {"refusal_reason": "x", "is_refused": True}, "action_sign"),
        ):
            with self.subTest(model=model), self.assertRaises(UserError):
                wizard = (
                    self.env[model]
                    .with_user(self.tech2_user)
                    .create({"mission_id": self.mission.id, **values})
                )
                getattr(wizard, action)()
        self.assertFalse(self.mission.material_ids)
        self.assertFalse(self.mission.conclusion)

    def test_whole_visit(self):
        self.type.write({"requires_photo": True, "requires_signature": True})
        self._answer("Valve closed", value_yesno="yes")
        self._answer("Pressure", value_number="1.5")
        with self.assertRaises(UserError):
            self.as_tech.action_done()
        self._send_photo(self.mission)
        form = self._dialog("field.signature.wizard", mission_id=self.mission.id)
        form.name = "Jo"
        form.drawing = drawing()
        form.save().action_sign()
        self.as_tech.action_done()
        self.assertEqual(self.mission.state, "done")
