from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

# The worst first: what a planner must give a reason for, what they should look at.
RED, ORANGE, GREEN = "red", "orange", "green"
# Only what still has to happen can be made ready.
WAITING = ("draft", "planned", "to_reschedule")
# A search looks this far: the hours of a whole year would be read for nothing.
SEARCHED_DAYS = 14


class FieldMissionReadiness(models.Model):
    """Whether people can be sent to a mission, and what is missing, in words."""

    _inherit = "field.mission"

    readiness = fields.Selection(
        [(RED, "Not ready"), (ORANGE, "To look at"), (GREEN, "Ready")],
        compute="_compute_readiness",
        search="_search_readiness",
        groups="field_mission.group_field_planner",
        help="Searched over the missions of the next 14 days.",
    )
    readiness_text = fields.Text(
        string="What is missing",
        compute="_compute_readiness",
        groups="field_mission.group_field_planner",
    )

    @api.depends_context("lang")
    @api.depends(
        "state",
        "site_id",
        "service_type_id",
        "technician_id",
        "helper_ids",
        "planned_start",
        "planned_duration",
        "contract_id",
        "material_ids",
    )
    def _compute_readiness(self):
        waiting = self._origin.filtered(lambda mission: mission.state in WAITING)
        found = waiting._get_readiness()
        for mission in self:
            rows = found.get(mission._origin.id)
            mission.readiness = False if rows is None else self._get_readiness_level(rows)
            mission.readiness_text = "\n".join(row["message"] for row in rows or ())

    def _search_readiness(self, operator, value):
        if operator != "in":
            return NotImplemented
        self._check_reads_readiness()
        today = fields.Date.context_today(self)
        missions = self.search(
            Domain("state", "in", WAITING)
            & Domain("mission_date", ">=", today)
            & Domain("mission_date", "<=", fields.Date.add(today, days=SEARCHED_DAYS))
        )
        found = missions._get_readiness()
        return Domain(
            "id",
            "in",
            [key for key, rows in found.items() if self._get_readiness_level(rows) in value],
        )

    @api.model
    def _get_readiness_level(self, rows):
        """Return the light of what ``_get_readiness`` found of one mission."""
        levels = {row["level"] for row in rows}
        return RED if RED in levels else ORANGE if ORANGE in levels else GREEN

    def get_readiness(self):
        """Return the lights of missions for whoever draws them otherwise: a board's cards.

        :return: ``{mission_id: {"level": "red" | "orange" | "green", "reasons": [sentence, …]}}``
        :raises AccessError: the user is no planner
        """
        self._check_reads_readiness()
        self.check_access("read")
        return {
            mission_id: {
                "level": self._get_readiness_level(rows),
                "reasons": [row["message"] for row in rows],
            }
            for mission_id, rows in self._get_readiness().items()
        }

    @api.model
    def _check_reads_readiness(self):
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners look at what missions lack."))

    # ------------------------------------------------------------------ what is looked at

    def _get_readiness(self):
        """Return what is missing before people are sent to each mission (hook).

        Addons add what they know with ``super()``: hours, certificates… All of it is read in
        batches: a list of missions asks no more than one of them.

        :return: ``{mission_id: [{"code", "level": "red" or "orange", "message"}]}``
        """
        found = {mission.id: [] for mission in self}
        self._check_ready_people(found)
        self._check_ready_skills(found)
        self._check_ready_places(found)
        self._check_ready_contacts(found)
        self._check_ready_documents(found)
        self._check_ready_parts(found)
        return found

    @api.model
    def _add_readiness(self, found, mission, code, level, message):
        found[mission.id].append({"code": code, "level": level, "message": message})

    def _check_ready_people(self, found):
        """Somebody is sent there, and sees the mission in the app."""
        for mission in self.sudo():
            person = mission.technician_id
            if not person and mission.state == "planned":
                self._add_readiness(
                    found, mission, "technician", RED, self.env._("Nobody is sent there.")
                )
            elif person and not person.user_id:
                message = self.env._("%s has no user: the app shows them nothing.", person.name)
                self._add_readiness(found, mission, "user", ORANGE, message)

    def _check_ready_skills(self, found):
        """The technician holds the skills and certificates of the work on that day."""
        asking = self.sudo().filtered(
            lambda m: m.technician_id and m.service_type_id.skill_ids and m.planned_date
        )
        periods = {}
        # Skills are HR data; the planner needs only whether one is held on that day.
        for line in (
            self.env["hr.employee.skill"]
            .sudo()
            .search_fetch(
                [
                    ("employee_id", "in", asking.technician_id.ids),
                    ("skill_id", "in", asking.service_type_id.skill_ids.ids),
                ],
                ["employee_id", "skill_id", "valid_from", "valid_to"],
            )
        ):
            periods.setdefault((line.employee_id, line.skill_id), []).append(
                (line.valid_from, line.valid_to)
            )
        for mission in asking:
            day, person = mission.planned_date, mission.technician_id
            for skill in mission.service_type_id.skill_ids:
                held = periods.get((person, skill), [])
                if any((not a or a <= day) and (not b or day <= b) for a, b in held):
                    continue
                code = "skill_expired" if held else "skill_missing"
                message = self.env._(
                    "%(who)s does not hold the skill “%(skill)s” on that day.",
                    who=person.name,
                    skill=skill.name,
                )
                self._add_readiness(found, mission, code, RED, message)

    def _check_ready_places(self, found):
        """An address that is found, a contract and a checklist in force."""
        for mission in self.sudo():
            site = mission.site_id
            if not site.partner_latitude and not site.partner_longitude:
                self._add_readiness(
                    found, mission, "address", ORANGE,
                    self.env._("The address is not located: travel is not counted."),
                )  # fmt: skip
            elif site.site_address_state != "ok":
                self._add_readiness(
                    found, mission, "address", ORANGE,
                    self.env._("The address has to be checked: %s", site.site_address_issue),
                )  # fmt: skip
            contract = mission.contract_id
            if contract.date_end and mission.planned_date and (
                contract.date_end < mission.planned_date
            ):  # fmt: skip
                message = self.env._(
                    "The contract %(name)s ended on %(day)s.",
                    name=contract.name,
                    day=format_date(self.env, contract.date_end),
                )
                self._add_readiness(found, mission, "contract", ORANGE, message)
            checklist = mission.service_type_id.checklist_id
            if checklist and not mission.check_ids:
                message = self.env._("The checklist “%s” is not in the mission.", checklist.name)
                self._add_readiness(found, mission, "documents", ORANGE, message)

    def _check_ready_contacts(self, found):
        """Somebody can be called, and how one gets in is known."""
        missions = self.sudo()
        with_access = {
            site.id
            for (site,) in self.env["field.site.access"]
            .sudo()
            ._read_group([("site_id", "in", missions.site_id.ids)], ["site_id"])
        }
        # Who was there before knows how to get in: only a first visit has to be told.
        visited = {
            site.id
            for (site,) in self.env["field.mission"]
            .sudo()
            ._read_group(
                [("site_id", "in", missions.site_id.ids), ("state", "=", "done")], ["site_id"]
            )
        }
        for mission in missions:
            site = mission.site_id
            told = site.site_access_free or site.site_instructions or site.id in with_access
            if not (site.phone or site.site_contact_ids or mission.request_id.requester):
                self._add_readiness(
                    found, mission, "contact", ORANGE,
                    self.env._("Nobody to call on site: no contact, no phone."),
                )  # fmt: skip
            if not told and site.id not in visited:
                self._add_readiness(
                    found, mission, "access", ORANGE,
                    self.env._("How to get in is not known: no code, key or instruction."),
                )  # fmt: skip

    def _check_ready_documents(self, found):
        """What has to be read before the start is valid, and read once it can be."""
        documents = self._get_documents()
        for mission in self.sudo():
            read = mission.ack_ids.filtered(
                lambda ack, who=mission.member_user_ids: ack.user_id in who
            ).version_id
            day = mission.planned_date or fields.Date.context_today(self)
            for document in documents[mission]:
                if document.date_until and document.date_until < day:
                    level = RED if document.needed_before_start else ORANGE
                    message = self.env._(
                        "“%(name)s” is valid until %(day)s only.",
                        name=document.name,
                        day=format_date(self.env, document.date_until),
                    )
                    self._add_readiness(found, mission, "document_expired", level, message)
                elif (
                    document.needed_before_start
                    and mission.published
                    and document.version_id not in read
                ):
                    message = self.env._("“%s” has not been read yet.", document.name)
                    self._add_readiness(found, mission, "document_unread", ORANGE, message)

    @api.model
    def _format_quantity(self, quantity):
        """Return a quantity as the reader writes it, no zero behind the point."""
        lang = self.env["ir.qweb.field"].user_lang()
        return lang.format("%.10g", round(quantity, 2), grouping=True)

    def _check_ready_parts(self, found):
        """The parts to bring are in the technician's van, those of earlier visits taken out."""
        lines = self.sudo().material_ids.filtered(
            lambda line: line.planned_quantity > line.quantity and line.product_id.is_storable
        )
        vans = lines.mission_id.technician_id.field_van_location_id
        held = {
            (location, product): quantity
            for location, product, quantity in self.env["stock.quant"]
            .sudo()
            ._read_group(
                [("location_id", "child_of", vans.ids), ("product_id", "in", lines.product_id.ids)],
                ["location_id", "product_id"],
                ["quantity:sum"],
            )
        }
        left = {}
        for (location, product), quantity in held.items():
            for van in vans:
                if location.parent_path.startswith(van.parent_path):
                    left[van, product] = left.get((van, product), 0.0) + quantity
        for line in lines.sorted(lambda line: (str(line.mission_id.planned_start), line.id)):
            van = line.mission_id.technician_id.field_van_location_id
            wanted = line.uom_id._compute_quantity(
                line.planned_quantity - line.quantity, line.product_id.uom_id
            )
            have = left.get((van, line.product_id), 0.0)
            left[van, line.product_id] = have - wanted
            if wanted > have:
                message = self.env._(
                    "Not in the van: %(part)s (%(wanted)s wanted, %(held)s there).",
                    part=line.product_id.display_name,
                    wanted=self._format_quantity(wanted),
                    held=self._format_quantity(max(have, 0.0)),
                )
                self._add_readiness(found, line.mission_id, "parts", ORANGE, message)
