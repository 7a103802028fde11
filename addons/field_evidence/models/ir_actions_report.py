import io
from collections import OrderedDict

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

REPORT_NAME = "field_evidence.report_intervention"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Make service reports one by one, each from a page that needs nothing from the network.

        wkhtmltopdf without Qt patches makes one document a run and draws no footers: the pages'
        numbers are stamped afterwards, so that both builds give the same document. A final report
        is never made twice: what was handed over is printed again.
        """
        report = self._get_report(report_ref)
        if report.report_name != REPORT_NAME or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        missions = self.env["field.mission"].browse(res_ids)
        missions.check_access("read")
        if self.get_wkhtmltopdf_state() == "install":
            raise UserError(self.env._("wkhtmltopdf is not installed: no PDF can be made."))
        streams = OrderedDict()
        stored = missions._get_current_reports()
        for mission in missions:
            attachment = stored.get(mission.id)
            content = attachment.raw if attachment else self._render_service_report(mission, data)
            streams[mission.id] = {"stream": io.BytesIO(content), "attachment": attachment}
        return streams

    def _render_service_report(self, mission, data):
        html = self.with_context(debug=False)._render_qweb_html(
            REPORT_NAME, mission.ids, data={**(data or {}), "report_type": "pdf"}
        )[0]
        pdf = self._run_wkhtmltopdf([html.decode()], report_ref=REPORT_NAME)
        return stamp_pages(pdf, *mission._get_report_footer())


def stamp_pages(pdf, left, page_label):
    """Return a PDF with a line of text and the page's number at the foot of each page.

    :param pdf: bytes
    :param left: text on the left
    :param page_label: what stands before "1 / 3"
    """
    from reportlab.pdfgen import canvas

    source = PdfFileReader(io.BytesIO(pdf), strict=False)
    count = source.getNumPages()
    layer = io.BytesIO()
    drawing = canvas.Canvas(layer)
    for number in range(1, count + 1):
        box = source.getPage(number - 1).mediaBox
        width, height = float(box.getWidth()), float(box.getHeight())
        drawing.setPageSize((width, height))
        drawing.setFont("Helvetica", 7)
        drawing.setFillGray(0.45)
        drawing.drawString(34, 17, _printable(left))
        drawing.drawRightString(width - 34, 17, _printable(f"{page_label} {number} / {count}"))
        drawing.showPage()
    drawing.save()
    stamps = PdfFileReader(layer)
    writer = PdfFileWriter()
    for index in range(count):
        page = source.getPage(index)
        page.mergePage(stamps.getPage(index))
        writer.addPage(page)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _printable(text):
    """Return a text that the PDF's built-in Helvetica can draw."""
    return text.encode("cp1252", "replace").decode("cp1252")
