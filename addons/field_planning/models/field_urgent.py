import hashlib
import json
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_duration

from odoo.addons.field_mission.core.slots import utc_to_local

from ..optimizer import ProblemError, offers, runner
from .field_optimization import SECRET
from .problem_builder import URGENT, mission_of
from .reason_text import render_reason

_logger = logging.getLogger(__name__)

# What the planner waits for at most; the offers that move nobody are there in any case.
PATIENCE = 4.0
GUARDED = frozenset(
    ("state", "options", "choice", "technician_id", "planned_start", "cost", "displaced_count",
     "undo_data", "decided_by_id", "date_decided", "user_id")
)  # fmt: skip
SHOWN = {"insert": 4, "reorder": 3, "exchange": 1, "overtime": 2, "late": 3}


class FieldUrgent(models.Model):
    """One urgent mission: what was asked, the options there were, and what was done."""

    _name = "field.urgent"
    _description = "Urgent mission"
    _inherit = ["hr.mixin"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Asked by", default=lambda self: self.env.user, readonly=True
    )
    state = fields.Selection(
        [("draft", "To choose"), ("applied", "Inserted"), ("undone", "Taken back")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    request_id = fields.Many2one(
        "field.request", check_company=True, index="btree_not_null", ondelete="cascade"
    )
    mission_id = fields.Many2one(
        "field.mission",
        check_company=True,
        index="btree_not_null",
        ondelete="cascade",
        domain="[('state', 'in', ['draft', 'to_reschedule'])]",
        help="Leave empty to make a new mission.",
    )
    site_id = fields.Many2one(
        "res.partner",
        required=True,
        domain="[('is_field_site', '=', True)]",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
    )
    service_type_id = fields.Many2one(
        "field.service.type",
        required=True,
        check_company=True,
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
    )
    duration = fields.Float(
        compute="_compute_duration",
        store=True,
        readonly=False,
        precompute=True,
        help="Hours on site.",
    )
    description = fields.Text(
        string="Work asked for",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
    )
    skill_text = fields.Char(
        string="Skills needed", compute="_compute_skill_text", compute_sudo=True
    )
    date_earliest = fields.Datetime(
        string="Not before", default=lambda self: self._default_now(), required=True
    )
    date_deadline = fields.Datetime(
        string="On site before",
        required=True,
        compute="_compute_date_deadline",
        store=True,
        readonly=False,
        precompute=True,
        help="The visit must start before. Later than today: options of the next day are shown too.",
    )
    technician_ids = fields.Many2many(
        "hr.employee",
        string="Technicians",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
        help="Leave empty for all technicians.",
    )
    team_ids = fields.Many2many("field.team", string="Teams", check_company=True)
    publish = fields.Boolean(
        string="Tell the technician at once",
        default=True,
        help="Publish the mission as soon as it is inserted.",
    )
    options = fields.Json(compute="_compute_options", store=True, copy=False)
    option_count = fields.Integer(compute="_compute_counts")
    refused_text = fields.Text(string="Who can't, and why", compute="_compute_counts")
    # Planners may not read HR files; names are what they get.
    subcontractor_ids = fields.Many2many(
        "hr.employee",
        string="Subcontractors to ask",
        compute="_compute_subcontractor_ids",
        compute_sudo=True,
    )

    choice = fields.Json(readonly=True, copy=False)
    choice_text = fields.Text(string="What was chosen", compute="_compute_choice_text")
    technician_id = fields.Many2one("hr.employee", readonly=True, copy=False)
    planned_start = fields.Datetime(string="Planned start", readonly=True, copy=False)
    cost = fields.Monetary(readonly=True, copy=False, currency_field="currency_id")
    displaced_count = fields.Integer(string="Customers displaced", readonly=True, copy=False)
    undo_data = fields.Json(readonly=True, copy=False, groups=SECRET)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    date_decided = fields.Datetime(string="Decided on", readonly=True, copy=False)

    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "An urgent mission takes more than zero hours."
    )
    _deadline_ordered = models.Constraint(
        "CHECK(date_deadline > date_earliest)", "The deadline is before the earliest start."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Options and decisions are the server's own."""
        for vals in vals_list:
            self._refuse_guarded(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Options and decisions are the server's own; what was decided is history."""
        self._refuse_guarded(vals)
        if not self.env.su and any(urgent.state != "draft" for urgent in self):
            raise UserError(self.env._("This urgent mission has been decided."))
        return super().write(vals)

    def _refuse_guarded(self, vals):
        if not self.env.su and GUARDED.intersection(vals):
            raise AccessError(self.env._("Options are found and chosen by the server only."))

    # ------------------------------------------------------------------ what is asked

    @api.model
    def _default_now(self):
        return fields.Datetime.now().replace(second=0, microsecond=0)

    @api.depends("mission_id", "request_id")
    def _compute_from_origin(self):
        for urgent in self:
            origin = urgent.mission_id or urgent.request_id
            for name in ("site_id", "service_type_id", "description"):
                urgent[name] = origin[name] or urgent[name]

    @api.depends("service_type_id", "mission_id")
    def _compute_duration(self):
        for urgent in self:
            known = urgent.mission_id.planned_duration or urgent.service_type_id.default_duration
            urgent.duration = known or urgent.duration or 1.0

    @api.depends("request_id")
    def _compute_date_deadline(self):
        for urgent in self:
            asked = urgent.request_id.date_deadline
            earliest = urgent.date_earliest or self._default_now()
            if asked and asked > earliest:
                urgent.date_deadline = asked
            else:
                urgent.date_deadline = urgent.date_deadline or earliest + timedelta(hours=4)

    @api.depends("service_type_id")
    def _compute_skill_text(self):
        for urgent in self:
            urgent.skill_text = ", ".join(urgent.service_type_id.skill_ids.mapped("name"))

    @api.depends("site_id", "service_type_id", "state")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for urgent in self:
            urgent.display_name = self.env._(
                "Urgent: %s", urgent.site_id.name or self.env._("new mission")
            )

    # ------------------------------------------------------------------ options

    @api.depends("site_id", "service_type_id", "duration", "date_earliest", "date_deadline",
                 "technician_ids", "team_ids", "mission_id")  # fmt: skip
    def _compute_options(self):
        for urgent in self:
            if urgent.state != "draft":
                continue
            complete = urgent.site_id and urgent.service_type_id and urgent.duration > 0
            ordered = (
                complete
                and urgent.date_earliest
                and urgent.date_deadline
                and urgent.date_deadline > max(urgent.date_earliest, fields.Datetime.now())
            )
            urgent.options = urgent._search_options() if ordered else False

    @api.depends("options")
    def _compute_counts(self):
        for urgent in self:
            options = urgent.options or {}
            urgent.option_count = len(options.get("options", ()))
            urgent.refused_text = "\n".join(options.get("refused", ()))

    @api.depends("options", "service_type_id", "company_id")
    def _compute_subcontractor_ids(self):
        people = self.env["hr.employee"].search([("is_field_technician", "=", True)])
        # A subcontractor is a technician whose user is one of the portal.
        outside = people.filtered(lambda person: person.user_id.share)
        for urgent in self:
            company, options = urgent.company_id, urgent.options or {}
            lacking = bool(options) and not options.get("options")
            urgent.subcontractor_ids = (
                outside.filtered(lambda p, c=company: p.company_id == c) if lacking else False
            )

    @api.model
    def _get_new_action(self, context):
        action = self.env["ir.actions.act_window"]._for_xml_id("field_planning.field_urgent_action")
        return {**action, "context": context}

    def action_search(self):
        """Look for options again, as the day is now.

        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        self._check_draft()
        self.env.add_to_compute(self._fields["options"], self)
        return True

    def _check_draft(self):
        if self.state != "draft":
            raise UserError(self.env._("This urgent mission has been decided."))

    def _search_options(self):
        """Return ``{"options": [...], "refused": [sentences], "slow": bool}``, ranked by cost."""
        builder, problem, versions = self._build_problem()
        if not builder.shifts:
            return {"options": [], "refused": [self.env._("There is no technician to send.")]}
        overtime = self.company_id.field_urgent_overtime * 60
        slow = False
        try:
            found = runner.find_offers(problem, URGENT, PATIENCE, overtime, self._get_backend())
        except ProblemError as error:
            raise UserError(str(error)) from error
        except runner.SolverError as error:
            # The process was too slow or could not start: nobody moves is what is left, at once.
            _logger.info("Urgent offers without the optimiser's process: %s", error)
            found, slow = offers(problem, URGENT, quick=True, overtime=overtime), True
        ranked = self._rank(builder, found["offers"], versions)
        refused = [self._refusal(builder, item) for item in found["refused"]]
        return {
            "options": ranked,
            "refused": sorted({text for text in refused if text}),
            "slow": slow,
            "simple": self._get_backend() == "python",
        }

    def _get_backend(self):
        return "python" if self.company_id.field_solver == "python" else None

    def _rank(self, builder, found, versions):
        """Price the offers, keep the best of each kind and put the cheapest first.

        Those that keep every promise come before those that break one.
        """
        people = {
            person.id: person
            for person in self.env["hr.employee"].browse(
                {int(shift["technician"]) for shift in builder.shifts.values()}
            )
        }
        ids = {mission_of(item["visit"]) for offer in found for item in
               (*offer["moved"], *offer["broken"])}  # fmt: skip
        missions = {mission.id: mission for mission in self.env["field.mission"].browse(ids)}
        penalties = self._price_penalties(builder, found, missions)
        options = []
        for number, offer in enumerate(found):
            cost = self._price(builder, offer, people) + penalties[number]
            options.append(self._option(builder, offer, people, missions, cost, versions))
        options.sort(key=lambda item: (bool(item["broken"]), item["cost"], item["start"]))
        counts, kept = dict.fromkeys(SHOWN, 0), []
        for option in options:
            counts[option["kind"]] += 1
            if counts[option["kind"]] <= SHOWN[option["kind"]]:
                kept.append(option)
        return kept

    def _price(self, builder, offer, people):
        """Return what an offer costs: kilometres, people's time and overtime."""
        company = self.company_id
        total = offer["metres"] / 1000 * company.field_km_cost
        for key, figures in offer["by_shift"].items():
            person = people[int(builder.shifts[key]["technician"])]
            # An hour's cost is the HR officer's; the planner sees the total of an option only.
            hour = person.sudo().hourly_cost
            service = self.duration if key == offer["shift"] else 0.0
            total += (figures["added"] / 3600 + service) * hour
            extra = company.field_overtime_rate / 100
            total += figures["overtime"] / 3600 * hour * extra
        return total

    def _price_penalties(self, builder, found, missions):
        """Return what customers may ask for promises that each offer breaks."""
        prices = []
        for offer in found:
            late = {
                missions[mission_of(item["visit"])]: timedelta(seconds=item["late"])
                for item in offer["broken"]
            }
            penalties = self.env["field.mission"]._get_penalties_at_risk(late) if late else {}
            prices.append(sum(penalties.values()))
        return prices

    def _option(self, builder, offer, people, missions, cost, versions):
        """One option as the screen and the choice need it."""
        person = people[int(offer["technician"])]
        tz = person._get_field_tz()
        moves = []
        for item in offer["moved"]:
            if "#" in item["visit"]:
                continue
            mission = missions[mission_of(item["visit"])]
            to = people[int(builder.shifts[item["shift"]]["technician"])]
            moves.append(
                {
                    "id": mission.id,
                    "technician_id": to.id,
                    "start": str(builder.moment(item["start"])),
                    "text": self._move_text(builder, mission, item, to, tz),
                }
            )
        touched = {offer["shift"], *offer["by_shift"]}
        touched |= {item["former_shift"] for item in offer["moved"]}
        concerned = {str(mission_of(name)) for key in touched for name in builder.plan.get(key, ())}
        start = builder.moment(offer["start"])
        option = {
            "kind": offer["kind"],
            "kind_text": self._kind_text(offer),
            "technician_id": person.id,
            "technician": person.name,
            "start": str(start),
            "start_text": self._moment_text(start, tz),
            "travel_text": format_duration(offer["travel"] / 3600),
            "added_minutes": round(offer["added"] / 60),
            "added_km": round(offer["metres"] / 1000, 1),
            "overtime_minutes": -(-offer["overtime"] // 60),
            "moves": moves,
            "changed": len(offer["changed"]),
            "broken": [
                self.env._(
                    "%(mission)s would start %(minutes)s min late (promised %(slot)s)",
                    mission=missions[mission_of(item["visit"])].display_name,
                    minutes=-(-item["late"] // 60),
                    slot=missions[mission_of(item["visit"])].promised_label or "",
                )
                for item in offer["broken"]
            ],
            "cost": round(cost, 2),
            "cost_text": self.company_id.currency_id.format(cost),
            "versions": {key: versions[key] for key in concerned if key in versions},
        }
        told = [option["kind"], option["technician_id"], option["start"],
                [[m["id"], m["technician_id"], m["start"]] for m in moves]]  # fmt: skip
        option["key"] = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
        return option

    def _moment_text(self, moment, tz):
        local = utc_to_local(moment, tz)
        today = utc_to_local(fields.Datetime.now(), tz).date()
        if local.date() == today:
            return f"{local:%H:%M}"
        day = self.env["ir.qweb.field.date"].value_to_html(local.date(), {})
        return f"{day} {local:%H:%M}"

    def _kind_text(self, offer):
        moved = sum("#" not in item["visit"] for item in offer["moved"])
        texts = {
            "insert": self.env._("Nobody moves"),
            "reorder": self.env._("Same technicians, new order"),
            "exchange": self.env._("%s customers change technician", len(offer["changed"])),
            "overtime": self.env._("With overtime"),
            "late": self.env._("Breaks a promise"),
        }
        if offer["kind"] == "insert" and moved:
            return self.env._("Same order, %s visits a little later", moved)
        return texts[offer["kind"]]

    def _move_text(self, builder, mission, item, person, tz):
        former, start = mission.planned_start, builder.moment(item["start"])
        local = utc_to_local(start, tz)
        same_day = former and utc_to_local(former, tz).date() == local.date()
        values = {
            "mission": mission.display_name,
            "before": former and self._moment_text(former, tz),
            "after": f"{local:%H:%M}" if same_day else self._moment_text(start, tz),
            "former": mission.technician_id.name,
            "technician": person.name,
        }
        if item["shift"] != item["former_shift"] and mission.technician_id != person:
            return self.env._(
                "%(mission)s: %(before)s with %(former)s → %(after)s with %(technician)s", **values
            )
        return self.env._("%(mission)s: %(before)s → %(after)s", **values)

    def _refusal(self, builder, item):
        person = self.env["hr.employee"].browse(int(item["technician"]))
        reason = builder.dated(item["reason"])
        text = render_reason(self.env, reason, person._get_field_tz())
        return text if person.name in text else f"{person.name} : {text}"

    @api.depends("choice")
    def _compute_choice_text(self):
        for urgent in self:
            choice = urgent.choice or {}
            lines = [choice.get("kind_text")]
            lines += [move["text"] for move in choice.get("moves", ())]
            urgent.choice_text = "\n".join(filter(None, [*lines, *choice.get("broken", ())]))

    @api.autovacuum
    def _gc_undecided(self):
        """Forget questions that were never answered."""
        old = self.search(
            [
                ("state", "=", "draft"),
                ("write_date", "<", fields.Datetime.now() - timedelta(days=7)),
            ],
            limit=1000,
        )
        old.unlink()
        return len(old), len(old) == 1000
