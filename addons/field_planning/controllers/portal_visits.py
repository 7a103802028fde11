from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import fields, http
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal


class FieldVisitPortal(CustomerPortal):
    """The customer checks what the contract owes: each visit done, moved or waived."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "field_visit_contract_count" in counters:
            contracts = request.env["field.contract"]._search_visit_portal(
                [("visit_plan_ids.state", "!=", "draft")]
            )
            values["field_visit_contract_count"] = len(contracts)
        return values

    def _get_visit_contract(self, contract_id):
        """Return one contract as superuser, once the current user may read its register."""
        return request.env["field.contract"]._search_visit_portal([("id", "=", contract_id)])

    @http.route("/my/visits", type="http", auth="user", website=True, readonly=True)
    def portal_my_visit_contracts(self, **_kwargs):
        """List the contracts of the current user's company with their figures."""
        contracts = request.env["field.contract"]._search_visit_portal(
            [("visit_plan_ids.state", "!=", "draft")]
        )
        dues = request.env["field.visit.due"].sudo()
        values = {
            **self._prepare_portal_layout_values(),
            "contracts": contracts,
            "figures": dues._get_figures_by_contract(contracts),
            "page_name": "field_visits",
        }
        return request.render("field_planning.portal_my_visit_contracts", values)

    @http.route(
        "/my/visits/<int:contract_id>", type="http", auth="user", website=True, readonly=True
    )
    def portal_my_visits(self, contract_id, year=None, **_kwargs):
        """Show the register of one contract over a year, with its certificate."""
        contract = self._get_visit_contract(contract_id)
        if not contract:
            return request.redirect("/my/visits")
        first, last, years = self._get_visit_period(contract, year)
        values = {
            **self._prepare_portal_layout_values(),
            "contract": contract,
            "certificate": contract._get_certificate(first, last),
            "year": first.year,
            "years": years,
            "page_name": "field_visits",
        }
        return request.render("field_planning.portal_my_visits", values)

    @http.route(
        "/my/visits/<int:contract_id>/certificate", type="http", auth="user", readonly=False
    )
    def portal_visit_certificate(self, contract_id, year=None, **_kwargs):
        """Serve the certificate of one contract over a year as PDF."""
        contract = self._get_visit_contract(contract_id)
        if not contract:
            return request.redirect("/my/visits")
        first, last, _years = self._get_visit_period(contract, year)
        # The customer has no right on the report; the contract was checked above.
        pdf, _kind = (
            request.env["ir.actions.report"]
            .sudo()
            ._render_qweb_pdf(
                "field_planning.action_report_visit_certificate",
                contract.ids,
                data={"date_from": first.isoformat(), "date_to": last.isoformat()},
            )
        )
        name = f"{contract.name.replace('/', '-')} {first.year}.pdf"
        return request.make_response(
            pdf,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(pdf)),
                ("Content-Disposition", content_disposition(name)),
            ],
        )

    @staticmethod
    def _get_visit_period(contract, year):
        """Return first and last day of a year, and the years to choose from."""
        today = fields.Date.context_today(contract)
        end = contract.date_end or today + relativedelta(years=1)
        years = list(range(contract.date_start.year, max(end.year, contract.date_start.year) + 1))
        wanted = int(year) if str(year).isdigit() and int(year) in years else None
        chosen = wanted or min(max(today.year, years[0]), years[-1])
        return date(chosen, 1, 1), date(chosen, 12, 31), years[-6:]
