{
    "name": "Field suite",
    "summary": "Tours, mission orders, evidence, SLA and billing for work at customers' sites",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": [
        "field_mission",
        "field_planning",
        "field_evidence",
        "field_sla",
        "field_billing_bridge",
    ],
}
