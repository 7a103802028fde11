from . import field_calendar, portal_visits
from . import field_calendar, field_offer
