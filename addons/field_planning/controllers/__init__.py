from . import field_calendar, portal_visits
