from . import field_app, field_calendar, field_offer, portal_sites, portal_visits, site_label
