from odoo import api, fields, models

from ..core import states


class FieldGuardLine(models.TransientModel):
    """The table of steps as a manager reads it: who may go where, and what is needed.

    Its rows are written from ``core/states.py`` each time it is opened: there is no second copy.
    """

    _name = "field.guard.line"
    _description = "Step of a mission"
    _order = "sequence, id"

    sequence = fields.Integer()
    step = fields.Char()
    source = fields.Char(string="From")
    target = fields.Char(string="To")
    who = fields.Char()
    needs = fields.Text(string="What is needed")

    @api.model
    def action_open(self):
        """Open the table.

        :return: a window action
        """
        self.check_access("create")
        rows = self.create(self._prepare_rows())
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_guard_action")
        return {**action, "domain": [("id", "in", rows.ids)]}

    @api.model
    def _prepare_rows(self):
        """Return one row of values a step of the table, in its order."""
        labels = dict(self.env["field.mission"]._fields["state"]._description_selection(self.env))
        steps, people = self._get_step_words(), self._get_role_words()
        rows = []
        for number, step in enumerate(states.TRANSITIONS.values()):
            source = ", ".join(labels[state] for state in step.sources)
            target = labels[step.target] if step.target else source
            if step.name == "validate":
                target = self.env._("%s, validated", target)
            if step.validated:
                source = self.env._("%s, validated", source)
            words = [word for need in step.needs for word in self._get_need_words(need)]
            rows.append(
                {
                    "sequence": number,
                    "step": steps[step.name],
                    "source": source,
                    "target": target,
                    "who": people[step.role],
                    "needs": "\n".join(words) or self.env._("Nothing more"),
                }
            )
        return rows

    @api.model
    def _get_step_words(self):
        """Return ``{step: its name on the buttons}``."""
        return {
            "plan": self.env._("Plan"),
            "unplan": self.env._("Back to the tray"),
            "start": self.env._("Start"),
            "done": self.env._("Finish"),
            "reschedule": self.env._("To reschedule"),
            "cancel": self.env._("Cancel"),
            "reset": self.env._("Take back"),
            "reopen": self.env._("Reopen"),
            "validate": self.env._("Validate"),
            "unvalidate": self.env._("Withdraw validation"),
        }

    @api.model
    def _get_role_words(self):
        """Return ``{role: who that is}``; each may also do what those before may."""
        return {
            states.MEMBER: self.env._("The people sent to it, the office"),
            states.RESPONSIBLE: self.env._("The technician responsible, the office"),
            states.PLANNER: self.env._("Planners"),
            states.MANAGER: self.env._("Managers"),
        }

    @api.model
    def _get_need_words(self, need):
        """Return what a requirement of the table means, in sentences (hook).

        :param need: a word of ``core.states.Transition.needs``
        """
        return {
            "technician": [self.env._("A technician")],
            "slot": [self.env._("A planned start")],
            "duration": [self.env._("A duration above zero")],
            "published": [
                self.env._("The mission is published"),
                self.env._("The documents to read before the start are read"),
            ],
            "work": [
                self.env._("An answer to each required check that is asked"),
                self.env._("A photo and a signature (or why there is none), as the type asks"),
            ],
            "reason": [self.env._("A reason, in words")],
        }[need]
