from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# Two suggestions of one site within that time may be the same idea.
DUPLICATE_DAYS = 365


class FieldSuggestion(models.Model):
    """An idea or an opportunity that somebody saw in the field, and what became of it."""

    _name = "field.suggestion"
    _description = "Suggestion from the field"
    _inherit = ["field.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _guarded_fields = {
        "state": "new",
        "outcome": False,
        "decided_by_id": False,
        "date_decided": False,
        "won_value": 0.0,
    }

    name = fields.Char(string="Suggestion", required=True, tracking=True)
    kind = fields.Selection(
        [("opportunity", "Opportunity"), ("improvement", "Improvement")],
        default="opportunity",
        required=True,
        tracking=True,
    )
    description = fields.Text()
    value = fields.Monetary(string="Rough value", tracking=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="mission_id.company_id", store=True, precompute=True, index=True
    )
    site_id = fields.Many2one(
        related="mission_id.site_id", store=True, precompute=True, index="btree_not_null"
    )
    partner_id = fields.Many2one(
        related="mission_id.partner_id", store=True, precompute=True, index="btree_not_null"
    )
    service_type_id = fields.Many2one(
        related="mission_id.service_type_id", store=True, precompute=True
    )
    team_id = fields.Many2one(related="mission_id.team_id", store=True, precompute=True)
    photo_ids = fields.Many2many("field.photo", string="Photos", readonly=True)
    author_id = fields.Many2one(
        "res.users",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.user,
        string="Suggested by",
    )
    date = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, help="Device time."
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("accepted", "Taken up"),
            ("won", "Won"),
            ("done", "Done"),
            ("refused", "Not kept"),
        ],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    outcome = fields.Text(readonly=True, copy=False, help="What the author was told.")
    won_value = fields.Monetary(string="Value won", readonly=True, copy=False, tracking=True)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    date_decided = fields.Datetime(string="Decided on", readonly=True, copy=False)
    similar_ids = fields.Many2many(
        "field.suggestion",
        compute="_compute_similar_ids",
        string="Already suggested here",
        help="Other suggestions of the same kind for this site in the last twelve months.",
    )
    similar_count = fields.Integer(compute="_compute_similar_ids")

    _value_positive = models.Constraint("CHECK(value >= 0)", "A rough value can't be negative.")

    @api.depends("site_id", "kind", "date")
    def _compute_similar_ids(self):
        others = self.search(
            [
                ("site_id", "in", self.site_id.ids),
                ("date", ">=", min(self.mapped("date"), default=fields.Datetime.now())
                 - timedelta(days=DUPLICATE_DAYS)),
            ]
        ).grouped(lambda one: (one.site_id, one.kind))  # fmt: skip
        for suggestion in self:
            near = others.get((suggestion.site_id, suggestion.kind), self.browse())
            oldest = (suggestion.date or fields.Datetime.now()) - timedelta(days=DUPLICATE_DAYS)
            suggestion.similar_ids = near.filtered(
                lambda one, oldest=oldest: one.date >= oldest
            ) - (suggestion._origin or suggestion)
            suggestion.similar_count = len(suggestion.similar_ids)

    # ------------------------------------------------------------------ decisions

    def action_accept(self):
        """Take new suggestions up; their authors are told.

        :raises UserError: one of them was decided already
        """
        self._decide("accepted", ("new", "refused"))
        return True

    def action_refuse(self, reason):
        """Not keep suggestions; their authors are told why.

        :param reason: words for the author
        :raises UserError: no reason, or one of them has ended already
        """
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why: the author will read it."))
        self._decide("refused", ("new", "accepted"), reason)
        return True

    def action_done(self):
        """Say that an improvement was made; the authors are told.

        :raises UserError: one of them was not taken up
        """
        self._decide("done", ("accepted",))
        return True

    def action_ask_reason(self):
        """Open the question why these suggestions are not kept.

        :return: action of a dialog
        """
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why is it not kept?"),
            "res_model": "field.suggestion.refusal",
            "view_mode": "form",
            "target": "new",
            "context": {"default_suggestion_ids": self.ids},
        }

    def _decide(self, state, sources, outcome=None, won_value=None):
        """Change the state of a batch and tell the authors.

        :param sources: states from which the step is allowed
        :param outcome: words for the author, or None for the usual ones
        :param won_value: amount won, or None
        """
        self.check_access("write")
        labels = dict(self._fields["state"]._description_selection(self.env))
        for suggestion in self:
            if suggestion.state not in sources:
                raise UserError(
                    self.env._(
                        "“%(name)s” is “%(state)s”: this can't be decided any more.",
                        name=suggestion.name,
                        state=labels[suggestion.state],
                    )
                )
        values = {
            "state": state,
            "outcome": outcome or False,
            "decided_by_id": self.env.uid,
            "date_decided": fields.Datetime.now(),
        }
        if won_value is not None:
            values["won_value"] = won_value
        self._guarded_write(values)
        self._tell_authors()

    def _get_news(self):
        """Return the sentence that tells the author of one suggestion what became of it (hook)."""
        self.ensure_one()
        if self.state == "refused":
            return self.env._(
                "Your suggestion “%(name)s” was not kept: %(reason)s",
                name=self.name,
                reason=self.outcome,
            )
        if self.state == "done":
            return self.env._("Your suggestion “%s” was carried out. Thank you!", self.name)
        return self.env._("Your suggestion “%s” was taken up. Thank you!", self.name)

    def _tell_authors(self):
        for suggestion in self:
            author = suggestion.author_id.sudo()
            told = suggestion.with_context(lang=author.lang)
            told.message_post(
                body=told._get_news(),
                partner_ids=author.partner_id.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_note",
            )
