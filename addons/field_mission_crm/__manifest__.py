{
    "name": "Field suggestions to opportunities",
    "summary": "What technicians suggest becomes an opportunity of the sales team",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission", "crm"],
    "data": ["views/field_suggestion_views.xml", "views/crm_lead_views.xml"],
    "auto_install": True,
}
