from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.field_mission.core.slots import local_to_utc

from ..core import recurrence

# Missions made in one transaction, and plans looked at together.
BATCH = 500
PLANS = 50


class FieldVisitPlan(models.Model):
    """From rules to obligations and missions, ahead of time, as often as one likes."""

    _inherit = "field.visit.plan"

    @api.model
    def _cron_generate(self):
        """Make the missions that the plans' horizons ask for, batch by batch, resumable anywhere.

        With nothing to do it costs the same few queries whatever the number of plans.
        """
        cron = self.env["ir.cron"]
        self.env["field.holiday"]._keep_ahead()
        left = self.search_count(self._get_generation_domain())
        seen = set()
        while left:
            plans = self.search(
                [*self._get_generation_domain(), ("id", "not in", list(seen))], limit=PLANS
            )
            if not plans:
                return
            seen.update(plans.ids)
            for company, group in plans.grouped("company_id").items():
                for done in group._in_company(company)._generate_batches():
                    if not cron._commit_progress(done, remaining=max(left - len(seen), 0)):
                        return

    @api.model
    def _get_generation_domain(self):
        """Return the domain of the plans for which missions are to be made today."""
        return [
            ("state", "=", "active"),
            ("date_generate", "<=", fields.Date.context_today(self)),
            ("contract_id.state", "=", "active"),
            ("contract_id.active", "=", True),
        ]

    def _in_company(self, company):
        return self.with_company(company).with_context(
            allowed_company_ids=company.ids,
            tz=company.partner_id.tz or "Europe/Paris",
            lang=company.partner_id.lang or self.env.lang,
        )

    def _trigger_generation(self):
        """Wake the cron: confirmed plans get their missions within a minute."""
        self.env.ref("field_planning.ir_cron_field_visit").sudo()._trigger()

    def _generate_batches(self):
        """Make obligations and missions up to each plan's horizon.

        Running it twice, or twice at a time, makes nothing more: a visit is known by its plan,
        site and nominal day.

        :return: yields the number of missions that a batch made; the caller may commit after each
        """
        plans = self.filtered(
            lambda plan: (
                plan.state == "active"
                and plan.next_date
                and plan.contract_id.sudo().state == "active"
            )
        )
        rows = plans._list_wanted()
        for start in range(0, len(rows), BATCH):
            yield self._make_visits(rows[start : start + BATCH])
        plans._advance()
        if not rows:
            yield 0

    def _list_wanted(self):
        """Return the visits that these plans' horizons ask for: ``[(plan, site, occurrence)]``."""
        if not self:
            return []
        today = fields.Date.context_today(self)
        first = min(self.mapped("next_date"))
        last = max(today + timedelta(days=plan._get_horizon()) for plan in self)
        rows = []
        for company, plans in self.grouped("company_id").items():
            closings = self.env["field.holiday"]._get_closings(
                plans.site_ids, first - timedelta(days=90), last + timedelta(days=90), company
            )
            for plan in plans.filtered(lambda plan: plan.mode == "date"):
                rows += plan._list_by_date(closings, today)
            after = plans.filtered(lambda plan: plan.mode == "completion")
            last_dues = after._get_last_dues()
            for plan in after:
                rows += plan._list_after_completion(closings, today, last_dues)
        return rows

    def _list_by_date(self, closings, today):
        last = today + timedelta(days=self._get_horizon())
        shared, rule = {}, self._get_rule()
        rows = []
        for site in self.site_ids:
            place = closings[site.id]
            if id(place) not in shared:
                shared[id(place)] = recurrence.occurrences(rule, self.next_date, last, place)
            rows += [(self, site, one) for one in shared[id(place)] if one.day]
        return rows

    def _list_after_completion(self, closings, today, last_dues):
        """The visit that follows the last one of each site, once that is over and near enough."""
        rule, rows = self._get_rule(), []
        limit = today + timedelta(days=self._get_horizon())
        for site in self.site_ids:
            nominal = self._next_after(rule, last_dues.get((self.id, site.id)))
            if not nominal or nominal > limit:
                continue
            one = recurrence.resolve(rule, nominal, closings[site.id])
            if not one.day:
                # Skipped by its rule: a chain must not break, the visit takes its nominal day.
                one = recurrence.Occurrence(nominal, nominal, unknown=one.unknown)
            rows.append((self, site, one))
        return rows

    @staticmethod
    def _next_after(rule, last_due):
        """Return the nominal day that follows a site's last obligation; None while it is open."""
        if not last_due:
            return rule.start if not rule.end or rule.start <= rule.end else None
        if not last_due._is_over():
            return None
        return recurrence.after_completion(rule, last_due.date_done or last_due._get_day())

    def _get_last_dues(self):
        """Return the last obligation of each plan and site: ``{(plan_id, site_id): due}``."""
        if not self:
            return {}
        dues = self.env["field.visit.due"].sudo()
        groups = dues._read_group([("plan_id", "in", self.ids)], ["plan_id", "site_id"], ["id:max"])
        last = dues.browse([last_id for _plan, _site, last_id in groups])
        last.fetch(["plan_id", "site_id", "state", "date_done", "due_date", "moved_date"])
        return {(due.plan_id.id, due.site_id.id): due for due in last}

    def _make_visits(self, rows):
        """Create missions and obligations of visits that have none yet.

        :param rows: list of (plan, site, occurrence)
        :return: how many were made
        """
        plans = self.browse(dict.fromkeys(plan.id for plan, _site, _one in rows))
        # Two generations at a time: the second finds the plans taken, and leaves them alone.
        mine = set(plans.sudo().try_lock_for_update().ids)
        known = self._get_known_keys(plans, min(one.nominal for _plan, _site, one in rows))
        fresh = [
            (plan, site, one)
            for plan, site, one in rows
            if plan.id in mine and (plan.id, site.id, one.key) not in known
        ]
        if not fresh:
            return 0
        windows = [
            recurrence.window(
                one.day, plan.tolerance_days, plan.date_start, plan._get_rule_days()[1] or None
            )
            for plan, _site, one in fresh
        ]
        # The contract owes them, whoever runs the generation.
        missions = (
            self.env["field.mission"]
            .sudo()
            .create(
                [
                    plan._prepare_visit_mission(site, one.day, opens, closes)
                    for (plan, site, one), (opens, closes) in zip(fresh, windows, strict=True)
                ]
            )
        )
        self.env["field.visit.due"].sudo().create(
            [
                plan._prepare_due(site, one, opens, closes, mission)
                for (plan, site, one), (opens, closes), mission in zip(
                    fresh, windows, missions, strict=True
                )
            ]
        )
        return len(fresh)

    def _get_known_keys(self, plans, first):
        """Return what plans have in the register from a day on: ``{(plan_id, site_id, key)}``."""
        groups = (
            self.env["field.visit.due"]
            .sudo()
            ._read_group(
                [("plan_id", "in", plans.ids), ("nominal_date", ">=", first)],
                ["plan_id", "site_id", "occurrence_key"],
            )
        )
        return {(plan.id, site.id, key) for plan, site, key in groups}

    def _prepare_visit_mission(self, site, day, opens, closes):
        """Return the values of the mission of one due visit (hook).

        :param site: ``res.partner``
        :param day: the day on which it is due
        :param opens: first day on which the visit is on time
        :param closes: last one
        """
        self.ensure_one()
        tz = site.sudo().tz or self.company_id.partner_id.sudo().tz or "Europe/Paris"
        technician = self.technician_id if self.technician_id.sudo().active else False
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "contract_id": self.contract_id.id,
            "origin": "contract",
            # Known from now on; the contract owes it from the first day on which it may be done.
            "date_owed": local_to_utc(opens, 0, tz),
            "date_deadline": local_to_utc(closes, 24, tz) - timedelta(seconds=1),
            "site_id": site.id,
            "service_type_id": self.service_type_id.id,
            "planned_duration": self.duration,
            "technician_id": technician and technician.id,
            "team_id": self.team_id.id,
            "description": self.instructions,
            **self._prepare_slot(day, tz),
        }

    def _prepare_slot(self, day, tz):
        """Return the promise and the proposed start of a visit on a day, as mission values."""
        halves = self.company_id._get_field_halves()
        hour = {
            "exact": self.promised_time,
            "afternoon": halves["afternoon"][0],
        }.get(self.promised_kind, self.promised_time or halves["morning"][0])
        return {
            "promised_kind": self.promised_kind,
            "promised_date": False if self.promised_kind == "none" else day,
            "promised_time": self.promised_time if self.promised_kind == "exact" else 0,
            "planned_start": local_to_utc(day, hour, tz),
        }

    def _prepare_due(self, site, one, opens, closes, mission):
        """Return the values of the obligation of one visit (hook)."""
        self.ensure_one()
        return {
            "plan_id": self.id,
            "contract_id": self.contract_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "site_id": site.id,
            "service_type_id": self.service_type_id.id,
            "occurrence_key": one.key,
            "nominal_date": one.nominal,
            "due_date": one.day,
            "window_start": opens,
            "window_end": closes,
            "shift_reason": self._explain(one) or False,
            "mission_id": mission.id,
        }

    # ------------------------------------------------------------------ what comes next

    def _restart(self, first=None):
        """Look for visits again from a day on (default: the start of the rhythm).

        Visits already in the register stay: they are known by their nominal day.
        """
        for plan in self:
            start = max(first or plan.rule_start, plan.rule_start)
            plan._settle({"next_date": plan._find_next(start)})

    def _advance(self):
        """Note up to which day the missions of these plans are made."""
        today = fields.Date.context_today(self)
        last_dues = self.filtered(lambda plan: plan.mode == "completion")._get_last_dues()
        by_date = {}
        for plan in self:
            if plan.mode == "date":
                after = today + timedelta(days=plan._get_horizon() + 1)
                value = plan._find_next(max(after, plan.next_date))
            else:
                rule = plan._get_rule()
                value = min(
                    filter(
                        None,
                        (
                            self._next_after(rule, last_dues.get((plan.id, site.id)))
                            for site in plan.site_ids
                        ),
                    ),
                    default=False,
                )
            by_date.setdefault(value, self.browse())
            by_date[value] |= plan
        for value, plans in by_date.items():
            plans._settle({"next_date": value})

    def _find_next(self, first):
        """Return the nominal day of the first visit of one plan on or after a day, or False."""
        rule = self._get_rule()
        if self.mode == "completion":
            return first if not rule.end or first <= rule.end else False
        return recurrence.next_nominal(rule, first) or False

    def _continue_after(self):
        """Look for the next visit of plans that count from the previous one, now that it is over."""
        after = self.filtered(lambda plan: plan.mode == "completion" and plan.state == "active")
        if after:
            today = fields.Date.context_today(self)
            after._settle({"next_date": today})
            after._trigger_generation()
