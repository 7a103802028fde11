from odoo import api, models
from odoo.exceptions import UserError

# A plain object can't be sent over RPC, so nobody outside can forge it.
TOKEN = object()


class FieldGuardedMixin(models.AbstractModel):
    """Fields that only a model's own steps write, so that a state says what really happened."""

    _name = "field.guarded.mixin"
    _description = "Fields written by steps only"

    # Guarded field -> the value that a new record may be given: its default.
    _guarded_fields = {}

    @api.model_create_multi
    def create(self, vals_list):
        """Let records start with the defaults of what is guarded only.

        :raises UserError: a guarded field is given
        """
        for vals in vals_list:
            self._refuse_guarded(
                name
                for name, start in self._guarded_fields.items()
                if vals.get(name) and vals[name] != start
            )
        return super().create(vals_list)

    def write(self, vals):
        """Let only the steps write what is guarded.

        :raises UserError: a guarded field is given
        """
        self._refuse_guarded(name for name in self._guarded_fields if name in vals)
        return super().write(vals)

    def _get_guard_key(self):
        # One a model: a step must not open what other models guard.
        return f"{self._name}.step"

    def _refuse_guarded(self, names):
        """Refuse fields that are guarded, outside of a step.

        :param names: iterable of field names
        """
        if self.env.context.get(self._get_guard_key()) is TOKEN:
            return
        for name in names:
            label = self._fields[name]._description_string(self.env)
            raise UserError(self.env._("“%s” is changed by the buttons only, not directly.", label))

    def _guarded_write(self, vals):
        """Write what only a step may write."""
        return self.with_context(**{self._get_guard_key(): TOKEN}).write(vals)
