from odoo import api, models

from .. import seal
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
        """Seal what has just been made."""
        records = super().create(vals_list)
        if self._evidence_on_create:
            self.env["field.evidence"]._seal(records._filter_evidence()._get_evidence_items())
        return records

    def write(self, vals):
        """Seal the new version of what has just been changed."""
        result = super().write(vals)
        if self._is_evidence_write(vals):
            self.sudo()._seal_changes()
        return result

    def unlink(self):
        """Seal that something sealed was removed, with what it said."""
        items = self.sudo()._get_removal_items()
        result = super().unlink()
        self.env["field.evidence"]._seal(items)
        return result

    def _is_evidence_write(self, vals):
        """Whether a write touches what is sealed of these records (hook)."""
        return any(name in vals for name in self._evidence_fields)

    # ------------------------------------------------------------------ what is sealed

    def _filter_evidence(self):
        """Return the records that are proof of something (hook): all, unless a model says else."""
        return self

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
        # What is sealed is what the database holds, not what is about to be rounded.
        self.invalidate_recordset(self._evidence_fields)
        return {
            record.id: {name: record._get_evidence_value(name) for name in self._evidence_fields}
            for record in self.sudo()
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

    def _get_evidence_items(self, **options):
        """Return these records as items to seal.

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
                    author_id=author or self.env.uid,
                    device_date=self._evidence_date and record[self._evidence_date] or None,
                    digest=record._get_evidence_digest(),
                    **options,
                )
            )
        return items

    # ------------------------------------------------------------------ versions

    def _get_last_sealed(self):
        """Return the last sealed item of each of these records.

        :return: ``{record id: item as a dict}``; records never sealed are not in it
        """
        missions = self._get_evidence_mission()
        if not missions:
            return {}
        lines = (
            self.env["field.evidence"]
            .sudo()
            .search_fetch(
                [
                    ("mission_id", "in", missions.ids),
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("kind", "!=", "close"),
                ],
                ["res_id", "payload"],
                order="sequence",
            )
        )
        return {line.res_id: line._get_item() for line in lines}

    def _seal_changes(self):
        """Seal the records whose proof differs from what was sealed of them last."""
        if not self:
            return
        sealed = self._get_last_sealed()
        proof = self._filter_evidence()
        candidates = self.filtered(lambda record: record.id in sealed or record in proof)
        changed = [
            item
            for item in candidates._get_evidence_items()
            if self._is_new_version(sealed.get(item.record[1]), item)
        ]
        self.env["field.evidence"]._seal(changed)

    @api.model
    def _is_new_version(self, sealed, item):
        """Whether an item says something else than what was sealed last of its record.

        :param sealed: the last sealed item as a dict, or None
        :param item: :class:`Item`
        """
        if not sealed or sealed.get("removed"):
            return True
        draft = item.draft().item
        return bool(
            seal.differences(comparable(sealed.get("data")), comparable(draft["data"]))
            or sealed.get("bytes") != draft.get("bytes")
        )

    def _get_removal_items(self):
        """Return the items that say that these sealed records are removed."""
        sealed = self._get_last_sealed()
        return self.filtered(lambda record: record.id in sealed)._get_evidence_items(removed=True)


def evidence_ref(record):
    """Return a related record as it is sealed: ``{"id", "name"}``, or None."""
    return {"id": record.id, "name": record.sudo().display_name} if record else None


def comparable(value):
    """Return sealed data without the names of related records, which may change honestly."""
    if isinstance(value, dict):
        if value.keys() == {"id", "name"}:
            return {"id": value["id"]}
        return {key: comparable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    return value
