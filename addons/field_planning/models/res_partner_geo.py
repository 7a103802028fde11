import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import ban
from ..spreadsheet.places import distance_km
from .base_geocoder import PROVIDER

_logger = logging.getLogger(__name__)

# A change of one of these is another place; the geocoder's own list, the commune's code included.
ADDRESS_FIELDS = ("street", "zip", "city", "state_id", "country_id")
COORDINATES = ("partner_latitude", "partner_longitude")
# The addresses of one request to the service, and of one step of the cron.
BATCH = 100
# A pin set by hand within this distance of the place found says the same.
NEAR_KM = 0.3
# Set while the geocoder itself writes coordinates.
WRITER_KEY = "field_geo_writer"
SWITCH_KEY = "field_planning.geocode"
FAILURES_KEY = "field_planning.geocode_failures"
PAUSE_KEY = "field_planning.geocode_pause_until"


class ResPartner(models.Model):
    """Where the sites are: looked up by a cron, never while somebody saves a form."""

    _inherit = "res.partner"

    site_geo_state = fields.Selection(
        [
            ("to_geocode", "To locate"),
            ("to_verify", "To verify"),
            ("located", "Located"),
        ],
        string="Coordinates",
        compute="_compute_site_geo_state",
        store=True,
        readonly=True,
        index="btree_not_null",
        help="To locate: the address will be looked up. To verify: a person must say whether the"
        " place found is the right one.",
    )
    site_geo_precision = fields.Selection(
        [
            ("housenumber", "House number"),
            ("street", "Street"),
            ("locality", "Place"),
            ("municipality", "Town"),
            ("manual", "By hand"),
            ("given", "Given with the address"),
        ],
        string="Precision",
        readonly=True,
        copy=False,
    )
    site_geo_issue = fields.Selection(
        [
            ("not_found", "The address service does not know this address."),
            ("low_score", "The place found does not look much like this address."),
            ("other_town", "The place found is in another commune."),
            ("town_only", "Only the town was found, not the street."),
            ("address_changed", "The address has changed since its pin was set by hand."),
            ("pin_differs", "The pin set by hand is far from the place found."),
            ("no_address", "There is neither a postcode nor a town to look for."),
            ("refused", "The address service could not answer for this address."),
        ],
        string="Why to verify",
        readonly=True,
        copy=False,
    )
    site_geo_score = fields.Float(
        string="Score", digits=(4, 2), readonly=True, copy=False, aggregator=None,
        help="Likeness between this address and the one found, from 0 to 1.",
    )  # fmt: skip
    site_geo_label = fields.Char(string="Address found", readonly=True, copy=False)
    site_geo_insee = fields.Char(string="Commune found", readonly=True, copy=False)
    site_geo_latitude = fields.Float(
        string="Latitude found", digits=(10, 7), readonly=True, copy=False, aggregator=None
    )
    site_geo_longitude = fields.Float(
        string="Longitude found", digits=(10, 7), readonly=True, copy=False, aggregator=None
    )
    site_geo_date = fields.Datetime(string="Looked up on", readonly=True, copy=False)

    # ------------------------------------------------------------------ state

    @api.depends("is_field_site")
    def _compute_site_geo_state(self):
        for partner in self:
            if not partner.is_field_site:
                partner.site_geo_state = False
            elif not partner.site_geo_state:
                located = partner.partner_latitude or partner.partner_longitude
                partner.site_geo_state = "located" if located else "to_geocode"

    @api.depends("site_geo_state")
    def _compute_site_address_state(self):
        result = super()._compute_site_address_state()
        for partner in self:
            if partner.site_geo_state == "to_verify" and partner.is_field_site:
                partner.site_address_state = "to_check"
        return result

    @api.model_create_multi
    def create(self, vals_list):
        """Note of new sites with coordinates that these were given; the others are looked up."""
        for vals in vals_list:
            if vals.get("is_field_site") and any(vals.get(name) for name in COORDINATES):
                vals.setdefault("site_geo_precision", "given")
        return super().create(vals_list)

    def write(self, vals):
        """Keep coordinates and address true to one another.

        A pin set by hand stays when the address changes, to be verified; any other place is
        looked up again. An address written again as it was changes nothing.
        """
        touched = [name for name in ADDRESS_FIELDS if name in vals]
        given = [name for name in COORDINATES if name in vals]
        sites = self.filtered("is_field_site") if touched or given else self.browse()
        if not sites or self.env.context.get(WRITER_KEY):
            return super().write(vals)
        if given:
            return super().write(vals) and self._note_pin(sites, vals)
        changed = sites.filtered(lambda site: site._is_moved(vals, touched))
        kept = (sites - changed) | changed.filtered(lambda s: s.site_geo_precision == "manual")
        kept = kept.filtered(lambda site: any(site[name] for name in COORDINATES))
        # Odoo forgets the coordinates of a changed address, unless they are written along.
        places = kept.grouped(lambda site: tuple(site[name] for name in COORDINATES))
        for place, same in places.items():
            super(ResPartner, same).write({**vals, **dict(zip(COORDINATES, place, strict=True))})
        result = super(ResPartner, self - kept).write(vals)
        if changed:
            changed._mark_moved(kept & changed)
        return result

    def _is_moved(self, vals, touched):
        """Whether values for the fields ``touched`` change the address of one site."""
        self.ensure_one()
        for name in touched:
            own = self[name].id if self._fields[name].type == "many2one" else self[name]
            if (own or False) != (vals[name] or False):
                return True
        return False

    def _mark_moved(self, pinned):
        """Note that the addresses of these sites have changed.

        :param pinned: those of them that keep a pin set by hand
        """
        own = self.with_context(**{WRITER_KEY: True})
        (own & pinned).write({"site_geo_state": "to_verify", "site_geo_issue": "address_changed"})
        (own - pinned).write(
            {
                "site_geo_state": "to_geocode",
                "site_geo_precision": False,
                "site_geo_issue": False,
                "site_geo_score": 0,
                "site_geo_label": False,
                "site_geo_insee": False,
                "site_geo_latitude": 0,
                "site_geo_longitude": 0,
            }
        )

    def _note_pin(self, sites, vals):
        """Note that somebody gave coordinates to sites, or took them away."""
        given = sites.filtered(lambda site: any(site[name] for name in COORDINATES))
        values = {"site_geo_state": "located", "site_geo_issue": False}
        if "site_geo_precision" not in vals:
            values["site_geo_precision"] = "manual"
        given.with_context(**{WRITER_KEY: True}).write(values)
        (sites - given)._mark_moved(self.browse())
        return True

    # ------------------------------------------------------------------ looking up

    def _get_geo_address(self):
        """Return the address of one site as the service is asked for it."""
        self.ensure_one()
        street = " ".join(part for part in (self.street, self.street2) if part)
        return ban.Address(
            str(self.id), street, self.zip or "", self.city or "", self.site_insee_code or ""
        )

    def _geocode(self, client=None):
        """Look these sites up and note what was found.

        Nothing is held in the database while the service answers; a site whose address changed
        meanwhile waits for the next time.

        :return: number of sites that are done with
        :raises ban.Busy: the service asks to wait or is out of order; what was found is noted
        """
        asked = {}
        empty = self.browse()
        for site in self:
            address = site._get_geo_address()
            if address.postcode or address.city:
                asked[site] = address
            else:
                empty |= site
        empty._note_geo_answer({}, "no_address")
        if not asked:
            return len(empty)
        client = client or self.env["base.geocoder"]._get_ban_client()
        found, failed = self._ask_geo_service(client, asked)
        self.browse([site.id for site in asked]).invalidate_recordset(
            [*ADDRESS_FIELDS, "street2", "site_insee_code", "site_geo_state"]
        )
        current = self.browse([site.id for site in asked if site.exists()])
        current = current.filtered(lambda site: site._get_geo_address() == asked[site])
        (current & failed)._note_geo_answer({}, "refused")
        (current - failed)._note_geo_answer({site: found.get(str(site.id)) for site in current})
        return len(self)

    def _ask_geo_service(self, client, asked):
        """Ask the service for addresses; a batch that it refuses is asked one by one.

        :return: answers by key, and the sites for which it had no sensible answer
        """
        addresses, failed = list(asked.values()), self.browse()
        if len(addresses) > 1:
            try:
                return client.find_all(addresses), failed
            except ban.BadAnswer as error:
                _logger.info("The address service refused a batch: %s", error)
        found, bad = {}, 0
        for site, address in asked.items():
            try:
                found[address.key] = client.find(address)
            except ban.BadAnswer as error:
                failed |= site
                bad += 1
                if bad > 3:
                    # Not this address: the service itself answers nonsense.
                    raise ban.Busy(str(error)) from error
        return found, failed

    def _note_geo_answer(self, answers, issue=None):
        """Note what the service found for these sites.

        :param answers: ``{site: ban.Answer or None}``
        :param issue: why nothing was found, for sites that are not in ``answers``
        """
        threshold = self.env["base.geocoder"]._get_geocode_threshold()
        now = fields.Datetime.now()
        for site in self.with_context(**{WRITER_KEY: True}):
            answer = answers.get(site)
            why = issue or ban.judge(answer, site._get_geo_address(), threshold)
            pinned = site._is_pinned()
            if pinned:
                why = site._judge_pin(answer)
            values = {
                "site_geo_state": "to_verify" if why else "located",
                "site_geo_issue": why or False,
                "site_geo_date": now,
                "site_geo_score": answer.score if answer else 0,
                "site_geo_label": answer.label if answer else False,
                "site_geo_insee": answer.insee if answer else False,
                "site_geo_latitude": answer.latitude if answer else 0,
                "site_geo_longitude": answer.longitude if answer else 0,
            }
            if answer and not why and not pinned:
                values.update(
                    site._get_found_values(
                        answer.kind, answer.latitude, answer.longitude, answer.insee
                    )
                )
            site.write(values)

    def _is_pinned(self):
        """Whether one site's place was set by hand: no lookup moves it."""
        self.ensure_one()
        located = self.partner_latitude or self.partner_longitude
        return bool(located) and self.site_geo_precision == "manual"

    def _judge_pin(self, answer):
        """Say why the pin of one site is to be verified beside what the service found."""
        self.ensure_one()
        if answer is None:
            return "address_changed"
        pin = (self.partner_latitude, self.partner_longitude)
        far = distance_km(pin, (answer.latitude, answer.longitude)) > NEAR_KM
        return "pin_differs" if far else ""

    def _get_found_values(self, precision, latitude, longitude, insee):
        """Return the values that put one site where the service found it."""
        self.ensure_one()
        return {
            "partner_latitude": latitude,
            "partner_longitude": longitude,
            "date_localization": fields.Date.context_today(self),
            "site_geo_precision": precision,
            "site_insee_code": self.site_insee_code or insee,
        }

    # ------------------------------------------------------------------ by cron

    @api.model
    def _get_geo_domain(self):
        """Return the domain of the sites that wait to be looked up."""
        return Domain("is_field_site", "=", True) & Domain("site_geo_state", "=", "to_geocode")

    @api.model
    def _is_geocoding_on(self):
        # A switch is no secret, but only administrators may read the parameters.
        return bool(self.env["ir.config_parameter"].sudo().get_param(SWITCH_KEY))

    @api.model
    def _get_geo_pause(self):
        """Return the moment until which the service is left in peace, False when it is not."""
        # See `_is_geocoding_on`.
        value = self.env["ir.config_parameter"].sudo().get_param(PAUSE_KEY)
        until = value and fields.Datetime.to_datetime(value)
        return until if until and until > fields.Datetime.now() else False

    @api.model
    def _cron_geocode(self):
        """Look up the sites that wait, batch by batch, and leave a busy service in peace."""
        cron = self.env.ref("field_planning.ir_cron_geocode")
        if not self._is_geocoding_on():
            return
        if until := self._get_geo_pause():
            cron._trigger(at=until)
            return
        domain = self._get_geo_domain()
        client = self.env["base.geocoder"]._get_ban_client()
        total = self.search_count(domain)
        while sites := self.search(domain, limit=BATCH, order="id"):
            try:
                done = sites._geocode(client)
            except ban.Busy as busy:
                cron._trigger(at=self._pause_geocoding(busy))
                self.env["ir.cron"]._commit_progress(0, remaining=total)
                return
            self._pause_geocoding(None)
            total = max(0, total - done)
            if not self.env["ir.cron"]._commit_progress(done, remaining=total):
                return

    @api.model
    def _pause_geocoding(self, busy):
        """Note a failure of the service, or (None) that it works.

        :return: the moment from which it may be asked again
        """
        # The cron's own notes; users write them only through the settings.
        params = self.env["ir.config_parameter"].sudo()
        failures = int(params.get_param(FAILURES_KEY) or 0)
        if busy is None:
            if failures:
                params.set_param(FAILURES_KEY, False)
                params.set_param(PAUSE_KEY, False)
            return fields.Datetime.now()
        failures += 1
        wait = ban.backoff(failures, busy.wait)
        until = fields.Datetime.now() + timedelta(seconds=wait)
        params.set_param(FAILURES_KEY, str(failures))
        params.set_param(PAUSE_KEY, fields.Datetime.to_string(until))
        _logger.info("The address service is busy (%s): next try at %s", busy, until)
        return until

    # ------------------------------------------------------------------ buttons

    def geo_localize(self):
        """Look the addresses up now; sites keep what the service says of its answer.

        :raises UserError: the address service does not answer
        """
        sites = self.filtered("is_field_site")
        provider = self.env["base.geocoder"]._get_provider().tech_name
        if not sites or provider != PROVIDER:
            return super().geo_localize()
        sites.check_access("write")
        for start in range(0, len(sites), BATCH):
            try:
                sites[start : start + BATCH]._geocode()
            except ban.Busy as busy:
                raise UserError(
                    self.env._("The address service does not answer (%s). Try again later.", busy)
                ) from busy
        rest = self - sites
        return super(ResPartner, rest).geo_localize() if rest else True

    def action_geo_accept(self):
        """Take the places of these sites as right: the pin they have, else the place found.

        :raises UserError: a site has no place at all
        """
        self.check_access("write")
        for site in self.filtered("is_field_site"):
            if site.partner_latitude or site.partner_longitude:
                site.with_context(**{WRITER_KEY: True}).write(
                    {
                        "site_geo_state": "located",
                        "site_geo_issue": False,
                        "site_geo_precision": "manual",
                    }
                )
            else:
                site.action_geo_take_found()
        return True

    def action_geo_take_found(self):
        """Move these sites to the places that the service found, which a person has looked at.

        :raises UserError: nothing was found for a site
        """
        self.check_access("write")
        for site in self.filtered("is_field_site"):
            if not (site.site_geo_latitude or site.site_geo_longitude):
                raise UserError(
                    self.env._("%s has no place to accept: set its pin on the map.", site.name)
                )
            site.with_context(**{WRITER_KEY: True}).write(
                {
                    **site._get_found_values(
                        "manual",
                        site.site_geo_latitude,
                        site.site_geo_longitude,
                        site.site_geo_insee,
                    ),
                    "site_geo_state": "located",
                    "site_geo_issue": False,
                }
            )
        return True

    def action_geo_again(self):
        """Have the addresses of these sites looked up again by the cron.

        A pin set by hand stays where it is; it is compared with what is found.
        """
        self.check_access("write")
        sites = self.filtered("is_field_site")
        sites.with_context(**{WRITER_KEY: True}).write(
            {"site_geo_state": "to_geocode", "site_geo_issue": False}
        )
        if self._is_geocoding_on():
            # Anyone who may write sites may hurry their lookup.
            self.env.ref("field_planning.ir_cron_geocode").sudo()._trigger()
        return True
