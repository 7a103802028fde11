from datetime import timedelta

from odoo import api, fields, models

from .field_operation import LARGEST_BATCH

# Days before and after today that the app keeps on the phone.
APP_DAYS = 3
# Products of a van that the app keeps; a van holds a few dozen.
APP_PRODUCTS = 400


def _text(moment):
    return fields.Datetime.to_string(moment) if moment else False


class FieldMissionApp(models.Model):
    """What the technician's app gets to know of missions.

    The missions are found as the user; then a fixed list of fields is read with ``sudo``, so that
    a subcontractor (a portal user) gets what the work needs and nothing else.
    """

    _inherit = "field.mission"

    @api.model
    def _get_app_snapshot(self):
        """Return everything the app shows, for the current user.

        :return: JSON-able dict ``{"server_time", "today", "user", "missions", "products",
            "shared"}``; instants are UTC texts ``YYYY-MM-DD HH:MM:SS``
        """
        missions = self._get_app_missions()
        employee = self._get_app_employee()
        return {
            "server_time": self._get_server_time(),
            "today": fields.Date.to_string(fields.Date.context_today(self)),
            "batch": LARGEST_BATCH,
            "user": {
                "id": self.env.uid,
                "name": self.env.user.name,
                "lang": self.env.user.lang or "en_US",
                "tz": self.env.user.tz or employee.tz or "Europe/Paris",
                "employee_id": employee.id,
                "internal": not self.env.user.share,
            },
            "missions": missions._get_app_values(),
            "products": self._get_app_products(employee),
            "shared": self._get_app_shared(employee),
        }

    @api.model
    def _get_app_shared(self, employee):
        """Return what the app shows beside missions (hook: addons add keys with ``super()``).

        :param employee: ``hr.employee`` (sudo) whom the user is in the field, or empty
        :return: JSON-able dict; in the app ``store.shared``
        """
        return {}

    @api.model
    def _get_server_time(self):
        """Return the server's time as the app reads it."""
        return _text(fields.Datetime.now())

    @api.model
    def _get_app_missions(self):
        """Return the user's published missions of today ± 3 days, and those still running."""
        today = fields.Date.context_today(self)
        return self.search(
            [
                ("member_user_ids", "in", self.env.user.ids),
                ("published", "=", True),
                "|",
                ("state", "=", "in_progress"),
                "&",
                ("mission_date", ">=", today - timedelta(days=APP_DAYS)),
                ("mission_date", "<=", today + timedelta(days=APP_DAYS)),
            ]
        )

    @api.model
    def _get_app_employee(self):
        """Return the employee whom the current user is in the field (sudo)."""
        return (
            self.env["hr.employee"]
            .sudo()
            .search(
                [
                    ("user_id", "=", self.env.uid),
                    ("company_id", "in", self.env.companies.ids),
                    ("is_field_technician", "=", True),
                ],
                limit=1,
            )
        )

    def _get_app_values(self):
        """Return what the app shows of each mission (hook: addons add keys with ``super()``).

        :return: list of JSON-able dicts, one a mission, in the order of the recordset
        """
        texts = self._get_texts_to_sign()
        missions = self.sudo()
        found = missions._get_open_nonconformities()
        user = self.env.user
        near = {mission.id for mission in self if mission.is_near_today}
        return [
            {
                "id": mission.id,
                "name": mission.name,
                "state": mission.state,
                "validated": mission.validated,
                "plan_version": mission.plan_version,
                "priority": mission.priority,
                "day": fields.Date.to_string(mission.mission_date),
                "tz": mission._get_tz(),
                "planned_start": _text(mission.planned_start),
                "planned_end": _text(mission.planned_end),
                "planned_duration": mission.planned_duration,
                "promised_kind": mission.promised_kind,
                "promised_start": _text(mission.promised_start),
                "promised_end": _text(mission.promised_end),
                "promised_label": mission.promised_label,
                "actual_start": _text(mission.actual_start),
                "actual_end": _text(mission.actual_end),
                "type": {
                    "id": mission.service_type_id.id,
                    "name": mission.service_type_id.name,
                    "color": mission.service_type_id.color,
                    "requires_photo": mission.service_type_id.requires_photo,
                    "requires_signature": mission.service_type_id.requires_signature,
                },
                "customer": mission.partner_id.display_name,
                "reference": mission.customer_reference or "",
                "contract": mission.contract_id.name or "",
                "site": mission._get_app_site(with_codes=mission.id in near),
                "description": mission.description or "",
                "instructions": mission.instructions or "",
                "conclusion": mission.conclusion or "",
                "responsible": user == mission.technician_id.user_id,
                "technician": mission.technician_id.name or "",
                "helpers": mission.helper_ids.mapped("name"),
                "checks": [check._get_app_values() for check in mission.check_ids],
                "times": [line._get_app_values(user) for line in mission.time_ids],
                "materials": [line._get_app_values() for line in mission.material_ids],
                "incidents": [
                    {
                        "id": incident.id,
                        "kind": incident.kind,
                        "severity": incident.severity,
                        "description": incident.description or "",
                        "date": _text(incident.date),
                    }
                    for incident in mission.incident_ids
                ],
                "photos": [photo._get_app_values() for photo in mission.photo_ids],
                "signatures": [
                    {
                        "id": sign.id,
                        "kind": sign.kind,
                        "name": sign.name or "",
                        "quality": sign.quality or "",
                        "refusal_reason": sign.refusal_reason or "",
                        "date": _text(sign.date),
                    }
                    for sign in mission.signature_ids
                ],
                "texts": texts[mission.id],
                "equipment": [
                    {
                        "id": equipment.id,
                        "name": equipment.display_name,
                        "serial": equipment.serial or "",
                        "visited": equipment in mission.equipment_ids,
                    }
                    for equipment in (
                        mission.equipment_ids
                        | mission.site_id.site_equipment_ids.filtered(
                            lambda one, company=mission.company_id: one.company_id == company
                        )
                    )
                ],
                "nonconformities": [
                    {
                        "id": record.id,
                        "name": record.name,
                        "description": record.description,
                        "gravity": record.gravity,
                        "state": record.state,
                        "seen": record.seen_count,
                    }
                    for record in found.get(mission.site_id, ())
                ],
            }
            for mission in missions
        ]

    def _get_app_site(self, with_codes):
        """Return what the app shows of one mission's site.

        :param with_codes: whether the visit is near enough for codes and keys
        """
        site = self.site_id
        return {
            "name": site.name,
            "code": site.site_code or "",
            "street": ", ".join(part for part in (site.street, site.street2) if part),
            "city": " ".join(part for part in (site.zip, site.city) if part),
            "latitude": site.partner_latitude,
            "longitude": site.partner_longitude,
            "phone": site.phone or "",
            "instructions": site.site_instructions or "",
            "access": [
                {
                    "kind": access.kind,
                    "value": access.value or "",
                    "note": access.note or "",
                }
                for access in (site.site_access_ids if with_codes else ())
                if access.company_id == self.company_id
            ],
            "contacts": [
                {
                    "name": contact.partner_id.name,
                    "role": contact.role or "",
                    "phone": contact.phone or "",
                }
                for contact in site.site_contact_ids
            ],
        }

    def _get_open_nonconformities(self):
        """Return ``{site: open non-conformities}`` of the missions' sites, in one query."""
        records = self.env["field.nonconformity"].search(
            [
                ("site_id", "in", self.site_id.ids),
                ("state", "!=", "closed"),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        return records.grouped("site_id")

    @api.model
    def _get_app_products(self, employee):
        """Return the products in the technician's van, with their lots where tracked.

        :param employee: ``hr.employee`` (sudo)
        """
        van = employee.field_van_location_id
        if not van:
            return []
        held = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [("location_id", "child_of", van.id), ("quantity", ">", 0)],
                ["product_id"],
                ["quantity:sum", "lot_id:recordset"],
                limit=APP_PRODUCTS,
            )
        )
        return [
            {
                "id": product.id,
                "name": product.name,
                "code": product.default_code or "",
                "barcode": product.barcode or "",
                "uom": product.uom_id.name,
                "tracking": product.tracking,
                "held": quantity,
                "lots": [{"id": lot.id, "name": lot.name} for lot in lots],
            }
            for product, quantity, lots in held
        ]


