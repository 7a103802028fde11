from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import checks, states

# Missions that nobody has begun: what is still open can be put on their checklist.
NOT_BEGUN = (states.DRAFT, states.PLANNED)
# Injected checks come first, before those of the checklist.
SEQUENCE = -1


class FieldMissionNonconformity(models.Model):
    """Open non-conformities are asked again at the next visit of their site, until verified."""

    _inherit = "field.mission"

    @api.model_create_multi
    def create(self, vals_list):
        """Put what is still open on the sites on the checklist of their next visit."""
        missions = super().create(vals_list)
        missions._get_pending_nonconformities()._ask_at_next_visit()
        return missions

    def _after_transition(self, step):
        """What a visit left open is asked at the next one."""
        result = super()._after_transition(step)
        if step.name in ("done", "cancel", "reset", "reschedule", "unplan"):
            self._get_pending_nonconformities()._ask_at_next_visit()
        return result

    def _get_pending_nonconformities(self):
        """Return what is open on the sites of these missions, in one query (sudo)."""
        return (
            self.env["field.nonconformity"]
            .sudo()
            .search(
                [
                    ("site_id", "in", self.site_id.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("state", "!=", "closed"),
                ]
            )
        )

    def _after_answers(self, answers):
        """What was found corrected on site waits for its closing, or is closed."""
        result = super()._after_answers(answers)
        answers.filtered("check_id.nonconformity_id")._verify_nonconformities()
        return result

    def action_report_nonconformity(self, values, at=None):
        """Report a non-conformity seen on one mission.

        :param values: ``{"description", "gravity": "minor" | "major" | "critical",
            "equipment_id", "photos": [uuid, …]}``
        :param at: device time, UTC
        :return: id of the non-conformity
        """
        self._check_working(("in_progress", "done"))
        self._check_values(values)
        records = self.env["field.nonconformity"].sudo()
        description = str(values.get("description") or "").strip()
        if not description:
            raise UserError(self.env._("Say what does not conform."))
        gravity = values.get("gravity") or "minor"
        if gravity not in dict(records._fields["gravity"].selection):
            raise UserError(self.env._("“%s” is no gravity.", gravity))
        known = self.sudo().equipment_ids | self.sudo().site_id.site_equipment_ids
        equipment = known.filtered(lambda item: item.id == values.get("equipment_id"))
        if values.get("equipment_id") and not equipment:
            raise UserError(self.env._("This equipment is not on the mission's site."))
        uuids = values.get("photos") or []
        photos = self.sudo().photo_ids.filtered(lambda photo: photo.uuid in uuids)
        return records.create(
            {
                "mission_id": self.id,
                "site_id": self.sudo().site_id.id,
                "company_id": self.sudo().company_id.id,
                "equipment_id": equipment.id,
                "description": description,
                "gravity": gravity,
                "date": self._device_time(at),
                "photo_ids": [fields.Command.set(photos.ids)],
            }
        ).id

    def _apply_nonconformity(self, payload, at):
        return {"id": self.action_report_nonconformity(payload, at=at)}


class FieldMissionCheckNonconformity(models.Model):
    _inherit = "field.mission.check"

    nonconformity_id = fields.Many2one(
        "field.nonconformity", readonly=True, index="btree_not_null", ondelete="cascade"
    )


class FieldMissionCheckAnswerNonconformity(models.Model):
    _inherit = "field.mission.check.answer"

    def _verify_nonconformities(self):
        """Take the answers to “is it corrected?” over into their non-conformities."""
        for answer in self:
            record = answer.check_id.nonconformity_id.sudo()
            if record.state == "closed":
                continue
            who = answer.author_id.sudo().name
            where = answer.mission_id.display_name
            if answer.result == checks.OK:
                record._found_corrected(answer.author_id)
                text = self.env._(
                    "%(who)s found it corrected on %(mission)s.", who=who, mission=where
                )
            elif answer.result == checks.FAIL:
                record._see_again(answer)
                text = self.env._(
                    "%(who)s found it still open on %(mission)s.", who=who, mission=where
                )
            else:
                continue
            record.message_post(body=text)

    def _open_nonconformities(self):
        """A known non-conformity that is still there is no new one."""
        return super(
            FieldMissionCheckAnswerNonconformity,
            self.filtered(lambda answer: not answer.check_id.nonconformity_id),
        )._open_nonconformities()


class FieldNonconformityVisit(models.Model):
    _inherit = "field.nonconformity"

    asked_check_ids = fields.One2many(
        "field.mission.check", "nonconformity_id", string="Asked again"
    )

    @api.model_create_multi
    def create(self, vals_list):
        """A new non-conformity is asked at the next visit of its site."""
        records = super().create(vals_list)
        records._ask_at_next_visit()
        return records

    def action_close(self):
        """Nobody has to look at what is closed."""
        result = super().action_close()
        self._withdraw_question()
        return result

    def _found_corrected(self, user):
        """One record was found corrected on site: verified, where the office waited for that.

        :param user: who saw it
        """
        if self.state in ("open", "action"):
            self._guarded_write({"state": "to_verify"})
            return
        self._guarded_write(
            {
                "state": "closed",
                "date_closed": fields.Datetime.now(),
                "verified_by_id": user.id,
            }
        )
        self._withdraw_question()

    def _withdraw_question(self):
        """Take the question off the visits where nobody has answered it."""
        self.sudo().asked_check_ids.filtered(
            lambda check: check.result == checks.TODO and check.mission_id.state in NOT_BEGUN
        ).unlink()

    def _ask_at_next_visit(self):
        """Put open records on the checklist of the next visit of their site, once.

        The next visit is the site's first mission that nobody has begun, dated ones first.
        """
        if not self:
            return
        records = self.sudo()
        asked = records.asked_check_ids.filtered(
            lambda check: (
                check.result == checks.TODO
                and check.mission_id.state not in (states.DONE, states.CANCELLED)
            )
        ).nonconformity_id
        waiting = records - asked
        missions = (
            self.env["field.mission"]
            .sudo()
            .search(
                [
                    ("site_id", "in", waiting.site_id.ids),
                    ("company_id", "in", waiting.company_id.ids),
                    ("state", "in", NOT_BEGUN),
                ],
                order="mission_date, planned_start, id",
            )
        )
        first = {}
        for mission in missions:
            first.setdefault((mission.site_id, mission.company_id), mission)
        self.env["field.mission.check"].sudo().create(
            [
                record._prepare_question(first[record.site_id, record.company_id])
                for record in waiting
                if (record.site_id, record.company_id) in first
            ]
        )

    def _prepare_question(self, mission):
        """Return the values of the check that asks about one record on a mission."""
        lang = mission.technician_id.user_id.lang or self.env.lang
        record = self.with_context(lang=lang)
        text = " ".join((record.description or "").split())
        return {
            "mission_id": mission.id,
            "nonconformity_id": record.id,
            "sequence": SEQUENCE,
            "kind": "yesno",
            "required": True,
            "photo_if_fail": True,
            "name": record.env._("%(name)s corrected? %(what)s", name=record.name, what=text[:160]),
        }


class FieldOperationNonconformity(models.Model):
    _inherit = "field.operation"

    def _get_kinds(self):
        """Add non-conformities reported by hand."""
        return {**super()._get_kinds(), "nonconformity.add": "_apply_nonconformity"}
