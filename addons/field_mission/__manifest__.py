{
    "name": "Field missions",
    "summary": "Requests and mission orders, from the customer's call to the validated work",
    "version": "19.0.1.0.0",
    "category": "Services/Field Service",
    "author": "Field suite",
    "license": "LGPL-3",
    "depends": ["mail", "portal", "hr", "hr_skills", "stock", "base_geolocalize", "phone_validation"],
    "data": [],
    "application": True,
}
