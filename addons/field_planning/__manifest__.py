{
    "name": "Field planning",
    "summary": "Tours of field technicians: spreadsheet import, optimiser, publication",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission", "hr_holidays", "hr_hourly_cost"],
    "data": [],
    "application": False,
}
