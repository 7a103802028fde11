from odoo import models


class FieldBackgroundMixin(models.AbstractModel):
    """Work that a cron does with the rights, language and company of the person who asked."""

    _name = "field.background.mixin"
    _description = "Work in the background"

    def _as_user(self):
        """Return one record as its ``user_id`` would see it, in its ``company_id``."""
        self.ensure_one()
        user = self.user_id
        return (
            self.with_user(user)
            .with_company(self.company_id)
            .with_context(
                lang=user.lang,
                tz=user.tz or "Europe/Paris",
                allowed_company_ids=self.company_id.ids,
            )
        )
