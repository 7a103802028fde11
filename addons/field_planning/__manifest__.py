{
    "name": "Field planning",
    "summary": "Tours of field technicians: spreadsheet import, optimiser, publication",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission", "hr_holidays", "hr_hourly_cost"],
    "data": [
        "security/ir.model.access.csv",
        "security/field_planning_security.xml",
        "data/ir_cron_data.xml",
        "views/field_tour_views.xml",
        "views/field_optimization_views.xml",
        "views/field_mission_views.xml",
        "views/res_config_settings_views.xml",
        "views/field_planning_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["field_planning/static/src/**/*"],
    },
    "application": False,
}
