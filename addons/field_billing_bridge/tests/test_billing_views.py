from lxml import etree

from odoo.tests import tagged

from .common import FieldBillingCommon


@tagged("post_install", "-at_install")
class TestBillingViews(FieldBillingCommon):
    """Each role opens each screen it is offered: what the view asks for, its reader may read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("time", 62.0, rounding=15)
        cls.customer.field_order_reference_required = True
        cls.contract = cls._contract()
        cls.mission = cls._validated(parts=[{"product_id": cls.filter.id, "quantity": 1}])

    def _specification(self, model, arch):
        """Return what the web client would read for a view, one level of lines deep."""
        spec = {}
        for node in arch.iterfind(".//field[@name]"):
            if any(parent.tag == "field" for parent in node.iterancestors()):
                continue
            field = model._fields[node.get("name")]
            if field.type == "many2one":
                spec[field.name] = {"fields": {"display_name": {}}}
            elif field.relational:
                spec[field.name] = {"fields": {}}
            else:
                spec[field.name] = {}
        return spec

    def _open(self, user, action_xmlid, record=None):
        action = self.env.ref(action_xmlid)
        model = self.env[action.res_model].with_user(user)
        views = [(view_id or False, kind) for view_id, kind in action.views]
        views += [(action.search_view_id.id, "search")]
        for kind, view in model.get_views(views)["views"].items():
            if kind in ("search", "graph", "pivot", "calendar", "activity"):
                continue
            spec = self._specification(model, etree.fromstring(view["arch"]))
            if kind == "form" and record:
                model.browse(record.id).web_read(spec)
            else:
                model.web_search_read([], spec, limit=5)

    def test_those_who_bill(self):
        charge = self.mission.charge_ids[:1]
        rule = charge.rule_id
        for user in (self.accountant, self.salesperson, self.sales_manager, self.manager):
            for action, record in (
                ("field_billing_bridge.field_charge_action", charge),
                ("field_billing_bridge.field_charge_action_to_bill", charge),
                ("field_billing_bridge.field_charge_action_blocked", charge),
                ("field_billing_bridge.field_billing_rule_action", rule),
                ("field_billing_bridge.field_mission_action_to_bill", self.mission),
                ("field_mission.field_mission_action", self.mission),
                ("field_mission.field_contract_action", self.contract),
            ):
                with self.subTest(user=user.name, action=action):
                    self._open(user, action, record)

    def test_those_who_plan(self):
        for action, record in (
            ("field_billing_bridge.field_mission_action_to_bill", self.mission),
            ("field_mission.field_mission_action", self.mission),
            ("field_mission.field_contract_action", self.contract),
        ):
            with self.subTest(action=action):
                self._open(self.planner, action, record)
        with self.subTest(action="technician"):
            self._open(self.tech_user, "field_mission.field_mission_action_my", self.mission)

    def test_menus_of_each_role(self):
        billing = self.env.ref("field_billing_bridge.menu_field_to_bill")
        missions = self.env.ref("field_billing_bridge.menu_field_missions_to_bill")
        menus = self.env["ir.ui.menu"]

        def visible(user):
            return menus.with_user(user)._visible_menu_ids()

        for user in (self.accountant, self.salesperson, self.manager):
            self.assertIn(billing.id, visible(user))
            self.assertIn(self.env.ref("field_mission.menu_field_root").id, visible(user))
        self.assertNotIn(billing.id, visible(self.planner))
        self.assertIn(missions.id, visible(self.planner))
        self.assertNotIn(missions.id, visible(self.tech_user))
        self.assertNotIn(
            self.env.ref("field_mission.menu_field_missions_my").id, visible(self.accountant)
        )
