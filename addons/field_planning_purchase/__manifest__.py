{
    "name": "Field planning: purchase",
    "summary": "Missions of subcontractors become lines of purchase orders",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_planning", "purchase"],
    "data": [
        "security/ir.model.access.csv",
        "security/field_planning_purchase_security.xml",
        "views/field_mission_views.xml",
        "views/purchase_order_views.xml",
        "views/field_service_type_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "auto_install": True,
}