class FieldMissionCheckApp(models.Model):
    _inherit = "field.mission.check"

    def _get_app_values(self):
        """Return what the app shows of one check."""
        answer = self.current_answer_id
        spec = self._get_spec()
        return {
            "id": self.id,
            "place": self.number,
            "shown_if": self.shown_if or None,
            "name": self.name,
            "kind": self.kind,
            "help": self.help or "",
            "required": self.required,
            "photo_if_fail": self.photo_if_fail,
            "unit": self.uom_name or "",
            "min": spec["min"] if spec["min"] is not None else False,
            "max": spec["max"] if spec["max"] is not None else False,
            "has_min": self.has_min,
            "has_max": self.has_max,
            "choices": spec["choices"],
            "fail_choices": spec["fail_choices"],
            "result": self.result,
            "answer_id": answer.id,
            "yesno": answer.value_yesno or "",
            "choice": answer.value_choice or "",
            "number": answer.value_number if answer else False,
            "text": answer.value_text or "",
            "note": answer.note or "",
            "photos": answer.photo_ids.mapped("uuid"),
        }


class FieldMissionTimeApp(models.Model):
    _inherit = "field.mission.time"

    def _get_app_values(self, user):
        """Return what the app shows of one time segment.

        :param user: ``res.users`` who looks: tells own segments apart
        """
        return {
            "id": self.id,
            "kind": self.kind,
            "start": _text(self.start),
            "stop": _text(self.stop),
            "declared": self.stop_declared,
            "who": self.employee_id.name,
            "mine": self.employee_id.user_id == user,
        }


class FieldMissionMaterialApp(models.Model):
    _inherit = "field.mission.material"

    def _get_app_values(self):
        """Return what the app shows of one material line."""
        return {
            "id": self.id,
            "product_id": self.product_id.id,
            "name": self.product_id.name or self.description or "",
            "description": self.description or "",
            "planned": self.planned_quantity,
            "quantity": self.quantity,
            "uom": self.uom_id.name or "",
            "billing": self.billing,
            "lot": self.lot_id.name or "",
            "is_return": self.is_return,
            "shortage": self.shortage,
        }


class FieldPhotoApp(models.Model):
    _inherit = "field.photo"

    def _get_app_values(self):
        """Return what the app shows of one photo: its description, not its bytes."""
        return {
            "uuid": self.uuid,
            "kind": self.kind,
            "stage": self.stage or "",
            "caption": self.caption or "",
            "check_id": self.check_id.id,
            "state": self.state,
            "date": _text(self.capture_date),
        }
