from odoo import api, models


class FieldMissionHooks(models.Model):
    """What two addons share without knowing each other: extend these with ``super()``."""

    _inherit = "field.mission"

    def _get_billing_facts(self):
        """Return the facts that can be billed of each mission (hook).

        :return: ``{mission_id: [fact, …]}``; a fact is a dict with ``kind`` (``visit``, ``time``,
            ``material``, or an addon's own) and its figures; times in hours, quantities in the
            unit of measure named by ``uom_id``
        """
        facts = {}
        for mission in self.sudo():
            rows = [{"kind": "visit", "quantity": 1.0, "incident": mission._billable_incident()}]
            for line in mission.time_ids:
                if line.stop:
                    rows.append(
                        {
                            "kind": "time",
                            "time_kind": line.kind,
                            "hours": line.duration,
                            "employee_id": line.employee_id.id,
                            "start": line.start,
                            "stop": line.stop,
                            "res_id": line.id,
                        }
                    )
            for line in mission.material_ids:
                if line.quantity:
                    rows.append(
                        {
                            "kind": "material",
                            "product_id": line.product_id.id,
                            "description": line.description,
                            "quantity": -line.quantity if line.is_return else line.quantity,
                            "uom_id": line.uom_id.id,
                            "billing": line.billing,
                            "res_id": line.id,
                        }
                    )
            facts[mission.id] = rows
        return facts

    def _billable_incident(self):
        """Return the kind of the incident for which the customer answers, or False."""
        caused = self.incident_ids.filtered("customer_caused")
        return caused[:1].kind or False

    def _get_billing_blockers(self):
        """Return what keeps each mission from being billed, and who can lift it (hook).

        :return: ``{mission_id: [(code, sentence, who), …]}``
        """
        found = {mission.id: [] for mission in self}
        for mission in self:
            if mission.state != "done":
                found[mission.id].append(
                    ("not_done", self.env._("The mission is not done."), self.env._("Technician"))
                )
            elif not mission.validated:
                found[mission.id].append(
                    (
                        "not_validated",
                        self.env._("The office has not validated the mission."),
                        self.env._("Planner"),
                    )
                )
        return found

    def _get_texts_to_sign(self):
        """Return the texts shown above a signature (hook).

        :return: ``{mission_id: [{"key": str, "title": str, "text": str}, …]}``
        """
        found = {}
        for mission in self:
            what = mission.service_type_id.sudo().name
            where = mission.site_id.sudo().display_name
            found[mission.id] = [
                {
                    "key": "statement",
                    "title": self.env._("Statement after the work"),
                    "text": self.env._(
                        "The work “%(what)s” on the site “%(where)s” (mission %(name)s) was carried"
                        " out as described in this report.",
                        what=what,
                        where=where,
                        name=mission.name,
                    ),
                }
            ]
        return found

    def _get_customer_window(self):
        """Return the slot that a customer may be told (hook).

        :return: ``{mission_id: (start, end)}`` naive UTC, or ``(None, None)``
        """
        return {
            mission.id: (mission.promised_start or None, mission.promised_end or None)
            for mission in self
        }

    def _get_deadline(self):
        """Return until when each mission must be carried out (hook).

        :return: ``{mission_id: datetime or False}``, naive UTC
        """
        return {mission.id: mission.request_id.sudo().date_deadline for mission in self}

    @api.model
    def _get_deadline_sql(self, alias, query):
        """Return the SQL of the deadline that lists of many missions show (hook).

        :param alias: table of the missions
        :param query: query to which tables may be joined
        """
        request = query.left_join(alias, "request_id", "field_request", "id", "request")
        return self.env["field.request"].sudo()._field_to_sql(request, "date_deadline", query)

    def _get_price_lines(self):
        """Return the prices of each mission that its customer may read (hook).

        :return: ``{mission_id: [{"name": str, "quantity": float, "uom": str, "price_unit": float,
            "subtotal": float, "currency": res.currency}, …]}``, amounts without tax
        """
        return {mission.id: [] for mission in self}

    def _get_proof_links(self):
        """Return where the proof of each mission lies (hook).

        :return: ``{mission_id: [{"name": str, "attachment_id": int, "url": str}, …]}``
        """
        return {mission.id: [] for mission in self}

    def _build_dossier(self):
        """Build the dossier of each mission (hook).

        :return: ``{mission_id: [(file name, bytes), …]}``
        """
        return {mission.id: [] for mission in self}
