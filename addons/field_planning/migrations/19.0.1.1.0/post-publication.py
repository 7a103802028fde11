"""What was published before is taken as what people were shown."""

# The rule is not updated with its file: companies may have changed others of it.
STOPS = (
    "[('tour_id.user_id', '=', user.id), ('tour_id.date_published', '!=', False),"
    " ('mission_id.published', '=', True), ('mission_id.publish_state', '!=', 'changed'),"
    " ('mission_id.member_user_ids', 'in', user.ids)]"
)


def migrate(cr, _version):
    cr.execute(
        """
        UPDATE ir_rule SET domain_force = %s
         WHERE id = (SELECT res_id FROM ir_model_data
                      WHERE module = 'field_planning' AND name = 'field_tour_stop_rule_member')
        """,
        [STOPS],
    )
    cr.execute(
        """
        UPDATE field_mission
           SET published_start = planned_start,
               published_duration = planned_duration,
               published_technician_id = technician_id,
               published_version = plan_version
         WHERE published AND published_start IS NULL AND planned_start IS NOT NULL
           AND technician_id IS NOT NULL
           AND state IN ('planned', 'in_progress', 'done')
        """
    )
    cr.execute(
        """
        INSERT INTO field_mission_published_helper_rel (field_mission_id, hr_employee_id)
        SELECT rel.field_mission_id, rel.hr_employee_id
          FROM field_mission_hr_employee_rel AS rel
          JOIN field_mission AS mission ON mission.id = rel.field_mission_id
         WHERE mission.published_start IS NOT NULL
            ON CONFLICT DO NOTHING
        """
    )
