from collections import defaultdict

from odoo import models

from .problem_builder import ProblemBuilder, shift_key


class FieldOptimizationStale(models.Model):
    """What changed since the question was asked: a proposal about it is out of date."""

    _inherit = "field.optimization"

    @staticmethod
    def _fingerprint(mission, movable):
        """What must not have changed between the question and the answer.

        What only is in the way may begin and end meanwhile, as long as it keeps its slot.
        """
        if not movable:
            return [mission.plan_version, mission._is_driven_to()]
        return [
            mission.plan_version,
            mission.state,
            str(mission.promised_start or ""),
            str(mission.promised_end or ""),
            mission.service_type_id.id,
            mission.published,
        ]

    @staticmethod
    def _describe_day(work):
        """The working time of one day, fit to be stored and compared."""
        return [[str(first), str(last)] for first, last in work.intervals]

    def _find_changed(self):
        """Missions of the snapshot that changed since, or are gone; own changes don't count."""
        self.ensure_one()
        run = self.sudo()
        known, undo = run.snapshot["missions"], run.undo_data or {}
        missions = self.env["field.mission"].browse(int(name) for name in known)
        there = missions.exists()
        return (missions - there) | there.filtered(
            lambda m: (
                self._fingerprint(m, known[str(m.id)]["movable"]) != known[str(m.id)]["fingerprint"]
                and undo.get(str(m.id), {}).get("after") != m.plan_version
            )
        )

    def _find_stale_lines(self, lines):
        """Return what makes proposed days out of date, in a fixed number of queries.

        A day is out of date when one of its visits, before or after, changed, when somebody planned
        another one into it, or when the technician's hours are others.

        :param lines: ``field.optimization.tour`` of this run
        :return: ``{line: [names of what changed]}``, only those out of date
        """
        self.ensure_one()
        known = self.sudo().snapshot["missions"]
        by_key = {line._get_shift_key(): line for line in lines}
        found = defaultdict(list)
        changed = self._find_changed()
        gone = changed - changed.exists()
        for mission in changed:
            name = self.env._("a deleted mission") if mission in gone else mission.display_name
            touched = lines.filtered(lambda line, m=mission: m in line.stop_ids.mission_id)
            former = by_key.get(known[str(mission.id)]["shift"])
            for line in touched | former if former else touched:
                found[line].append(name)
        for line, missions in self._find_newcomers(lines).items():
            found[line] += missions.mapped("display_name")
        for line in self._find_other_hours(lines):
            found[line].append(
                self.env._("the working hours of %s", line.technician_id.sudo().name)
            )
        return dict(found)

    def _find_newcomers(self, lines):
        """Missions planned into these days since the question was asked."""
        seen = {*self.sudo().snapshot["seen"], *(int(key) for key in self.sudo().undo_data or {})}
        missions = self.env["field.mission"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("mission_date", "in", lines.mapped("date")),
                ("planned_start", "!=", False),
                ("state", "in", ["planned", "in_progress", "done"]),
                "|",
                ("technician_id", "in", lines.technician_id.ids),
                ("helper_ids", "in", lines.technician_id.ids),
                ("id", "not in", list(seen)),
            ]
        )
        found = {}
        for line in lines:
            mine = missions.filtered(
                lambda m, line=line: (
                    m.mission_date == line.date
                    and line.technician_id in m.technician_id | m.helper_ids
                )
            )
            if mine:
                found[line] = mine
        return found

    def _find_other_hours(self, lines):
        """Lines whose technician has other working hours that day than when it was asked."""
        known = self.sudo().snapshot["days"]
        if not lines:
            return lines
        builder = ProblemBuilder(
            self.company_id, min(lines.mapped("date")), max(lines.mapped("date"))
        )
        builder.load_days(lines.technician_id)
        return lines.filtered(
            lambda line: (
                self._describe_day(builder.days[line.technician_id.id, line.date])
                != known.get(shift_key(line.technician_id.id, line.date))
            )
        )

    @staticmethod
    def _name_stale(stale):
        """Return a text for each day out of date."""
        return [
            f"{line.display_name} : {', '.join(dict.fromkeys(names))}"
            for line, names in stale.items()
        ]
