from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date, format_time

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core.publication import ADDED, CHANGED, MOVED, REMOVED

# A message names so many visits, then counts the others.
NAMED = 40


class FieldTourNews(models.AbstractModel):
    """What technicians are told when their tours change: one message a person and change.

    It goes the way each user chose in Odoo: inbox and web push, or mail. Somebody without a user
    gets a mail. Mails are queued: no mail server can stop a publication.
    """

    _name = "field.tour.news"
    _description = "News of a tour"

    @api.model
    def _send_noted(self):
        """Tell what changed in this transaction; called once, just before it is committed."""
        noted = self.env.cr.precommit.data.pop("field_planning.tour_news", {})
        missions = self.env["field.mission"].browse(noted).exists()
        shown = missions.filtered(lambda m: m.published and m.publish_state == "current")
        # A tour that got its first visit from a change of today is shown with it.
        shown.stop_ids.filtered(lambda stop: not stop.set_aside).tour_id._mark_published()
        self._send(missions._get_tour_news(noted))
        # The flush of the transaction is over by now.
        self.env.flush_all()

    @api.model
    def _send(self, news):
        """Send one message a person.

        :param news: ``{employee_id: [(news, mission, before, after), …]}``
        """
        people = self.env["hr.employee"].sudo().browse(news)
        for person in people:
            partner = person.user_id.partner_id or person.work_contact_id
            own_doing = person.user_id == self.env.user
            if not partner or own_doing or not (person.user_id or partner.email):
                continue
            lang = person.user_id.lang or partner.lang or self.env.lang
            here = self.with_context(lang=lang)
            rows = news[person.id]
            self.env["mail.thread"].with_context(lang=lang).message_notify(
                partner_ids=partner.ids,
                subject=here._get_subject(person, rows),
                body=here._get_body(person, rows),
                force_send=False,
                email_layout_xmlid="mail.mail_notification_light",
            )
        if people:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    @api.model
    def _get_subject(self, person, rows):
        days = sorted({self._get_day(plan, mission) for _n, mission, *plans in rows for plan in plans
                       if plan})  # fmt: skip
        today = utc_to_local(fields.Datetime.now(), person._get_field_tz()).date()
        if today in days:
            return self.env._("Your tour of today changed")
        first = format_date(self.env, days[0], date_format="EEEE d MMMM")
        if len(days) == 1:
            return self.env._("Your tour of %s", first)
        last = format_date(self.env, days[-1], date_format="EEEE d MMMM")
        return self.env._("Your tours from %(first)s to %(last)s", first=first, last=last)

    @api.model
    def _get_body(self, person, rows):
        rows = sorted(rows, key=lambda row: ((row[3] or row[2]).start, row[1].id))
        lines = [self._get_line(*row) for row in rows[:NAMED]]
        if len(rows) > NAMED:
            lines.append(self.env._("… and %s more visits.", len(rows) - NAMED))
        items = Markup("").join(Markup("<li>%s</li>") % line for line in lines)
        link = Markup('<p><a href="%s/field">%s</a></p>') % (
            self.env["ir.config_parameter"].sudo().get_param("web.base.url"),
            self.env._("Open my day"),
        )
        hello = Markup("<p>%s</p>") % self.env._("Hello %s, this is new for you:", person.name)
        return hello + Markup("<ul>%s</ul>") % items + link

    @api.model
    def _get_day(self, plan, mission):
        return utc_to_local(plan.start, mission._get_tz()).date()

    @api.model
    def _get_moment(self, plan, mission):
        """Day and hour of a plan on the site, in the reader's language."""
        tz = mission._get_tz()
        day = format_date(self.env, self._get_day(plan, mission), date_format="EEE d MMM")
        return f"{day} {format_time(self.env, plan.start, tz=tz, time_format='short')}"

    @api.model
    def _get_line(self, news, mission, before, after):
        """One change in words.

        :param news: one of the words of ``core.publication``
        """
        what = f"{mission.site_id.name} · {mission.name}"
        if mission.site_id.city:
            what = f"{mission.site_id.name} ({mission.site_id.city}) · {mission.name}"
        was = before and self._get_moment(before, mission)
        now = after and self._get_moment(after, mission)
        if news == ADDED:
            return self.env._("New: %(when)s, %(what)s", when=now, what=what)
        if news == REMOVED:
            return self.env._("Taken off: %(when)s, %(what)s", when=was, what=what)
        if news == MOVED:
            return self.env._("Moved: %(what)s, %(was)s → %(now)s", what=what, was=was, now=now)
        assert news == CHANGED
        return self.env._("Changed: %(when)s, %(what)s (duration or colleagues)", when=now,
                          what=what)  # fmt: skip
