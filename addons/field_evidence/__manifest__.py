{
    "name": "Field evidence",
    "summary": "Sealed and verifiable proof of the work done at customers' sites",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["field_mission"],
    "data": [],
    "application": False,
}
