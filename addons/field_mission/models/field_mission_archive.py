import re

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

PAST = ("done", "cancelled")
# French words are known by their accents, but who searches often types none: both ways are kept.
ACCENTED = "àâäáãçéèêëíìîïñóòôöõúùûüýÿ"
PLAIN = "aaaaaceeeeiiiinooooouuuuyy"
# PostgreSQL refuses vectors above a megabyte; nobody reads that much either.
LONGEST = 200_000

# Everything that was said about a mission, as one text.
SAID = """
    SELECT concat_ws(' ',
        mission.name, mission.description, mission.conclusion, mission.to_rebill_reason,
        mission.cancel_reason, mission.reschedule_reason,
        request.name, request.customer_reference, request.requester,
        site.name, site.site_code, site.street, site.street2, site.zip, site.city,
        customer.name, technician.name,
        (SELECT string_agg(value, ' ') FROM jsonb_each_text(kind.name)),
        (SELECT string_agg(concat_ws(' ', thing.name, thing.serial), ' ')
           FROM field_mission_equipment_rel visited
           JOIN field_equipment thing ON thing.id = visited.field_equipment_id
          WHERE visited.field_mission_id = mission.id),
        (SELECT string_agg(concat_ws(' ', name, serial), ' ') FROM field_equipment
          WHERE site_id = mission.site_id AND active AND NOT EXISTS (
                SELECT FROM field_mission_equipment_rel WHERE field_mission_id = mission.id)),
        (SELECT string_agg(concat_ws(' ', asked.name, answer.value_text, answer.value_choice,
                                     answer.note), ' ')
           FROM field_mission_check asked
           JOIN field_mission_check_answer answer ON answer.id = asked.current_answer_id
          WHERE asked.mission_id = mission.id),
        (SELECT string_agg(concat_ws(' ', line.description, product.default_code, lot.name,
                    (SELECT string_agg(value, ' ') FROM jsonb_each_text(template.name))), ' ')
           FROM field_mission_material line
           LEFT JOIN product_product product ON product.id = line.product_id
           LEFT JOIN product_template template ON template.id = product.product_tmpl_id
           LEFT JOIN stock_lot lot ON lot.id = line.lot_id
          WHERE line.mission_id = mission.id),
        (SELECT string_agg(description, ' ') FROM field_incident WHERE mission_id = mission.id),
        (SELECT string_agg(description, ' ') FROM field_nonconformity
          WHERE mission_id = mission.id),
        (SELECT string_agg(caption, ' ') FROM field_photo WHERE mission_id = mission.id),
        (SELECT string_agg(concat_ws(' ', name, reserves), ' ') FROM field_signature
          WHERE mission_id = mission.id)
    )
"""


