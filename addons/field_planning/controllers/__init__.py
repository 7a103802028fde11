from . import field_calendar, field_offer, portal_sites, portal_visits, site_label
