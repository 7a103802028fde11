from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.mimetypes import guess_mimetype

LONGEST_TEXT = 4000
FILES_AT_MOST = 5
BYTES_AT_MOST = 10 * 1024 * 1024
FILE_KINDS = ("image/jpeg", "image/png", "image/webp", "application/pdf")
# Somebody who holds a link must not fill the register.
OPEN_AT_MOST = 5


class FieldComplaintPortal(models.Model):
    """What a customer writes and reads of complaints on the portal.

    Customers have no right on the model: causes and notes are ours. Their pages search as
    superuser, only ever inside ``_get_portal_domain``, and show a fixed list of values.
    """

    _inherit = "field.complaint"

    @api.model
    def _get_portal_domain(self):
        """Return the domain of the complaints that the current user may follow."""
        partner = self.env.user.partner_id
        return Domain("partner_id", "child_of", partner.commercial_partner_id.id) | Domain(
            "contact_id", "=", partner.id
        )

    @api.model
    def _search_portal(self, **kwargs):
        """Return the complaints that the current user may follow (sudo).

        :param kwargs: ``limit``, ``offset``
        """
        return self.sudo().search(self._get_portal_domain(), **kwargs)

    @api.model
    def _register_from_portal(self, mission, text, category, files=(), contact=None, name=""):
        """Register what a customer writes about one mission.

        :param mission: ``field.mission`` (sudo) that the customer was shown
        :param text: what they say
        :param category: key of the field
        :param files: ``[(name, bytes), …]``
        :param contact: ``res.partner`` who writes, if they are known
        :param name: how a person who is not known can be reached
        :return: ``field.complaint`` (sudo)
        :raises UserError: nothing is said, too much is joined, or too many are open
        """
        text, name = (text or "").strip(), (name or "").strip()
        if not text:
            raise UserError(self.env._("Say in a few words what went wrong."))
        if not contact and not name:
            raise UserError(self.env._("Say who you are and how we can reach you."))
        self._check_files(files)
        complaints = self.sudo()
        if (
            complaints.search_count(
                [("mission_id", "=", mission.id), ("state", "in", ["new", "in_progress"])],
                limit=OPEN_AT_MOST,
            )
            >= OPEN_AT_MOST
        ):
            raise UserError(
                self.env._("We already work on what you wrote about this visit. Please call us.")
            )
        known = dict(self._fields["category"].selection)
        complaint = complaints.with_company(mission.company_id).create(
            {
                "company_id": mission.company_id.id,
                "origin": "portal",
                "mission_id": mission.id,
                "subject": text.splitlines()[0][:80],
                "description": text[:LONGEST_TEXT],
                "category": category if category in known else "other",
                "contact_id": contact.id if contact else False,
                "complainant": name[:200] or False,
            }
        )
        self.env["ir.attachment"].sudo().create(
            [
                {"name": name, "raw": data, "res_model": self._name, "res_id": complaint.id}
                for name, data in files
            ]
        )
        return complaint

    @api.model
    def _check_files(self, files):
        """Refuse files that are too many, too big or of another kind than a photo or a PDF."""
        if len(files) > FILES_AT_MOST:
            raise UserError(self.env._("Join %s files at most.", FILES_AT_MOST))
        for name, data in files:
            if len(data) > BYTES_AT_MOST:
                raise UserError(
                    self.env._(
                        "%(name)s is too big: %(size)s MB at most.",
                        name=name,
                        size=BYTES_AT_MOST // 1024**2,
                    )
                )
            # The name and the browser's word prove nothing.
            if guess_mimetype(data) not in FILE_KINDS:
                raise UserError(self.env._("%s is neither a photo nor a PDF.", name))