class FieldMissionSearch(models.Model):
    """What past missions say, ready to be searched. Only the server reads it."""

    _name = "field.mission.search"
    _description = "Words of a past mission"
    _rec_name = "mission_id"

    mission_id = fields.Many2one("field.mission", required=True, ondelete="cascade")
    date_indexed = fields.Datetime(required=True)

    _mission_unique = models.UniqueIndex("(mission_id)", "This mission is indexed already.")

    def init(self):
        """Add the column and the index that the ORM has no field for."""
        self.env.cr.execute(
            SQL("ALTER TABLE field_mission_search ADD COLUMN IF NOT EXISTS words tsvector")
        )
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS field_mission_search_words_idx"
                " ON field_mission_search USING gin (words)"
            )
        )

    @api.model
    def _index(self, missions):
        """Write what missions say, in one statement however many they are.

        :param missions: ``field.mission``
        """
        if not missions:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO field_mission_search (mission_id, date_indexed, words)
                SELECT said.id, now() AT TIME ZONE 'UTC',
                       to_tsvector('french', said.text)
                       || to_tsvector('french', translate(said.text, %s, %s))
                       || to_tsvector('simple', translate(said.text, %s, %s))
                  FROM (
                    SELECT mission.id, left(lower((%s)), %s) AS text
                      FROM field_mission mission
                      JOIN field_request request ON request.id = mission.request_id
                      JOIN res_partner site ON site.id = mission.site_id
                      JOIN field_service_type kind ON kind.id = mission.service_type_id
                      LEFT JOIN res_partner customer ON customer.id = mission.partner_id
                      LEFT JOIN hr_employee technician ON technician.id = mission.technician_id
                     WHERE mission.id IN %s
                  ) said
                ON CONFLICT (mission_id) DO UPDATE
                   SET words = excluded.words, date_indexed = excluded.date_indexed
                """,
                ACCENTED,
                PLAIN,
                ACCENTED,
                PLAIN,
                SQL(SAID),
                LONGEST,
                missions._ids,
            )
        )

    @api.model
    def _cron_index(self, batch=1000):
        """Index past missions that said something since, late messages of devices included."""
        found = self.env["field.mission"].browse(self._find_stale(batch))
        self._index(found)
        self.env["ir.cron"]._commit_progress(
            len(found), remaining=batch if len(found) == batch else 0
        )

    @api.model
    def _find_stale(self, limit):
        """Return the ids of past missions whose words are missing or older than what they say."""
        later = SQL(" OR ").join(
            SQL(
                "EXISTS (SELECT FROM %s line WHERE line.mission_id = mission.id"
                " AND line.create_date > words.date_indexed)",
                SQL.identifier(table),
            )
            for table in ("field_mission_check_answer", "field_mission_material", "field_photo",
                          "field_incident", "field_nonconformity", "field_signature")
        )  # fmt: skip
        rows = self.env.execute_query(
            SQL(
                """
                SELECT mission.id FROM field_mission mission
                  LEFT JOIN field_mission_search words ON words.mission_id = mission.id
                 WHERE mission.state IN %s
                   AND (words.id IS NULL OR mission.write_date > words.date_indexed OR %s)
                 ORDER BY mission.id DESC LIMIT %s
                """,
                PAST,
                later,
                limit,
            )
        )
        return [row[0] for row in rows]


class FieldMissionArchive(models.Model):
    _inherit = "field.mission"

    archive_text = fields.Char(
        string="Anywhere in the order",
        compute="_compute_archive_text",
        search="_search_archive_text",
        groups="field_mission.group_field_planner",
        help="Reports, answers, remarks, parts, serial numbers, site and customer of past missions.",
    )

    def _compute_archive_text(self):
        self.archive_text = False

    @api.model
    def _search_archive_text(self, operator, value):
        """Full text in French and word by word, with or without accents, unfinished last words."""
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners search past missions."))
        if operator not in ("ilike", "like", "=", "in"):
            return NotImplemented
        texts = [value] if isinstance(value, str) else list(value or ())
        wanted = [text for text in texts if isinstance(text, str) and re.search(r"\w", text)]
        if not wanted:
            return Domain.FALSE
        return Domain.OR(self._get_domain_words(text) for text in wanted)

    @api.model
    def _get_domain_words(self, text):
        words = " & ".join(f"{word}:*" for word in re.findall(r"\w+", text.lower()))

        def to_sql(model, alias, query):
            plain, begun = (
                SQL("translate(%s, %s, %s)", one, ACCENTED, PLAIN) for one in (text.lower(), words)
            )
            return SQL(
                """%s IN (SELECT mission_id FROM field_mission_search WHERE words @@ (
                    websearch_to_tsquery('french', %s) || websearch_to_tsquery('french', %s)
                    || websearch_to_tsquery('simple', %s) || to_tsquery('simple', %s)))""",
                SQL.identifier(alias, "id"),
                text.lower(),
                plain,
                plain,
                begun,
            )

        return Domain.custom(to_sql=to_sql)

    def _after_transition(self, step):
        """A mission that becomes the past can be searched at once."""
        result = super()._after_transition(step)
        if step.name in ("done", "cancel", "validate"):
            self.env["field.mission.search"].sudo()._index(self)
        return result
