from . import field_calendar, field_offer, portal_visits
