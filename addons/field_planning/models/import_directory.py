"""What the company knows, gathered from the database for the reading of spreadsheets."""

import re
from datetime import date

from ..spreadsheet.directory import CustomerIndex, Directory, Known, PeopleIndex, TypeIndex
from ..spreadsheet.layout import Evidence
from ..spreadsheet.places import CodeEvidence
from ..spreadsheet.planning import Options
from ..spreadsheet.sites import KnownSite, SiteIndex
from .import_communes import load_communes

SITE_FIELDS = [
    "name",
    "site_code",
    "street",
    "zip",
    "city",
    "site_insee_code",
    "site_customer_id",
    "partner_latitude",
    "partner_longitude",
]


class ImportDirectory:
    """Technicians, service types, customers and sites of one company, each read with one query.

    :param env: environment of who imports; what they may not see is not matched
    :param company: ``res.company``
    """

    def __init__(self, env, company):
        self.env = env
        self.company = company
        self.directory = Directory(
            PeopleIndex(self._get_technicians()),
            TypeIndex(self._get_types()),
            CustomerIndex(self._get_customers()),
        )
        sites = self._get_sites()
        self.sites = SiteIndex(sites)
        self.codes = self._get_codes(sites)

    def evidence(self):
        """What columns may be recognised by."""
        return Evidence(self.directory, self.sites)

    def options(self, run):
        """How the run's planning is to be read."""
        return Options(
            today=run.reference_date or date.today(),
            region=(self.company.country_id or run.env.ref("base.fr")).code,
            hours_per_day=self.company.resource_calendar_id.hours_per_day or 7.0,
            include_hidden=run.include_hidden,
            default_type=run.default_type_id.id or 0,
        )

    def _own(self):
        return [("company_id", "in", [False, self.company.id])]

    def _get_technicians(self):
        technicians = self.env["hr.employee"].search_fetch(
            [("is_field_technician", "=", True), *self._own()], ["name"], order="id"
        )
        return [Known(technician.id, technician.name) for technician in technicians]

    def _get_types(self):
        """Service types with their other spellings and their names in each language."""
        model = self.env["field.service.type"]
        types = model.search_fetch(self._own(), ["name", "code", "alias_names"])
        names = {kind.id: [kind.code or ""] for kind in types}
        for lang, _label in self.env["res.lang"].get_installed():
            for kind in types.with_context(lang=lang):
                names[kind.id].append(kind.name)
        for kind in types:
            names[kind.id] += re.split(r"\s*[;\n]\s*", kind.alias_names or "")
        return [Known(kind.id, kind.name, tuple(filter(None, names[kind.id]))) for kind in types]

    def _get_customers(self):
        """Everybody who may order: neither a site, nor a person of a company, nor a colleague."""
        partners = self.env["res.partner"].search_fetch(
            [
                ("is_field_site", "=", False),
                ("parent_id", "=", False),
                "|",
                ("user_ids", "=", False),
                ("user_ids.share", "=", True),
                *self._own(),
            ],
            ["name", "ref"],
            order="id",
        )
        return [
            Known(partner.id, partner.name, (partner.ref,) if partner.ref else ())
            for partner in partners
            if partner.name
        ]

    def _get_sites(self):
        partners = self.env["res.partner"].search_fetch(
            [("is_field_site", "=", True), *self._own()], SITE_FIELDS, order="id"
        )
        return [
            KnownSite(
                partner.id,
                partner.name or "",
                partner.site_code or "",
                partner.street or "",
                partner.zip or "",
                partner.city or "",
                partner.site_insee_code or "",
                partner.site_customer_id.id or 0,
                partner.partner_latitude,
                partner.partner_longitude,
            )
            for partner in partners
        ]

    def _get_codes(self, sites):
        codes = CodeEvidence()
        for insee, name, zips in load_communes():
            codes.add(insee, name, zips)
            codes.complete = True
        if not codes.complete:
            for site in sites:
                codes.add(site.insee, site.city, [site.zip])
        return codes
