from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.image import image_process

from ..core import pictures

THUMBNAIL = (240, 240)
PHOTOS_PER_BATCH = 40
# A photo may be older than the visit by a charged battery or a night on the way, not by days.
LONG_BEFORE = timedelta(days=1)
# Beyond the radius around the site: a phone indoors is often some hundred metres off.
FAR = 1000


class FieldPhoto(models.Model):
    _name = "field.photo"
    _inherit = ["field.photo", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "uuid",
        "check_id",
        "kind",
        "stage",
        "caption",
        "sha256_declared",
        "sha256",
        "size",
        "mimetype",
        "capture_date",
        "date_received",
        "author_id",
        "state",
        "attachment_id",
    )
    _evidence_date = "capture_date"
    _evidence_author = "author_id"

    origin = fields.Selection(
        [("camera", "Camera"), ("gallery", "Gallery")],
        readonly=True,
        copy=False,
        help="What the app declares.",
    )
    picture_date = fields.Datetime(
        string="Date in the file",
        readonly=True,
        copy=False,
        help="When the camera says that the picture was taken.",
    )
    # Metres from the site by the file's coordinates, which are not kept; -1 where it has none.
    picture_distance = fields.Integer(readonly=True, copy=False, default=-1, aggregator=None)
    purge_id = fields.Many2one(
        "field.purge.certificate",
        string="Deleted under",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="field_mission.group_field_planner",
    )
    to_examine = fields.Boolean(default=True, readonly=True, copy=False)
    hint_ids = fields.One2many(
        "field.photo.hint",
        "photo_id",
        string="Hints",
        readonly=True,
        groups="field_mission.group_field_planner",
    )

    _to_examine_idx = models.Index("(id) WHERE to_examine AND state = 'received'")

    def _get_evidence_kind(self):
        return self.kind

    def _get_evidence_digest(self):
        if self.state == "received":
            return (self.sha256, self.size)
        return None

    def _get_app_values(self):
        """Add the size: the app shows how much of the mission's budget is used."""
        return {**super()._get_app_values(), "size": self.size or 0}

    def _get_thumbnail(self):
        """Return a small JPEG of one photo, or None where it holds no picture."""
        self.ensure_one()
        if not (self.mimetype or "").startswith("image/"):
            return None
        raw = self.sudo().attachment_id.raw
        return image_process(raw, size=THUMBNAIL, quality=70, output_format="JPEG")

    def _drop_bytes(self, certificate):
        """Delete the bytes of these files; what was said of them stays, sealed as it is.

        A few queries whatever the number: the guard of sealed files is passed by SQL, here only.

        :param certificate: the ``field.purge.certificate`` that names them
        """
        attachments = self.attachment_id.filtered(lambda one: one.type == "binary")
        names = attachments.mapped("store_fname")
        self.env.execute_query(
            SQL(
                "UPDATE ir_attachment SET store_fname = NULL, db_datas = NULL, file_size = 0,"
                " checksum = NULL WHERE id = ANY(%s) RETURNING id",
                attachments.ids,
            )
        )
        attachments.invalidate_recordset(flush=False)
        for name in filter(None, names):
            # Swept by Odoo's own collector, unless another attachment has the same bytes.
            attachments._file_delete(name)
        self.env["field.photo.trace"].search([("photo_id", "in", self.ids)]).unlink()
        self.write({"purge_id": certificate.id})

    # ------------------------------------------------------------------ hints to the office

    @api.model
    def _cron_examine_photos(self):
        """Look at the photos that arrived since the last run, a batch at a time."""
        domain = [("to_examine", "=", True), ("state", "=", "received"), ("purge_id", "=", False)]
        remaining = self.search_count(domain)
        while photos := self.search(domain, order="id", limit=PHOTOS_PER_BATCH):
            photos._examine()
            remaining = max(remaining - len(photos), 0)
            if not self.env["ir.cron"]._commit_progress(len(photos), remaining=remaining):
                break

    def _examine(self):
        """Note what these photos look like and what of it the office may want to look at.

        A fixed number of queries whatever the number of photos; files are opened one at a time.
        """
        photos = self.filtered(lambda photo: photo.kind == "photo" and photo.sha256)
        looks = {photo: photo._look() for photo in photos}
        if looks:
            traces = self.env["field.photo.trace"]
            traces._note(looks)
            vals_list = photos._prepare_reuse_hints(traces._find_same(looks))
            for photo, seen in looks.items():
                vals_list += photo._prepare_hints(seen)
            self.env["field.photo.hint"].create(vals_list)
        self.write({"to_examine": False})

    def _look(self):
        """Return what one photo's file says, as ``pictures.Look``."""
        attachment = self.attachment_id
        seen = pictures.look(attachment.raw or b"")
        # One file in memory at a time.
        attachment.invalidate_recordset(["raw"], flush=False)
        return seen

    def _prepare_hints(self, seen):
        """Return the hints about one photo that come from what is known of it alone.

        :param seen: ``pictures.Look``
        """
        self._complete_facts(seen)
        hints = []
        limit = self.company_id.field_position_radius + FAR
        if self.picture_date and self.picture_date < self.capture_date - LONG_BEFORE:
            hints.append({"kind": "old"})
        if self.picture_distance > limit:
            hints.append({"kind": "far", "distance": self.picture_distance})
        if self.origin == "gallery":
            hints.append({"kind": "gallery"})
        return [{"photo_id": self.id, "mission_id": self.mission_id.id, **hint} for hint in hints]

    def _complete_facts(self, seen):
        """Take from one file what the app did not say: the date, the distance from the site."""
        mission = self.mission_id
        if not self.picture_date and seen.taken:
            self.picture_date = mission._read_camera_time(seen.taken)
        site = mission.site_id
        known = site.partner_latitude or site.partner_longitude
        if self.picture_distance < 0 and seen.place and known:
            if self.company_id.field_position_mode != "off":
                here = (site.partner_latitude, site.partner_longitude)
                self.picture_distance = round(pictures.metres(seen.place, here))

    def _prepare_reuse_hints(self, pairs):
        """Return a hint for the later one of each two photos that show the same picture.

        Within one visit, shots of one thing from one spot are meant to be alike: there only the
        very same file counts, and only where it stands for two moments or two checks.

        :param pairs: see ``field.photo.trace._find_same``
        """
        photos = self.browse({photo_id for pair in pairs for photo_id in pair[:2]})
        photos.fetch(["mission_id", "stage", "check_id"])
        found = {}
        for photo_id, other_id, same_bytes in pairs:
            earlier, later = map(self.browse, sorted((photo_id, other_id)))
            if earlier.mission_id == later.mission_id:
                told_apart = earlier.stage != later.stage or earlier.check_id != later.check_id
                if not (same_bytes and told_apart):
                    continue
            # One hint a photo, about the first one that shows the picture.
            known = found.get(later.id)
            if not known or earlier.id < known["other_photo_id"]:
                found[later.id] = {
                    "photo_id": later.id,
                    "mission_id": later.mission_id.id,
                    "kind": "reused",
                    "other_photo_id": earlier.id,
                    "same_bytes": same_bytes,
                }
        return self._drop_known(list(found.values()))

    def _drop_known(self, vals_list):
        """Leave out the photos that have such a hint from an earlier run."""
        ids = [vals["photo_id"] for vals in vals_list]
        hints = self.env["field.photo.hint"]
        domain = [("photo_id", "in", ids), ("kind", "=", "reused")]
        known = (
            {hint.photo_id.id for hint in hints.search_fetch(domain, ["photo_id"])} if ids else ()
        )
        return [vals for vals in vals_list if vals["photo_id"] not in known]
