from . import (
    field_calendar_wizard,
    field_delay_notice,
    field_geo_entry,
    field_holiday_import,
    field_offer_decline,
    field_publish,
    field_publish_line,
    field_reassign,
    field_subcontractor_setup,
    field_visit_certificate,
    field_visit_change,
    field_visit_decision,
    field_visit_series,
    field_visit_stop,
)
from . import field_geo_entry
