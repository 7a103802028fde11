from datetime import timedelta

from odoo import api, fields, models

# How long a posted invoice waits for the reports of its missions.
REPORTS_WAIT = timedelta(days=7)


class AccountMove(models.Model):
    _inherit = "account.move"

    field_charge_count = fields.Integer(compute="_compute_field_charge_count")
    field_reports_due = fields.Boolean(
        string="Mission reports to come",
        readonly=True,
        copy=False,
        help="Posted before the reports of all its missions were made: they will be attached.",
    )

    _field_reports_due_idx = models.Index("(id) WHERE field_reports_due")

    @api.depends("line_ids.sale_line_ids")
    def _compute_field_charge_count(self):
        for move in self:
            # Whether there are any is no secret to who reads the invoice.
            move.field_charge_count = len(move.sudo()._get_field_charges())

    def _get_field_charges(self):
        """Return the charges of missions on these invoices."""
        return self.line_ids.sale_line_ids.field_charge_ids

    @api.depends("line_ids.sale_line_ids.field_charge_ids.service_date")
    def _compute_delivery_date(self):
        """The service date is the day the last billed mission ended, whatever the order's first
        picking says."""
        result = super()._compute_delivery_date()
        for move in self:
            charges = move.sudo()._get_field_charges()
            days = [day for day in charges.mapped("service_date") if day]
            if days:
                move.delivery_date = max(days)
        return result

    def _post(self, soft=True):
        """Attach the reports of the missions to the posted invoices."""
        posted = super()._post(soft)
        posted.filtered(lambda move: move.move_type == "out_invoice")._attach_field_reports()
        return posted

    def _attach_field_reports(self):
        """Copy the missions' reports (bons d'intervention) that are ready to these invoices.

        Doing it again attaches only what is new.

        :return: the new ``ir.attachment`` records
        """
        missions_of = {}
        for move in self.sudo():
            missions = move._get_field_charges().mission_id
            if missions:
                missions_of[move] = missions
        if not missions_of:
            return self.env["ir.attachment"]
        # The accountant sends the report without being a reader of the mission.
        every = self.sudo().env["field.mission"].union(*missions_of.values())
        links = every._get_proof_links()
        wanted = {
            link["attachment_id"]
            for rows in links.values()
            for link in rows
            if link.get("attachment_id")
        }
        sources = self.env["ir.attachment"].sudo().browse(wanted).exists().grouped("id")
        present = self._get_attached_checksums(missions_of)
        values = []
        for move, missions in missions_of.items():
            for link in (link for mission in missions for link in links.get(mission.id, ())):
                source = sources.get(link.get("attachment_id"))
                if not source or (move.id, source.checksum) in present:
                    continue
                present.add((move.id, source.checksum))
                values.append(
                    {
                        "name": link.get("name") or source.name,
                        "res_model": "account.move",
                        "res_id": move.id,
                        "raw": source.raw,
                        "mimetype": source.mimetype,
                    }
                )
        for move, missions in missions_of.items():
            due = not all(links.get(mission.id) for mission in missions)
            if move.field_reports_due != due:
                move.field_reports_due = due
        return self.env["ir.attachment"].sudo().create(values)

    @api.model
    def _cron_attach_field_reports(self, batch=50):
        """Attach the reports made after their invoice was posted; after a week, wait no longer."""
        moves = self.search([("field_reports_due", "=", True)], order="write_date, id", limit=batch)
        moves._attach_field_reports()
        week_ago = fields.Datetime.now() - REPORTS_WAIT
        moves.filtered(lambda move: move.create_date < week_ago).field_reports_due = False

    def _get_attached_checksums(self, moves):
        """Return ``{(invoice id, checksum)}`` of what these invoices already carry."""
        attached = (
            self.env["ir.attachment"]
            .sudo()
            .search_fetch(
                [
                    ("res_model", "=", "account.move"),
                    ("res_id", "in", [move.id for move in moves]),
                ],
                ["res_id", "checksum"],
            )
        )
        return {(attachment.res_id, attachment.checksum) for attachment in attached}

    def action_attach_field_reports(self):
        """Attach the missions' reports that came after the invoice was posted."""
        self.check_access("write")
        self.filtered(lambda move: move.state == "posted")._attach_field_reports()
        return True

    def action_view_field_charges(self):
        """Open the charges of missions that these invoices took."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_billing_bridge.field_charge_action"
        )
        action["domain"] = [("id", "in", self.sudo()._get_field_charges().ids)]
        action["context"] = {}
        return action
