import csv
import io
import json

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import content_disposition, request

COLUMNS = ("date", "mission", "moment", "on_site", "latitude", "longitude", "kept_until")


class FieldPositionsFile(http.Controller):
    @http.route(
        "/field/positions.<string:form>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
        readonly=True,
    )
    def positions(self, form):
        """Send the user their own positions, all that is kept of them and nobody else's.

        :param form: ``csv`` or ``json``
        """
        if form not in ("csv", "json"):
            raise NotFound()
        rows = request.env["field.position"]._get_own_rows()
        if form == "json":
            text, mimetype = json.dumps(rows, ensure_ascii=False, indent=1), "application/json"
        else:
            text, mimetype = write_csv(rows), "text/csv; charset=utf-8"
        return request.make_response(
            text.encode(),
            [
                ("Content-Type", mimetype),
                ("Content-Disposition", content_disposition(f"positions.{form}")),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )


def write_csv(rows):
    """Return rows as CSV that a spreadsheet opens: semicolons, and a mark that it is UTF-8.

    :param rows: dicts of ``COLUMNS``
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return f"\ufeff{buffer.getvalue()}"
