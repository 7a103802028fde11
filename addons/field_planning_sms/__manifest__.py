{
    "name": "Field planning: text messages",
    "summary": "Confirmations, changes and reminders of visits by text message",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_planning", "sms"],
    "external_dependencies": {"python": ["phonenumbers"]},
    "data": ["data/sms_template_data.xml"],
    "auto_install": True,
}
