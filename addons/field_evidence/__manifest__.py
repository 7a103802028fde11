{
    "name": "Field evidence",
    "summary": "Sealed and verifiable proof of the work done at customers' sites",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission"],
    "external_dependencies": {"python": ["qrcode"]},
    "data": [
        "security/ir.model.access.csv",
        "security/field_evidence_security.xml",
        "data/ir_cron_data.xml",
        "report/report_intervention.xml",
        "views/field_evidence_views.xml",
        "views/field_evidence_dossier_views.xml",
        "views/field_photo_hint_views.xml",
        "views/field_position_views.xml",
        "views/field_mission_views.xml",
        "views/field_check_templates.xml",
        "wizard/field_photo_hint_dismissal_views.xml",
        "wizard/field_reason_wizard_views.xml",
        "views/res_config_settings_views.xml",
        "views/field_evidence_menus.xml",
    ],
    "assets": {
        "field_mission.assets_app": [
            "field_evidence/static/src/app/**/*",
        ],
        # The app's logic, without its screens.
        "web.assets_unit_tests": [
            "field_evidence/static/src/app/exif.js",
            "field_evidence/static/src/app/distance.js",
            "field_evidence/static/tests/**/*.test.js",
        ],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
