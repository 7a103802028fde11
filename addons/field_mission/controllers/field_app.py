import hashlib
import json

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request
from odoo.tools import file_open

BUNDLE = "field_mission.assets_app"
# Kept in step with the app's protocol; older apps are told to update.
PROTOCOL = 1
SCANNER = "/web/static/lib/zxing-library/zxing-library.js"


class FieldApp(http.Controller):
    """The technician's app: a shell that opens without network and without a session.

    The shell is public on purpose and holds nothing of anybody: no session, no token, no data.
    Only the routes of ``field_api`` need a user.
    """

    def _get_bundle_links(self):
        """Return the addresses of the app's script and style sheet, hash included."""
        return request.env["ir.qweb"].sudo()._get_asset_links(BUNDLE, debug=None)

    def _get_app_modules(self):
        """Return the addons whose terms the app shows (hook)."""
        return ["field_mission"]

    def _get_version(self):
        """Return what changes whenever the app does."""
        return hashlib.sha256("\n".join(self._get_bundle_links()).encode()).hexdigest()[:12]

    @http.route(
        ["/field", "/field/m/<int:mission_id>", "/field/<string(length=3):page>"],
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        readonly=False,
    )
    def shell(self, mission_id=None, page=None):
        """Serve the app's page: the same for everybody, cached by the service worker."""
        if page not in (None, "day", "out", "dia"):
            raise NotFound()
        links = self._get_bundle_links()
        body = (
            request.env["ir.ui.view"]
            .sudo()
            ._render_template(
                "field_mission.app_shell",
                {
                    "styles": [link for link in links if link.endswith(".css")],
                    "scripts": [link for link in links if link.endswith(".js")],
                    "version": self._get_version(),
                    "protocol": PROTOCOL,
                    "database": request.db,
                },
            )
        )
        return request.make_response(
            body,
            headers=[
                ("Content-Type", "text/html; charset=utf-8"),
                ("Cache-Control", "no-cache"),
                ("X-Frame-Options", "SAMEORIGIN"),
            ],
        )

    @http.route("/field/sw.js", type="http", auth="public", methods=["GET"], sitemap=False)
    def service_worker(self):
        """Serve the service worker, with the version and the addresses it keeps written in."""
        with file_open("field_mission/static/src/sw/field_sw.js") as source:
            code = source.read()
        links = self._get_bundle_links()
        settings = {
            "version": self._get_version(),
            "shell": "/field",
            "bundle": links,
            "optional": [
                "/field_mission/static/description/icon.png",
                "/field/manifest.webmanifest",
                SCANNER,
            ],
            "scanner": SCANNER,
        }
        return request.make_response(
            code.replace("/*SETTINGS*/ null", json.dumps(settings)),
            headers=[
                ("Content-Type", "text/javascript; charset=utf-8"),
                ("Service-Worker-Allowed", "/field"),
                ("Cache-Control", "no-cache"),
            ],
        )

    @http.route(
        "/field/manifest.webmanifest", type="http", auth="public", methods=["GET"], sitemap=False
    )
    def manifest(self):
        """Serve the web app manifest: how the app installs on a phone."""
        manifest = {
            "id": "/field",
            "name": "My day",
            "short_name": "My day",
            "description": "Missions, checklists, photos and signatures, with or without network.",
            "lang": "en",
            "scope": "/field",
            "start_url": "/field",
            "display": "standalone",
            "orientation": "any",
            "background_color": "#ffffff",
            "theme_color": "#1d4d6b",
            "icons": [
                {
                    "src": "/field_mission/static/description/icon.png",
                    "sizes": "any",
                    "type": "image/png",
                    "purpose": "any",
                }
            ],
        }
        if (request.env.lang or request.env.user.lang or "").startswith("fr"):
            manifest.update(
                name="Ma journée",
                short_name="Ma journée",
                lang="fr",
                description="Missions, check-lists, photos et signatures, avec ou sans réseau.",
            )
        return request.make_response(
            json.dumps(manifest, ensure_ascii=False),
            headers=[
                ("Content-Type", "application/manifest+json; charset=utf-8"),
                ("Cache-Control", "no-cache"),
            ],
        )
