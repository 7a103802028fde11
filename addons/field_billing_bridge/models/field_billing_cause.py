from odoo import api, fields, models


class FieldBillingCause(models.Model):
    """Why a charge can't be billed yet, and who lifts it.

    A record and not a selection: any addon may give a cause through ``_get_billing_blockers()``,
    and lists add up the money blocked by each.
    """

    _name = "field.billing.cause"
    _description = "Cause of a blocked charge"
    _order = "sequence, id"

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(string="Cause", required=True, translate=True)
    who = fields.Char(string="Lifted by", translate=True)
    sequence = fields.Integer(default=50)

    _code_unique = models.UniqueIndex("(code)", "This cause exists already.")

    @api.model
    def _get_by_code(self, blockers):
        """Return the causes of these codes, noting down those that were never met before.

        :param blockers: ``{code: (sentence, who)}`` in the current language
        :return: ``{code: field.billing.cause}``
        """
        causes = self.sudo()
        found = {cause.code: cause for cause in causes.search([("code", "in", list(blockers))])}
        new = [code for code in blockers if code not in found]
        for cause in causes.create(
            [
                {"code": code, "name": blockers[code][0], "who": blockers[code][1] or False}
                for code in new
            ]
        ):
            found[cause.code] = cause
        return found
