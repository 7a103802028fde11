from odoo.tests import HttpCase, no_retry, tagged


@tagged("post_install", "-at_install")
class TestFieldAppUnit(HttpCase):
    @no_retry
    def test_hoot(self):
        """The app's reducer, transport, engine and database, in the browser."""
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&tag=field_app",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
        )
