import base64
import hashlib
import io
import uuid
from datetime import datetime

from PIL import Image

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

MONDAY = "2026-11-30"


def jpeg(color="navy", size=(64, 48)):
    """Return the bytes of a small real JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "JPEG")
    return buffer.getvalue()


class FieldMissionCommon(TransactionCase):
    """A company with a planner, a manager, two technicians, a subcontractor, a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=False, tz="Europe/Paris"))
        cls.company = cls.env.company
        cls.company.partner_id.tz = "Europe/Paris"
        cls.planner = cls._user("planner", "field_mission.group_field_planner")
        cls.manager = cls._user("manager", "field_mission.group_field_manager")
        cls.tech_user = cls._user("tech", "field_mission.group_field_technician")
        cls.tech2_user = cls._user("tech2", "field_mission.group_field_technician")
        cls.sub_user = cls._user("sub", "base.group_portal")
        cls.customer_user = cls._user("customer", "base.group_portal")
        cls.office = cls._user("office", "base.group_user")
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.van = cls.env["stock.location"].create(
            {"name": "Van 1", "usage": "internal", "location_id": warehouse.lot_stock_id.id}
        )
        cls.tech = cls._technician("Ana Tech", cls.tech_user, field_van_location_id=cls.van.id)
        cls.tech2 = cls._technician("Bo Tech", cls.tech2_user)
        cls.subcontractor = cls._technician("Cy Sub", cls.sub_user)
        cls.customer = cls.customer_user.partner_id
        cls.customer.is_company = True
        cls.site = cls._site("Site A", zip="29000", city="Quimper")
        cls.checklist = cls.env["field.checklist"].create(
            {
                "name": "Boiler",
                "item_ids": [
                    Command.create({"name": "Safety", "kind": "section", "sequence": 1}),
                    Command.create({"name": "Valve closed", "kind": "yesno", "sequence": 2}),
                    Command.create(
                        {
                            "name": "Pressure",
                            "kind": "number",
                            "uom_name": "bar",
                            "has_min": True,
                            "min_value": 1.0,
                            "has_max": True,
                            "max_value": 2.0,
                            "sequence": 3,
                        }
                    ),
                    Command.create(
                        {
                            "name": "State",
                            "kind": "choice",
                            "choices": "Good\nWorn\nBroken!",
                            "required": False,
                            "sequence": 4,
                        }
                    ),
                ],
            }
        )
        cls.checklist.action_publish()
        cls.type = cls.env["field.service.type"].create(
            {"name": "Maintenance", "default_duration": 1.5, "checklist_id": cls.checklist.id}
        )
        cls.bare_type = cls.env["field.service.type"].create(
            {"name": "Visit", "default_duration": 0.5}
        )

    @classmethod
    def _user(cls, name, groups):
        return new_test_user(
            cls.env,
            f"field_{name}",
            groups=groups,
            name=name.title(),
            email=f"{name}@example.com",
            tz="Europe/Paris",
        )

    @classmethod
    def _technician(cls, name, user, **vals):
        return cls.env["hr.employee"].create(
            {
                "name": name,
                "user_id": user.id if user else False,
                "is_field_technician": True,
                "tz": "Europe/Paris",
                **vals,
            }
        )

    @classmethod
    def _site(cls, name, **vals):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_field_site": True,
                "site_customer_id": cls.customer.id,
                "partner_latitude": 48.0,
                "partner_longitude": -4.1,
                **vals,
            }
        )

    @classmethod
    def _vals(cls, **vals):
        return {"site_id": cls.site.id, "service_type_id": cls.type.id, **vals}

    @classmethod
    def _planned(cls, **vals):
        """Return a planned and published mission of Ana on Monday at 9:00 in Paris."""
        mission = cls.env["field.mission"].create(
            cls._vals(
                **{
                    "technician_id": cls.tech.id,
                    "planned_start": datetime(2026, 11, 30, 8, 0),
                    **vals,
                }
            )
        )
        mission.action_plan()
        mission.action_publish()
        return mission

    @classmethod
    def _answer_all(cls, mission, user=None):
        mission = mission.with_user(user or cls.tech_user)
        by_name = {check.name: check.id for check in mission.sudo().check_ids}
        return mission.action_answer_checks(
            [
                {"check_id": by_name["Valve closed"], "yesno": "yes"},
                {"check_id": by_name["Pressure"], "number": 1.4},
            ]
        )

    @classmethod
    def _send_photo(cls, mission, user=None, data=None, **values):
        data = data or jpeg()
        user = user or cls.tech_user
        name = mission.with_user(user).action_add_photo(
            {
                "uuid": str(uuid.uuid4()),
                "sha256": hashlib.sha256(data).hexdigest(),
                **values,
            }
        )
        cls.env["field.photo"].with_user(user).action_receive(name, base64.b64encode(data).decode())
        return cls.env["field.photo"].search([("uuid", "=", name)])
