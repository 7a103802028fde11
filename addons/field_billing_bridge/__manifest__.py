{
    "name": "Field billing bridge",
    "summary": "Done missions become delivered sales order lines and native invoices",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission", "sale_management", "sale_stock", "hr_hourly_cost", "analytic"],
    "data": [],
    "application": False,
}
