from odoo import api, fields, models


class FieldMissionScreens(models.Model):
    """What the mission's screens show besides its own data: counts, addresses, windows to open."""

    _inherit = "field.mission"

    # The request's own fields, so that a mission taken on the phone is one short form.
    origin = fields.Selection(readonly=False)
    date_received = fields.Datetime(readonly=False)
    requester = fields.Char(related="request_id.requester", readonly=False)
    date_deadline = fields.Datetime(related="request_id.date_deadline", readonly=False)

    site_address = fields.Char(compute="_compute_site_address", string="Address")
    site_map_url = fields.Char(compute="_compute_site_address", string="Way to the site")
    # As the user: a technician gets the access codes of these days only.
    site_access_ids = fields.One2many(related_sudo=False)
    site_phone = fields.Char(related="site_id.phone", string="Phone of the site")
    site_instructions = fields.Text(related="site_id.site_instructions")
    site_contact_ids = fields.One2many(related="site_id.site_contact_ids", string="Site contacts")
    site_equipment_ids = fields.One2many(
        related="site_id.site_equipment_ids", string="Site equipment"
    )

    running_kind = fields.Selection(
        [
            ("travel", "On the way"),
            ("on_site", "On site"),
            ("waiting", "Waiting"),
            ("break", "Break"),
        ],
        string="Now",
        compute="_compute_running_kind",
        help="The running time segment of the current user, else of the responsible.",
    )
    check_count = fields.Integer(compute="_compute_check_progress", string="Number of checks")
    check_done_count = fields.Integer(compute="_compute_check_progress", string="Checks answered")
    check_progress = fields.Char(compute="_compute_check_progress", string="Checks done")
    incident_count = fields.Integer(compute="_compute_screen_counts")
    photo_count = fields.Integer(compute="_compute_screen_counts")
    nonconformity_count = fields.Integer(compute="_compute_screen_counts")
    site_nonconformity_count = fields.Integer(
        compute="_compute_screen_counts", help="Non-conformities of the site that are not closed."
    )

    @api.depends("site_id")
    def _compute_site_address(self):
        # A technician reads the address of a site even where other parts of the contact are
        # closed to them.
        for mission in self:
            site = mission.site_id.sudo()
            town = " ".join(part for part in (site.zip, site.city) if part)
            street = ", ".join(part for part in (site.street, site.street2) if part)
            mission.site_address = ", ".join(part for part in (street, town) if part)
            if site.partner_latitude or site.partner_longitude:
                mission.site_map_url = (
                    "https://www.openstreetmap.org/directions?to="
                    f"{site.partner_latitude:.6f}%2C{site.partner_longitude:.6f}"
                )
            else:
                mission.site_map_url = False

    @api.depends_context("uid")
    @api.depends("time_ids.stop", "time_ids.kind")
    def _compute_running_kind(self):
        lines = (
            self.env["field.mission.time"]
            .sudo()
            .search([("mission_id", "in", self.ids), ("stop", "=", False)])
        )
        by_mission = lines.grouped("mission_id")
        for mission in self:
            running = by_mission.get(mission._origin, lines.browse())
            own = running.filtered(lambda line: line.employee_id.user_id == self.env.user)
            if not own and not mission.is_mine:
                responsible = mission.sudo().technician_id
                own = running.filtered(lambda line, who=responsible: line.employee_id == who)
            mission.running_kind = own[:1].kind or False

    @api.depends("check_ids.result")
    def _compute_check_progress(self):
        for mission in self:
            asked = mission.check_ids - mission._get_hidden_checks()
            checks = asked.filtered(lambda check: check.kind != "section")
            answered = checks.filtered(lambda check: check.result != "todo")
            mission.check_count = len(checks)
            mission.check_done_count = len(answered)
            mission.check_progress = f"{len(answered)} / {len(checks)}" if checks else ""

    def _count_lines(self, model, link, ids, domain=()):
        """Return ``{id: number of records}`` of a model by one of its links, in one query."""
        rows = self.env[model]._read_group([(link, "in", ids), *domain], [f"{link}"], ["__count"])
        return {record.id: count for record, count in rows}

    @api.depends("incident_ids", "photo_ids", "nonconformity_ids")
    def _compute_screen_counts(self):
        incidents = self._count_lines("field.incident", "mission_id", self.ids)
        photos = self._count_lines(
            "field.photo", "mission_id", self.ids, [("kind", "!=", "drawing")]
        )
        found = self._count_lines("field.nonconformity", "mission_id", self.ids)
        of_site = self._count_lines(
            "field.nonconformity", "site_id", self.site_id.ids, [("state", "!=", "closed")]
        )
        for mission in self:
            mission.incident_count = incidents.get(mission.id, 0)
            mission.photo_count = photos.get(mission.id, 0)
            mission.nonconformity_count = found.get(mission.id, 0)
            mission.site_nonconformity_count = of_site.get(mission.site_id.id, 0)

    @api.depends_context("field_site_first")
    def _compute_display_name(self):
        """Calendars have room for a few words: there the site comes before the number."""
        result = super()._compute_display_name()
        if self.env.context.get("field_site_first"):
            for mission in self:
                if mission.site_id:
                    mission.display_name = f"{mission.site_id.sudo().name} · {mission.name}"
        return result

    def _get_order_plan(self):
        """Return when and by whom one mission's printed order says that it is done (hook).

        :return: dict ``start`` and ``end`` (naive UTC), ``technician`` and ``helpers`` (names)
        """
        self.ensure_one()
        return {
            "start": self.planned_start,
            "end": self.planned_end,
            "technician": self.technician_id.sudo().name,
            "helpers": self.helper_ids.sudo().mapped("name"),
        }

    def _get_order_accesses(self):
        """Return the codes, keys and badges that the printed order of one mission may name.

        They are read in the user's own rights: a technician gets those of these days only.
        """
        self.ensure_one()
        return self.env["field.site.access"].search([("site_id", "=", self.site_id.id)])

    def _get_order_defects(self):
        """Return the non-conformities of one mission's site that are not closed (sudo).

        Whoever goes there has to know them, whoever found them.
        """
        self.ensure_one()
        return (
            self.env["field.nonconformity"]
            .sudo()
            .search([("site_id", "=", self.site_id.id), ("state", "!=", "closed")])
        )

    @api.onchange("site_id", "service_type_id")
    def _onchange_site_id(self):
        """On a new mission, let the customer and the contract follow the site."""
        if self.request_id or not self.site_id:
            return
        customer = self.site_id._get_site_customer()[self.site_id._origin]
        self.partner_id = customer
        wish = {
            "company_id": (self.company_id or self.env.company).id,
            "partner_id": customer.id,
            "site_id": self.site_id._origin.id,
            "service_type_id": self.service_type_id._origin.id,
            "day": fields.Date.context_today(self),
        }
        self.contract_id = self.env["field.contract"]._find_for([wish])[0]

    # ------------------------------------------------------------------ windows

    def _open_window(self, xmlid, domain, context=None):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = domain
        action["context"] = context or {}
        return action

    def action_ask_reason(self):
        """Ask why these missions take the step named by the context, then take it.

        The key ``field_step`` of the context names it, one of those of ``field.reason.wizard``.

        :return: a window action on ``field.reason.wizard``
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why?"),
            "res_model": "field.reason.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_step": self.env.context.get("field_step"),
                "default_mission_ids": self.ids,
            },
        }

    def action_answer_next(self):
        """Open the first check of one mission that has no answer yet, or close the dialog."""
        self.ensure_one()
        asked = (self.check_ids - self._get_hidden_checks()).filtered(
            lambda check: check.kind != "section"
        )
        check = asked.filtered(lambda check: check.result == "todo")[:1]
        if not check:
            return {"type": "ir.actions.act_window_close"}
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_check_wizard_action"
        )
        action["context"] = {"default_check_id": check.id}
        place = asked.ids.index(check.id) + 1
        action["name"] = self.env._("Check %(place)s / %(count)s", place=place, count=len(asked))
        return action

    def action_view_incidents(self):
        """Open the incidents of these missions."""
        return self._open_window(
            "field_mission.field_incident_action", [("mission_id", "in", self.ids)]
        )

    def action_view_photos(self):
        """Open the photos and files of these missions."""
        return self._open_window(
            "field_mission.field_photo_action",
            [("mission_id", "in", self.ids), ("kind", "!=", "drawing")],
        )

    def action_view_site_nonconformities(self):
        """Open the non-conformities of these missions' sites."""
        return self._open_window(
            "field_mission.field_nonconformity_action",
            [("site_id", "in", self.site_id.ids)],
            {"search_default_filter_open": 1},
        )

    def action_view_request(self):
        """Open the request of one mission."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.request",
            "view_mode": "form",
            "res_id": self.request_id.id,
        }

    def action_preview(self):
        """Open the page of one mission as its customer sees it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": self.get_portal_url(),
            "target": "self",
        }
