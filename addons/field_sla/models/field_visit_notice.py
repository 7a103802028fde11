from odoo import api, fields, models


class FieldVisitNotice(models.Model):
    """Nobody let us in: the clock waits for the customer, with the incident as its proof."""

    _inherit = "field.visit.notice"

    @api.model_create_multi
    def create(self, vals_list):
        """Pause the clocks of the requests from the moment at the closed door."""
        notices = super().create(vals_list)
        # Technicians record no pauses; this one follows from their incident.
        pauses = self.env["field.sla.pause"].sudo()
        pauses.create([notice._prepare_sla_pause() for notice in notices])
        return notices

    def _prepare_sla_pause(self):
        """Return the values of the pause that one notice brings."""
        mission = self.mission_id.sudo()
        lang = mission.partner_id.lang or mission.company_id.partner_id.lang
        labels = (
            self.with_context(lang=lang)
            .incident_id._fields["kind"]
            ._description_selection(self.with_context(lang=lang).env)
        )
        return {
            "request_id": mission.request_id.id,
            "mission_id": mission.id,
            "start": self.date,
            "reason": dict(labels)[self.kind],
            "customer_caused": True,
            "incident_id": self.incident_id.id,
        }

    def _answer(self, state, **values):
        """The clock runs again as soon as the customer has answered."""
        result = super()._answer(state, **values)
        self._resume_sla()
        return result

    def _resume_sla(self):
        """End the pauses that these notices brought and that still run."""
        now = fields.Datetime.now()
        running = (
            self.env["field.sla.pause"]
            .sudo()
            .search([("incident_id", "in", self.incident_id.ids), ("stop", "=", False)])
        )
        # A device whose clock was ahead left its notice in our future.
        for start, pauses in running.grouped(lambda pause: max(pause.start, now)).items():
            pauses.write({"stop": start})


class FieldMission(models.Model):
    _inherit = "field.mission"

    def _after_transition(self, step):
        """A visit that is planned again, or given up, waits for its customer no more."""
        result = super()._after_transition(step)
        if step.name in ("plan", "done", "cancel"):
            self.sudo().visit_notice_ids._resume_sla()
        return result
