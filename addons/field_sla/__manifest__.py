{
    "name": "Field SLA",
    "summary": "Response targets of contracts, measured in business hours",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission", "rating"],
    "data": [
        "security/ir.model.access.csv",
        "security/field_sla_security.xml",
        "data/ir_cron_data.xml",
        "views/field_sla_policy_views.xml",
        "views/field_request_sla_views.xml",
        "views/field_request_sla_event_views.xml",
        "views/field_sla_pause_views.xml",
        "views/field_sla_menus.xml",
    ],
}
