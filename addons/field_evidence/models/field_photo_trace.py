from odoo import api, fields, models
from odoo.tools import SQL

from ..core import pictures


class FieldPhotoTrace(models.Model):
    """What a photo looks like, in a few numbers: found again without opening a file.

    Nobody reads it; it is written by the background run that makes the hints.
    """

    _name = "field.photo.trace"
    _description = "Fingerprint of a photo"
    _rec_name = "photo_id"
    _log_access = False

    photo_id = fields.Many2one("field.photo", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    sha256 = fields.Char(readonly=True, size=64)
    # Empty where the picture is too plain to be told from another one.
    fine = fields.Char(readonly=True, size=64)
    grey = fields.Char(readonly=True)
    band_1 = fields.Integer(readonly=True)
    band_2 = fields.Integer(readonly=True)
    band_3 = fields.Integer(readonly=True)
    band_4 = fields.Integer(readonly=True)

    _photo_unique = models.UniqueIndex("(photo_id)", "This photo has its fingerprint already.")
    _sha256_idx = models.Index("(company_id, sha256)")
    _band_1_idx = models.Index("(company_id, band_1) WHERE fine IS NOT NULL")
    _band_2_idx = models.Index("(company_id, band_2) WHERE fine IS NOT NULL")
    _band_3_idx = models.Index("(company_id, band_3) WHERE fine IS NOT NULL")
    _band_4_idx = models.Index("(company_id, band_4) WHERE fine IS NOT NULL")

    @api.model
    def _note(self, looks):
        """Keep the fingerprints of photos.

        :param looks: ``{field.photo: pictures.Look}``
        """
        self.create([self._prepare_trace(photo, seen) for photo, seen in looks.items()])

    @api.model
    def _prepare_trace(self, photo, seen):
        values = {"photo_id": photo.id, "company_id": photo.company_id.id, "sha256": photo.sha256}
        if mark := seen.fingerprint:
            bands = {f"band_{number}": band for number, band in enumerate(mark.bands, start=1)}
            values.update(bands, fine=mark.fine, grey=mark.grey)
        return values

    @api.model
    def _find_same(self, looks):
        """Return the photos of the same company that show the same picture, one query for all.

        :param looks: ``{field.photo: pictures.Look}``, whose fingerprints are kept already
        :return: list of ``(photo id, other photo's id, whether the bytes are the same)``
        """
        self.env["field.photo.trace"].flush_model()
        rows = self.env.execute_query(
            SQL(" UNION ").join([self._same_bytes_sql(looks), *self._same_look_sql(looks)])
        )
        return [
            (photo_id, other_id, same_bytes)
            for photo_id, other_id, same_bytes, grey, other_grey in rows
            if same_bytes or pictures.same_picture(grey, other_grey)
        ]

    @api.model
    def _same_bytes_sql(self, looks):
        return SQL(
            """
            SELECT own.photo_id, other.photo_id, true, NULL, NULL
            FROM field_photo_trace own
            JOIN field_photo_trace other ON other.company_id = own.company_id
                AND other.sha256 = own.sha256 AND other.photo_id <> own.photo_id
            WHERE own.photo_id = ANY(%s)
            """,
            [photo.id for photo in looks],
        )

    @api.model
    def _same_look_sql(self, looks):
        """Return a look-up for each band: where it is the same, the fine bits are compared."""
        marks = {photo.id: seen.fingerprint for photo, seen in looks.items() if seen.fingerprint}
        queries = []
        for number in range(len(next(iter(marks.values())).bands) if marks else 0):
            pairs = [(key, probe) for key, mark in marks.items() for probe in mark.probes[number]]
            queries.append(
                SQL(
                    """
                    SELECT own.photo_id, other.photo_id, false, own.grey, other.grey
                    FROM unnest(%s::integer[], %s::integer[]) AS probe (photo_id, band)
                    JOIN field_photo_trace own ON own.photo_id = probe.photo_id
                    JOIN field_photo_trace other ON other.company_id = own.company_id
                        AND other.fine IS NOT NULL
                        AND other.%s = probe.band AND other.photo_id <> own.photo_id
                        AND other.sha256 <> own.sha256
                    WHERE length(replace((('x' || own.fine)::bit(256)
                        # ('x' || other.fine)::bit(256))::text, '0', '')) <= %s
                    """,
                    [key for key, _probe in pairs],
                    [probe for _key, probe in pairs],
                    SQL.identifier(f"band_{number + 1}"),
                    pictures.SAME_WITHIN,
                )
            )
        return queries
