from . import field_calendar
