from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from ..core.load import Cell
from .hr_employee_load import DayLoad

PLANNER = "field_mission.group_field_planner"
COLORS = {"low": "text-bg-info", "good": "text-bg-success", "high": "text-bg-danger",
          "over": "text-bg-danger", "closed": "text-bg-light"}  # fmt: skip


class FieldTeamLoad(models.Model):
    """What the people of a team have to do this week and the next, and where they work."""

    _inherit = "field.team"

    zone_ids = fields.Many2many(
        "field.zone",
        compute="_compute_zone_ids",
        compute_sudo=True,
        groups=PLANNER,
        string="Zones",
        help="The zones in which its technicians work.",
    )
    load_html = fields.Html(
        compute="_compute_load_html", compute_sudo=True, groups=PLANNER, string="Load"
    )

    @api.depends("member_ids.field_zone_ids")
    def _compute_zone_ids(self):
        for team in self:
            team.zone_ids = team.member_ids.field_zone_ids

    @api.depends("member_ids")
    @api.depends_context("lang", "tz")
    def _compute_load_html(self):
        today = fields.Date.context_today(self)
        monday = today - timedelta(days=today.weekday())
        loads = self.member_ids._get_field_loads(monday, monday + timedelta(days=13))
        weeks = {}
        for (person_id, day), load in loads.items():
            key = person_id, (day - monday).days // 7
            weeks[key] = weeks.get(key, DayLoad()) + load
        for team in self:
            team.load_html = team._render_load(weeks) if team.member_ids else False

    def _render_load(self, weeks):
        self.ensure_one()
        rows, totals = [], [DayLoad(), DayLoad()]
        for person in self.member_ids.sorted(lambda person: (person.name, person.id)):
            mine = [weeks.get((person.id, week), DayLoad()) for week in (0, 1)]
            totals = [total + load for total, load in zip(totals, mine, strict=True)]
            rows.append(self._render_load_row(person.name, mine))
        rows.append(self._render_load_row(self.env._("Team"), totals, "fw-bold"))
        return Markup(
            '<table class="table table-sm mb-0"><thead><tr><th>%s</th>%s</tr></thead>'
            "<tbody>%s</tbody></table>"
        ) % (
            self.env._("Technician"),
            Markup("").join(
                Markup('<th class="text-end" colspan="2">%s</th>') % title
                for title in (self.env._("This week"), self.env._("Next week"))
            ),
            Markup("").join(rows),
        )

    @api.model
    def _render_load_row(self, name, loads, style=""):
        cells, missions = [], self.env["field.mission"]
        for load in loads:
            cell = Cell(
                planned=load.work / 60, travel=load.travel / 60, available=load.available / 60
            )
            hours = self.env._(
                "%(busy)s of %(available)s",
                busy=missions._format_load(load.busy),
                available=missions._format_load(load.available),
            )
            share = "–" if cell.percent is None else f"{cell.percent} %"
            cells.append(
                Markup(
                    '<td class="text-end text-nowrap">%s</td>'
                    '<td class="text-end"><span class="badge %s">%s</span></td>'
                )
                % (hours, COLORS[cell.level], share)
            )
        return Markup('<tr class="%s"><td>%s</td>%s</tr>') % (
            style,
            name,
            Markup("").join(cells),
        )
