import io
import zipfile

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import content_disposition, request


class FieldDossierFile(http.Controller):
    @http.route(
        "/field/dossier/<int:mission_id>", type="http", auth="user", methods=["GET"], readonly=False
    )
    def dossier(self, mission_id):
        """Send a mission's dossier as a ZIP file that is verifiable without Odoo (planners).

        :param mission_id: id of the mission
        """
        mission = request.env["field.mission"].browse(mission_id).exists()
        if not request.env.user.has_group("field_mission.group_field_planner"):
            raise NotFound()
        if not mission or not mission.has_access("read") or not mission.evidence_dossier_id:
            raise NotFound()
        name = mission.name.replace("/", "-")
        content = zip_folder(name, mission._build_dossier()[mission.id])
        return request.make_response(
            content,
            [
                ("Content-Type", "application/zip"),
                ("Content-Disposition", content_disposition(f"{name}.zip")),
                ("Cache-Control", "no-store"),
            ],
        )


def zip_folder(folder, files):
    """Return a ZIP file with one folder.

    :param folder: its name
    :param files: list of ``(name, bytes)``
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            # Pictures and PDF files are compressed already.
            packed = zipfile.ZIP_STORED if name.startswith("files/") else zipfile.ZIP_DEFLATED
            archive.writestr(f"{folder}/{name}", data, packed)
    return buffer.getvalue()
