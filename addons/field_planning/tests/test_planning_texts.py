import re

from odoo.tests import TransactionCase, tagged

from ..models.reason_text import SENTENCES, render_reason
from ..optimizer.reasons import SENTENCES as ENGLISH


@tagged("post_install", "-at_install")
class TestPlanningTexts(TransactionCase):
    def test_sentences_are_those_of_the_optimiser(self):
        self.assertEqual(set(SENTENCES), set(ENGLISH))
        for code, lazy in SENTENCES.items():
            text = self.env(context={"lang": "en_US"})._(lazy)
            self.assertEqual(re.sub(r"%\((\w+)\)s", r"{\1}", text), ENGLISH[code], code)

    def test_every_sentence_is_french_too_and_keeps_its_values(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        french = self.env(context={"lang": "fr_FR"})
        for code, lazy in SENTENCES.items():
            text = re.sub(r"%\((\w+)\)s", r"{\1}", french._(lazy))
            self.assertNotEqual(text, ENGLISH[code], code)
            self.assertEqual(
                sorted(re.findall(r"{(\w+)}", text)), sorted(re.findall(r"{(\w+)}", ENGLISH[code]))
            )

    def test_times_are_local(self):
        text = render_reason(
            self.env(context={"lang": "en_US"}),
            {"code": "with_leader", "other": "FM/1", "start_at": "2026-11-30 08:05:00"},
            "Europe/Paris",
        )
        self.assertEqual(text, "Not free when FM/1 needs help, at 09:05.")
