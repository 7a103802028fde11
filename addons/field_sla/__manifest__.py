{
    "name": "Field SLA",
    "summary": "Response targets of contracts, measured in business hours",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission", "rating"],
    "data": [],
    "application": False,
}
