from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# Most entries of one answer of the timeline.
PAGE = 200
KINDS = ("visit", "nonconformity", "incident", "request", "document")
PAST = ("done", "cancelled")


class ResPartner(models.Model):
    """The page of a site: what comes, what was, what is open there; a site sums its parts."""

    _inherit = "res.partner"

    site_next_count = fields.Integer(compute="_compute_site_page", string="Visits to come")
    site_past_count = fields.Integer(compute="_compute_site_page", string="Past visits")
    site_equipment_count = fields.Integer(compute="_compute_site_page", string="Equipment items")
    site_document_count = fields.Integer(compute="_compute_site_page", string="Documents")
    site_contract_count = fields.Integer(compute="_compute_site_page", string="Contracts")
    site_part_count = fields.Integer(compute="_compute_site_page", string="Parts")
    site_next_visit = fields.Datetime(compute="_compute_site_page", string="Next visit")
    site_last_visit = fields.Datetime(compute="_compute_site_page", string="Last visit")

    # ------------------------------------------------------------------ the whole site

    def _get_site_parts(self):
        """Return ``{site_id: ids of the site and of all its parts}``, in one query."""
        found = {site_id: [site_id] for site_id in self.ids}
        if not self.ids:
            return found
        rows = self.env.execute_query(
            SQL(
                """WITH RECURSIVE tree(root, id) AS (
                       SELECT id, id FROM res_partner WHERE id IN %s
                        UNION
                       SELECT tree.root, part.id
                         FROM tree JOIN res_partner part ON part.site_parent_id = tree.id)
                   SELECT root, id FROM tree WHERE id != root ORDER BY id""",
                tuple(self.ids),
                to_flush=self._fields["site_parent_id"],
            )
        )
        for root, part in rows:
            found[root].append(part)
        return found

    def _count_in_parts(self, model, link, domain=Domain.TRUE):
        """Return ``{site_id: number of records}`` on sites and their parts, in one query."""
        parts = self._get_site_parts()
        if not self.env[model].has_access("read"):
            return dict.fromkeys(parts, 0)
        everything = sorted({id_ for ids in parts.values() for id_ in ids})
        rows = self.env[model]._read_group(
            Domain(link, "in", everything) & Domain(domain), [link], ["__count"]
        )
        counts = {site.id: count for site, count in rows}
        return {site: sum(counts.get(id_, 0) for id_ in ids) for site, ids in parts.items()}

    def _compute_site_mission_count(self):
        counts = self._count_in_parts("field.mission", "site_id")
        for site in self:
            site.site_mission_count = counts.get(site.id, 0)

    def _compute_site_nonconformity_count(self):
        counts = self._count_in_parts(
            "field.nonconformity", "site_id", Domain("state", "!=", "closed")
        )
        for site in self:
            site.site_nonconformity_count = counts.get(site.id, 0)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_site_page(self):
        coming = self._count_in_parts("field.mission", "site_id", Domain("state", "not in", PAST))
        past = self._count_in_parts("field.mission", "site_id", Domain("state", "=", "done"))
        equipment = self._count_in_parts("field.equipment", "site_id")
        documents = self._count_in_parts(
            "field.photo", "mission_id.site_id", Domain("kind", "=", "document")
        )
        contracts = self._get_site_contracts()
        parts = self._get_site_parts()
        everything = sorted({id_ for ids in parts.values() for id_ in ids})
        times = {}
        missions = self.env["field.mission"]
        if missions.has_access("read"):
            of_site = Domain("site_id", "in", everything)
            for site, first in missions._read_group(
                of_site & Domain("state", "=", "planned"), ["site_id"], ["planned_start:min"]
            ):
                times.setdefault(site.id, [False, False])[0] = first
            for site, last in missions._read_group(
                of_site & Domain("state", "=", "done"), ["site_id"], ["actual_end:max"]
            ):
                times.setdefault(site.id, [False, False])[1] = last
        for site in self:
            ids = parts.get(site.id, ())
            site.site_next_count = coming.get(site.id, 0)
            site.site_past_count = past.get(site.id, 0)
            site.site_equipment_count = equipment.get(site.id, 0)
            site.site_document_count = documents.get(site.id, 0)
            site.site_contract_count = len(contracts.get(site.id, ()))
            site.site_part_count = max(0, len(ids) - 1)
            firsts = [times[id_][0] for id_ in ids if id_ in times and times[id_][0]]
            lasts = [times[id_][1] for id_ in ids if id_ in times and times[id_][1]]
            site.site_next_visit = min(firsts, default=False)
            site.site_last_visit = max(lasts, default=False)

    def _get_site_contracts(self):
        """Return ``{site_id: ids of its active contracts}``, those of the customer included."""
        contracts = self.env["field.contract"]
        if not self.ids or not contracts.has_access("read"):
            return {}
        customers = self._get_site_customer()
        owners = self.browse({customer.id for customer in customers.values()})
        found = contracts.search(
            Domain("state", "=", "active")
            & (
                Domain("site_ids", "in", self.ids)
                | (Domain("site_ids", "=", False) & Domain("partner_id", "in", owners.ids))
            )
        )
        return {
            site.id: [
                contract.id
                for contract in found
                if site in contract.site_ids
                or (not contract.site_ids and contract.partner_id == customers[site])
            ]
            for site in self
        }

    # ------------------------------------------------------------------ timeline

    def get_site_timeline(self, kinds=None, date_from=None, date_to=None, limit=30, offset=0):
        """Return what happened and will happen on one site and its parts, the latest first.

        :param kinds: list of visit, nonconformity, incident, request, document; empty: all
        :param date_from: first day
        :param date_to: last day, included
        :param limit: most entries to return
        :param offset: how many of the latest to leave out
        :return: ``{"entries": [{"kind", "model", "id", "date", "title", "text", "state", "level",
            "site"}], "more": whether there are older ones}``
        :raises UserError: malformed arguments
        """
        self.ensure_one()
        self.check_access("read")
        if not isinstance(kinds or [], (list, tuple)) or set(kinds or ()) - set(KINDS):
            raise UserError(self.env._("Unknown kind of entry."))
        try:
            limit, offset = max(1, min(int(limit), PAGE)), max(0, min(int(offset), 5000))
            first = date_from and datetime.combine(fields.Date.to_date(date_from), time.min)
            last = date_to and datetime.combine(fields.Date.to_date(date_to), time.max)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("Malformed period.")) from error
        ids = self._get_site_parts()[self.id]
        entries = []
        for kind in kinds or KINDS:
            entries += getattr(self, f"_get_timeline_{kind}")(ids, first, last, limit + offset + 1)
        entries.sort(key=lambda entry: (entry["date"], entry["id"]), reverse=True)
        page = entries[offset : offset + limit]
        for entry in page:
            entry["date"] = fields.Datetime.to_string(entry["date"])
            entry["here"] = entry.pop("site_id") == self.id
        return {"entries": page, "more": len(entries) > offset + limit}

    def _search_timeline(self, model, domain, date_field, first, last, limit):
        records = self.env[model]
        if not records.has_access("read"):
            return records
        domain = Domain(domain) & Domain(date_field, "!=", False)
        if first:
            domain &= Domain(date_field, ">=", first)
        if last:
            domain &= Domain(date_field, "<=", last)
        return records.search(domain, limit=limit, order=f"{date_field} desc, id desc")

    def _get_timeline_visit(self, ids, first, last, limit):
        missions = self._search_timeline(
            "field.mission", [("site_id", "in", ids)], "mission_date",
            first and first.date(), last and last.date(), limit,
        )  # fmt: skip
        labels = dict(missions._fields["state"]._description_selection(self.env))
        levels = {
            "done": "success",
            "in_progress": "primary",
            "planned": "info",
            "to_reschedule": "warning",
            "cancelled": "secondary",
        }
        # A technician's name is no secret to who reads the mission; employees are HR data.
        names = {person.id: person.name for person in missions.technician_id.sudo()}
        return [
            {
                "kind": "visit",
                "model": "field.mission",
                "id": mission.id,
                "date": mission.actual_start
                or mission.planned_start
                or datetime.combine(mission.mission_date, time(8)),
                "title": f"{mission.service_type_id.name} · {mission.name}",
                "text": " · ".join(
                    part
                    for part in (names.get(mission.technician_id.id), mission.conclusion)
                    if part
                ),
                "state": labels[mission.state],
                "level": levels.get(mission.state, "light"),
                "site": mission.site_id.name,
                "site_id": mission.site_id.id,
            }
            for mission in missions
        ]

    def _get_timeline_nonconformity(self, ids, first, last, limit):
        found = self._search_timeline(
            "field.nonconformity", [("site_id", "in", ids)], "create_date", first, last, limit
        )
        labels = dict(found._fields["state"]._description_selection(self.env))
        return [
            self._timeline_entry("nonconformity", line, line.create_date, line.display_name,
                                 "", labels[line.state],
                                 "success" if line.state == "closed" else "danger", line.site_id)
            for line in found
        ]  # fmt: skip

    def _get_timeline_incident(self, ids, first, last, limit):
        found = self._search_timeline(
            "field.incident", [("mission_id.site_id", "in", ids)], "create_date", first, last,
            limit,
        )  # fmt: skip
        return [
            self._timeline_entry("incident", line, line.create_date, line.display_name, "", "",
                                 "warning", line.mission_id.site_id)
            for line in found
        ]  # fmt: skip

    def _get_timeline_request(self, ids, first, last, limit):
        found = self._search_timeline(
            "field.request", [("site_id", "in", ids)], "date_received", first, last, limit
        )
        labels = dict(found._fields["state"]._description_selection(self.env))
        return [
            self._timeline_entry("request", line, line.date_received, line.name,
                                 line.description or "", labels[line.state], "secondary",
                                 line.site_id)
            for line in found
        ]  # fmt: skip

    def _get_timeline_document(self, ids, first, last, limit):
        found = self._search_timeline(
            "field.photo", [("mission_id.site_id", "in", ids), ("kind", "=", "document")],
            "capture_date", first, last, limit,
        )  # fmt: skip
        return [
            self._timeline_entry("document", line, line.capture_date,
                                 line.caption or self.env._("Document"), line.mission_id.name,
                                 "", "light", line.mission_id.site_id)
            for line in found
        ]  # fmt: skip

    @staticmethod
    def _timeline_entry(kind, record, date, title, text, state, level, site):
        return {
            "kind": kind,
            "model": record._name,
            "id": record.id,
            "date": date,
            "title": title or "",
            "text": text,
            "state": state,
            "level": level,
            "site": site.name or "",
            "site_id": site.id,
        }

    # ------------------------------------------------------------------ windows

    def _open_of_site(self, xmlid, link, domain=Domain.TRUE, context=None):
        self.check_access("read")
        ids = sorted({id_ for ids in self._get_site_parts().values() for id_ in ids})
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = list(Domain(link, "in", ids) & Domain(domain))
        action["context"] = context or {}
        return action

    def action_view_site_missions(self):
        """Open the missions of these sites and of their parts."""
        context = {"default_site_id": self.id} if len(self) == 1 else {}
        return self._open_of_site("field_mission.field_mission_action", "site_id", context=context)

    def action_view_site_next(self):
        """Open the visits to come on these sites and their parts."""
        context = {"default_site_id": self.id} if len(self) == 1 else {}
        return self._open_of_site(
            "field_mission.field_mission_action", "site_id", Domain("state", "not in", PAST),
            context,
        )  # fmt: skip

    def action_view_site_past(self):
        """Open the visits done on these sites and their parts."""
        return self._open_of_site(
            "field_mission.field_mission_action", "site_id", Domain("state", "=", "done")
        )

    def action_view_site_nonconformities(self):
        """Open the non-conformities of these sites and of their parts."""
        context = {"search_default_filter_open": 1}
        if len(self) == 1:
            context["default_site_id"] = self.id
        return self._open_of_site(
            "field_mission.field_nonconformity_action", "site_id", context=context
        )

    def action_view_site_equipment(self):
        """Open the equipment of these sites and of their parts."""
        context = {"default_site_id": self.id} if len(self) == 1 else {}
        return self._open_of_site("field_mission.field_equipment_action", "site_id",
                                  context=context)  # fmt: skip

    def action_view_site_documents(self):
        """Open the documents of the missions on these sites and their parts."""
        return self._open_of_site(
            "field_mission.field_photo_action",
            "mission_id.site_id",
            Domain("kind", "=", "document"),
        )

    def action_view_site_contracts(self):
        """Open the active contracts of these sites."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_contract_action"
        )
        ids = {id_ for ids in self._get_site_contracts().values() for id_ in ids}
        action["domain"] = [("id", "in", sorted(ids))]
        action["context"] = {}
        return action
