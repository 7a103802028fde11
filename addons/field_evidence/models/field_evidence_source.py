from odoo import api, models

from .field_evidence import Item


class FieldEvidenceSource(models.AbstractModel):
    """What is sealed in a mission's dossier as it is made and each time it changes.

    A model becomes a source by inheriting this and saying which of its fields are the proof.
    """

    _name = "field.evidence.source"
    _description = "Source of sealed items"

    # Stored fields that are sealed; a change of one of them is a new version of the item.
    _evidence_fields = ()
    # Field that holds the device's time, and the one that holds the author.
    _evidence_date = None
    _evidence_author = None
    _evidence_on_create = True

    @api.model_create_multi
    def create(self, vals_list):
        """Note that what has just been made is to be sealed."""
        records = super().create(vals_list)
        if self._evidence_on_create:
            records._queue_evidence(new=True)
        return records

    def write(self, vals):
        """Note that the new version of what has just been changed is to be sealed."""
        result = super().write(vals)
        if self._is_evidence_write(vals):
            self._queue_evidence()
        return result

    def unlink(self):
        """Seal that something sealed was removed, with what it said."""
        journal = self.env["field.evidence"]
        # What was made and is removed in one transaction leaves its trace too.
        journal._seal_pending()
        items = self.sudo()._get_removal_items()
        result = super().unlink()
        journal._queue_items(items)
        return result

    def _queue_evidence(self, new=False):
        """Let these records be sealed at the end of the transaction, as they are then.

        :param new: whether they have just been made, so were never sealed
        """
        self.env["field.evidence"]._queue(self, new)

    def _is_evidence_write(self, vals):
        """Whether a write touches what is sealed of these records (hook)."""
        return any(name in vals for name in self._evidence_fields)

    # ------------------------------------------------------------------ what is sealed

    def _filter_evidence(self):
        """Return the records that are proof of something (hook): all, unless a model says else."""
        return self

    def _filter_opening(self):
        """Return the records that open their mission's dossier (hook): all that prove something."""
        return self._filter_evidence()

    def _get_evidence_kind(self):
        """Return the kind of ``field.evidence`` of one record (hook)."""
        raise NotImplementedError

    def _get_evidence_digest(self):
        """Return ``(sha256, size)`` of the file of one record, or None (hook)."""
        return None

    def _get_evidence_mission(self):
        """Return the mission in whose dossier one record is sealed (hook)."""
        return self.mission_id

    def _get_evidence_data(self):
        """Return what is sealed of each record (hook).

        Relations are given as id and name: the name is what a reader needs, the id what is
        compared later.

        :return: ``{record id: {field: value}}``
        """
        # What is sealed is what the database holds: PostgreSQL writes numbers of JSON its own way.
        unlike = [name for name in self._evidence_fields if self._fields[name].type == "json"]
        if unlike:
            self.invalidate_recordset(unlike)
        # Somebody archived later still was there.
        records = self.sudo().with_context(active_test=False)
        return {
            record.id: {name: record._get_evidence_value(name) for name in self._evidence_fields}
            for record in records
        }

    def _get_evidence_value(self, name):
        field, value = self._fields[name], self[name]
        if field.type == "many2one":
            return evidence_ref(value)
        if field.type == "many2many":
            return [evidence_ref(one) for one in value.sorted("id")]
        if field.type == "boolean" or (field.type in ("integer", "float") and value is not False):
            return value
        return value or None

    def _get_evidence_items(self, users=None, **options):
        """Return these records as items to seal.

        :param users: ``{record id: user id}``: the author where a model has no field for it
            (default: the current user)
        :param options: more of :class:`Item`'s fields
        """
        if not self:
            return []
        records = self.sudo()
        data = records._get_evidence_data()
        items = []
        for record in records:
            mission = record._get_evidence_mission()
            if not mission:
                continue
            author = self._evidence_author and record[self._evidence_author].id
            items.append(
                Item(
                    mission_id=mission.id,
                    kind=record._get_evidence_kind(),
                    record=(record._name, record.id),
                    data=data[record.id],
                    author_id=author or (users or {}).get(record.id) or self.env.uid,
                    device_date=self._evidence_date and record[self._evidence_date] or None,
                    digest=record._get_evidence_digest(),
                    **options,
                )
            )
        return items

    # ------------------------------------------------------------------ removal

    def _get_removal_items(self):
        """Return the items that say that these sealed records are removed."""
        missions = self._get_evidence_mission()
        if not missions:
            return []
        keys = {(self._name, record.id) for record in self}
        sealed = self.env["field.evidence"]._get_last_sealed(missions.ids, keys)
        return self.filtered(
            lambda record: (record._name, record.id) in sealed
        )._get_evidence_items(removed=True)


def evidence_ref(record):
    """Return a related record as it is sealed: ``{"id", "name"}``, or None."""
    return {"id": record.id, "name": record.sudo().display_name} if record else None
