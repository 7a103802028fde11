from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..survey import ask_at

PLANNER = "field_mission.group_field_planner"
BATCH = 200
BAD_AT_MOST = 2
SCORES = (1, 2, 3, 4, 5)
# What customers say, and what was done to ask them: nobody types it.
SURVEY_FIELDS = frozenset(
    ("survey_state", "survey_due", "survey_sent", "survey_partner_id", "survey_note",
     "survey_score", "survey_comment")
)  # fmt: skip


class FieldMissionSurvey(models.Model):
    """After a validated visit its customer is asked, once, how it went."""

    _inherit = "field.mission"

    survey_state = fields.Selection(
        [
            ("due", "To be asked"),
            ("sent", "Asked"),
            ("answered", "Answered"),
            ("skipped", "Not asked"),
        ],
        string="Satisfaction survey",
        readonly=True,
        copy=False,
        groups=PLANNER,
    )
    survey_due = fields.Datetime(
        string="Asked from", readonly=True, copy=False, index="btree_not_null", groups=PLANNER
    )
    survey_sent = fields.Datetime(string="Asked on", readonly=True, copy=False, groups=PLANNER)
    survey_partner_id = fields.Many2one(
        "res.partner", string="Who is asked", readonly=True, copy=False, groups=PLANNER
    )
    survey_note = fields.Selection(
        [("no_address", "Nobody with an e-mail address"), ("asked_lately", "Asked not long ago")],
        string="Why not asked",
        readonly=True,
        copy=False,
        groups=PLANNER,
    )
    survey_score = fields.Float(
        string="Satisfaction",
        readonly=True,
        copy=False,
        aggregator="avg",
        groups=PLANNER,
        help="From 1 to 5, as the customer said. The average counts answered surveys only.",
    )
    survey_comment = fields.Text(
        string="Customer's comment", readonly=True, copy=False, groups=PLANNER
    )

    _survey_asked_idx = models.Index(
        "(survey_partner_id, survey_sent) WHERE survey_sent IS NOT NULL"
    )

    def _refuse_guarded(self, vals):
        """Customers alone give scores."""
        # A form sends back what it shows, empty, when it creates a mission.
        if not self.env.su and any(self or vals[name] for name in SURVEY_FIELDS.intersection(vals)):
            raise UserError(self.env._("What a customer answers can't be typed or changed."))
        return super()._refuse_guarded(vals)

    def _after_transition(self, step):
        """Plan the question when a visit is validated; drop it when that is taken back."""
        result = super()._after_transition(step)
        missions = self.sudo()
        if step.name == "validate":
            missions.filtered(
                lambda mission: mission.company_id.field_survey and not mission.survey_state
            )._plan_survey()
        elif step.name in ("unvalidate", "reopen", "cancel"):
            missions.filtered(lambda mission: mission.survey_state == "due").write(
                {"survey_state": False, "survey_due": False}
            )
        return result

    def _plan_survey(self):
        """Note from when the customers of missions are asked. In batch."""
        now = fields.Datetime.now()

        def due(mission):
            company = mission.company_id
            return ask_at(
                now,
                timedelta(minutes=round(company.field_survey_delay * 60)),
                company.field_survey_quiet_from,
                company.field_survey_quiet_to,
                mission._get_tz(),
            )

        for moment, missions in self.grouped(due).items():
            missions.write({"survey_state": "due", "survey_due": moment})

    def _get_survey_partner(self):
        """Return who is asked about each mission (hook): who receives reports, else the customer.

        :return: ``{mission_id: res.partner}``, empty where nobody has an address
        """
        found = {}
        for mission in self:
            contacts = mission.site_id.site_contact_ids.filtered("report").partner_id
            people = contacts | mission.partner_id
            found[mission.id] = people.filtered("email")[:1]
        return found

    @api.model
    def _cron_ask(self):
        """Ask the customers whose moment has come. In batches; one query when there is none."""
        while True:
            due = self.search(
                [("survey_due", "<=", fields.Datetime.now()), ("survey_state", "=", "due")],
                limit=BATCH,
                order="survey_due, id",
            )
            if not due:
                return
            due = due.try_lock_for_update()
            due._ask()
            if not due or not self.env["ir.cron"]._commit_progress(len(due)):
                return

    def _ask(self):
        """Send the question of missions, each customer once in a while only. In batch."""
        partners = self._get_survey_partner()
        lately = self._get_lately_asked(self.env["res.partner"].union(*partners.values()))
        now, asked = fields.Datetime.now(), self.browse()
        for mission in self:
            partner = partners[mission.id]
            spared = timedelta(days=mission.company_id.field_survey_every)
            note = False
            if not partner:
                note = "no_address"
            elif partner in lately and now - lately[partner] < spared:
                note = "asked_lately"
            else:
                asked += mission
                lately[partner] = now
            mission.write(
                {
                    "survey_due": False,
                    "survey_state": "skipped" if note else "sent",
                    "survey_note": note,
                    "survey_sent": False if note else now,
                    "survey_partner_id": partner.id,
                }
            )
        asked._send_survey()

    def _get_lately_asked(self, partners):
        """Return when these contacts were last asked: ``{res.partner: datetime}``."""
        rows = self.env["field.mission"]._read_group(
            [("survey_partner_id", "in", partners.ids), ("survey_sent", "!=", False)],
            ["survey_partner_id"],
            ["survey_sent:max"],
        )
        return dict(rows)

    def _send_survey(self):
        """Make a link and queue a message for each mission. In batch."""
        model_id = self.env["ir.model"]._get_id(self._name)
        ratings = self.env["rating.rating"].create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": mission.id,
                    "partner_id": mission.survey_partner_id.id,
                    "is_internal": False,
                }
                for mission in self
            ]
        )
        self.env["mail.mail"].create(
            [
                mission._prepare_survey_mail(rating)
                for mission, rating in zip(self, ratings, strict=True)
            ]
        )

    def _prepare_survey_mail(self, rating):
        """Return the message that asks about one mission, in the reader's language.

        :param rating: ``rating.rating`` that carries the link
        """
        partner = self.survey_partner_id
        mission = self.with_context(lang=partner.lang or self.env.lang)
        body = mission.env["ir.qweb"]._render(
            "field_sla.survey_mail",
            {
                "mission": mission,
                "scores": SCORES,
                "link": f"{mission.get_base_url()}/field/survey/{rating.access_token}",
                "days": self.company_id.field_survey_valid,
            },
        )
        return {
            "subject": mission.env._(
                "How did our visit of %s go?",
                mission.env["ir.qweb.field.date"].value_to_html(mission.mission_date, {}),
            ),
            "body_html": body,
            "email_from": self.company_id.email_formatted or self.env.user.email_formatted,
            "recipient_ids": [Command.set(partner.ids)],
            "auto_delete": True,
        }

    # ------------------------------------------------------------------ answers

    @api.model
    def _find_survey(self, token):
        """Return the open question that a link carries, and why it is not open otherwise.

        :param token: of the ``rating.rating``
        :return: ``(rating.rating, "open" | "answered" | "expired" | "unknown")`` (sudo)
        """
        ratings = self.env["rating.rating"].sudo()
        rating = ratings.search(
            [("access_token", "=", token), ("res_model", "=", self._name)], limit=1
        )
        mission = self.sudo().browse(rating.res_id).exists()
        if not rating or not mission:
            return ratings, "unknown"
        if rating.consumed:
            return rating, "answered"
        asked = mission.survey_sent or rating.create_date
        if fields.Datetime.now() - asked > timedelta(days=mission.company_id.field_survey_valid):
            return rating, "expired"
        return rating, "open"

    @api.model
    def _answer_survey(self, token, score, comment=""):
        """Take the one answer that a link allows.

        :param token: of the ``rating.rating``
        :param score: 1 to 5
        :param comment: free text
        :raises UserError: the link is used, too old or unknown, or the score is none
        """
        rating, state = self._find_survey(token)
        if rating:
            # Two taps at one moment: the second one waits here, and finds the answer.
            self.env.cr.execute(
                "SELECT consumed FROM rating_rating WHERE id = %s FOR UPDATE", [rating.id]
            )
            state = "answered" if self.env.cr.fetchone()[0] else state
        if state != "open":
            raise UserError(self.env._("This link can't be used any more."))
        if score not in SCORES:
            raise UserError(self.env._("Give a score from 1 to 5."))
        mission = self.sudo().browse(rating.res_id)
        comment = (comment or "").strip()[:2000]
        mission.rating_apply(score, rating=rating, feedback=comment, subtype_xmlid="mail.mt_note")
        mission.write(
            {
                "survey_state": "answered",
                "survey_score": score,
                "survey_comment": comment or False,
            }
        )
        if score <= BAD_AT_MOST:
            mission._tell_bad_score(score)
        return mission

    def _tell_bad_score(self, score):
        """Put a bad score on the desk of the field office at once."""
        user = self.team_id.leader_id.user_id or self.company_id._get_field_office_user()
        if not user:
            return
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=user.id,
            summary=self.with_context(lang=user.lang).env._("Unhappy customer: %s of 5", score),
            note=self.survey_comment or False,
        )

    def action_complain_from_survey(self):
        """Make a complaint of the bad score of one mission, and open it.

        :return: a window action
        :raises UserError: the customer gave no score
        """
        self.ensure_one()
        if self.survey_state != "answered":
            raise UserError(self.env._("%s: its customer gave no score.", self.name))
        complaint = self.env["field.complaint"].search(
            [("mission_id", "=", self.id), ("origin", "=", "survey")], limit=1
        ) or self.env["field.complaint"].create(
            {
                "origin": "survey",
                "mission_id": self.id,
                "subject": self.env._("Satisfaction: %s of 5", round(self.survey_score)),
                "description": self.survey_comment,
                "contact_id": self.survey_partner_id.id,
                "category": "quality",
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.complaint",
            "res_id": complaint.id,
            "view_mode": "form",
        }


class RatingRating(models.Model):
    _inherit = "rating.rating"

    def write(self, vals):
        """Keep what customers said of missions: Odoo lets every employee change ratings.

        :raises UserError: a score or a comment of a mission is changed
        """
        said = {"rating", "feedback", "consumed", "res_id", "res_model_id"}.intersection(vals)
        if said and not self.env.su:
            if any(rating.res_model == "field.mission" for rating in self):
                raise UserError(self.env._("What a customer answers can't be typed or changed."))
        return super().write(vals)
