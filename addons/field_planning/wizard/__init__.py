from . import field_calendar_wizard, field_reassign
