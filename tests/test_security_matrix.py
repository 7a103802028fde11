"""Who may do what with every model of the suite, written down once and compared with Odoo.

A new model, or a right given or lost by accident, fails here: this table has to be changed in the
same commit, where it is read. r = read, w = write, c = create, d = delete; no entry: nothing.
"""

from odoo.tests import TransactionCase, new_test_user, tagged

SUITE = ("field_mission", "field_planning", "field_evidence", "field_sla", "field_billing_bridge")
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
ROLES = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "internal": "base.group_user",
    "technician": "field_mission.group_field_technician",
    "planner": "field_mission.group_field_planner",
    "manager": "field_mission.group_field_manager",
    "invoicer": "account.group_account_invoice",
    "accountant": "account.group_account_manager",
    "salesperson": "sales_team.group_sale_salesman",
    "sales_manager": "sales_team.group_sale_manager",
}
BILLING_READ = dict.fromkeys(("invoicer", "accountant", "salesperson", "sales_manager"), "r")
FIELD_READ = {"technician": "r", "planner": "r"}
ALL_READ = {**FIELD_READ, "manager": "r", **BILLING_READ}
# What a technician or a subcontractor (portal) sees of a mission; they act through its methods.
MISSION_READ = {"portal": "r", **ALL_READ}
SET_UP = {**FIELD_READ, "manager": "rwcd"}
OFFICE_SET_UP = {"planner": "r", "manager": "rwcd"}
OFFICE_READ = {"planner": "r", "manager": "r"}
WIZARD = "rwcd"

MATRIX = {
    # set-up
    "field.zone": {**SET_UP, **BILLING_READ},
    "field.team": {**SET_UP, **BILLING_READ},
    "field.service.type": {**SET_UP, **BILLING_READ},
    "field.checklist": SET_UP,
    "field.checklist.item": SET_UP,
    "field.contract": {
        **OFFICE_SET_UP,
        "invoicer": "r",
        "accountant": "rw",
        "salesperson": "r",
        "sales_manager": "rwc",
    },
    "field.equipment": {"technician": "r", "planner": "rwc", "manager": "rwcd"},
    "field.site.access": {"portal": "r", "technician": "r", "planner": "rwcd", "manager": "rwcd"},
    "field.site.contact": {"technician": "r", "planner": "rwcd", "manager": "rwcd"},
    "field.technician.setup": {"manager": WIZARD},
    # requests and missions
    "field.request": {**ALL_READ, "planner": "rwc", "manager": "rwcd"},
    "field.request.inbox": OFFICE_SET_UP,
    "field.mission.search": {},
    "field.guard.line": {"manager": "rc"},
    "field.intake": {"planner": WIZARD, "manager": WIZARD},
    "field.mission": {**MISSION_READ, "planner": "rwcd", "manager": "rwcd"},
    "field.mission.event": ALL_READ,
    "field.mission.check": MISSION_READ,
    "field.mission.check.answer": {"portal": "r", **FIELD_READ, "manager": "r"},
    "field.mission.time": MISSION_READ,
    "field.mission.material": {**MISSION_READ, "planner": "rwcd", "manager": "rwcd"},
    "field.incident": {**MISSION_READ, "planner": "rw", "manager": "rw"},
    "field.nonconformity": {**ALL_READ, "planner": "rwc", "manager": "rwcd"},
    "field.photo": MISSION_READ,
    "field.signature": MISSION_READ,
    "field.device": OFFICE_READ,
    "field.document": {"technician": "r", "planner": "rwc", "manager": "rwcd"},
    "field.document.version": {"technician": "r", "planner": "rwc", "manager": "rwcd"},
    "field.document.ack": {**FIELD_READ, "manager": "r"},
    "field.suggestion": {"portal": "r", "technician": "r", "planner": "rw", "manager": "rw"},
    "field.visit.notice": {"portal": "r", **FIELD_READ, "manager": "r"},
    "field.suggestion.refusal": {"planner": "rwc", "manager": "rwc"},
    "field.loading": {"planner": "rwc", "manager": "rwc"},
    "field.loading.line": {"planner": WIZARD, "manager": WIZARD},
    "field.service.type.material": SET_UP,
    "field.operation": {"portal": "r", **FIELD_READ, "manager": "r"},
    # dialogs of whoever works on a mission
    **dict.fromkeys(
        (
            *("field.check.wizard", "field.check.wizard.choice", "field.incident.wizard"),
            *("field.material.wizard", "field.photo.wizard", "field.reason.wizard"),
            *("field.report.wizard", "field.signature.wizard", "field.time.wizard"),
        ),
        {"technician": WIZARD, "planner": WIZARD, "manager": WIZARD},
    ),
    # planning
    **dict.fromkeys(
        ("field.import", "field.import.sheet", "field.import.column", "field.import.mapping"),
        {"planner": "rwcd", "manager": "rwcd"},
    ),
    "field.import.line": {"planner": "rw", "manager": "rw"},
    "field.optimization": {"planner": "rwcd", "manager": "rwcd"},
    "field.optimization.night": {"planner": "rwcd", "manager": "rwcd"},
    "field.optimization.tour": {"planner": "rw", "manager": "rw"},
    "field.optimization.stop": OFFICE_READ,
    "field.tour": {"portal": "r", "technician": "r", "planner": "rwcd", "manager": "rwcd"},
    "field.tour.stop": {"portal": "r", "technician": "r", "planner": "rwcd", "manager": "rwcd"},
    "field.absent.today": {"planner": "rwcd", "manager": "rwcd"},
    "field.customer.message": {"planner": "rw", "manager": "rw"},
    "field.publish": {"planner": "rwcd", "manager": "rwcd"},
    "field.publish.line": {"planner": "rwcd", "manager": "rwcd"},
    **dict.fromkeys(
        ("field.delay.notice", "field.delay.notice.line"), {"planner": WIZARD, "manager": WIZARD}
    ),
    **dict.fromkeys(
        (
            *("field.geo.entry", "field.offer.decline", "field.reassign", "field.reassign.line"),
            *("field.roundtrip", "field.urgent", "field.visit.certificate", "field.visit.change"),
            *("field.visit.decision", "field.visit.plan", "field.visit.series"),
            "field.visit.stop",
        ),
        {"planner": "rwcd", "manager": "rwcd"},
    ),
    **dict.fromkeys(
        (
            *("field.calendar.link", "field.continuity.pack", "field.offer", "field.visit.due"),
            "field.travel.ratio",
            "field.travel.sample",
        ),
        OFFICE_READ,
    ),
    **dict.fromkeys(
        (
            *("field.certificate", "field.certificate.type", "field.holiday"),
            *("field.school.zone", "field.travel.speed", "field.zone.proposal"),
            *("field.zone.proposal.line", "field.zone.proposal.site", "field.zone.rank"),
        ),
        OFFICE_SET_UP,
    ),
    **dict.fromkeys(
        (
            *("field.holiday.import", "field.subcontractor.setup"),
            "field.subcontractor.setup.line",
        ),
        {"manager": WIZARD},
    ),
    "field.calendar.wizard": {"technician": "rwc", "planner": "rwc", "manager": "rwc"},
    "field.roundtrip.export": {"planner": "rcd", "manager": "rcd"},
    "field.roundtrip.line": {"planner": "rw", "manager": "rw"},
    "field.site.link": {"planner": "rwc", "manager": "rwc"},
    "field.travel.pair": {},
    # evidence
    "field.evidence": {"portal": "r", **FIELD_READ, "manager": "r"},
    "field.evidence.dossier": {"portal": "r", **FIELD_READ, "manager": "r"},
    "field.evidence.timestamp": OFFICE_READ,
    "field.evidence.verification": OFFICE_READ,
    "field.photo.hint": OFFICE_READ,
    "field.photo.hint.dismissal": {"manager": "rwcd"},
    "field.photo.trace": {},
    "field.purge.certificate": OFFICE_READ,
    "field.evidence.notice": OFFICE_READ,
    "field.dossier.print": OFFICE_READ,
    "field.evidence.digest": {"manager": "r"},
    "field.position": {"portal": "r", "technician": "r", "planner": "r", "manager": "rd"},
    # SLA
    "field.sla.policy": OFFICE_SET_UP,
    "field.sla.target": OFFICE_SET_UP,
    "field.sla.pause": {"planner": "rwc", "manager": "rwc"},
    "field.complaint": {"planner": "rwc", "manager": "rwc"},
    "field.indicators": {"planner": WIZARD, "manager": WIZARD},
    "field.indicators.line": {"planner": WIZARD, "manager": WIZARD},
    "field.request.sla": OFFICE_READ,
    "field.request.sla.event": OFFICE_READ,
    # billing
    "field.billing.cause": {"manager": "r", **BILLING_READ},
    "field.billing.rule": {
        "manager": "r",
        **BILLING_READ,
        "accountant": "rwcd",
        "sales_manager": "rwcd",
    },
    "field.charge": {"manager": "r", **BILLING_READ},
    "field.charge.exclude": dict.fromkeys(BILLING_READ, WIZARD),
}


def suite_models(registry):
    """Return the names of the models that the suite itself brings, abstract ones left out."""
    return sorted(
        name
        for name, model in registry.items()
        if model._original_module in SUITE and not model._abstract
    )


@tagged("post_install", "-at_install")
class TestSecurityMatrix(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(cls.env, login=f"matrix_{role}", groups=group)
            for role, group in ROLES.items()
        }

    def test_every_model_stands_in_the_matrix(self):
        self.assertEqual(sorted(MATRIX), suite_models(self.env.registry))

    def test_rights_are_those_of_the_matrix(self):
        for name, rights in MATRIX.items():
            found = {}
            for role, user in self.users.items():
                records = self.env[name].with_user(user)
                held = "".join(
                    letter for letter, op in OPERATIONS.items() if records.has_access(op)
                )
                if held:
                    found[role] = held
            with self.subTest(model=name):
                self.assertEqual(found, {role: held for role, held in rights.items() if held})

    def test_models_of_a_company_have_a_rule_of_companies(self):
        """Each stored model with a company is kept apart by a rule for everybody."""
        for name in suite_models(self.env.registry):
            model = self.env[name]
            field = model._fields.get("company_id")
            if model._transient or not field or not field.store:
                continue
            rules = self.env["ir.rule"].search(
                [("model_id.model", "=", name), ("groups", "=", False)]
            )
            with self.subTest(model=name):
                self.assertTrue(
                    any("company_ids" in (rule.domain_force or "") for rule in rules),
                    f"no multi-company rule on {name}",
                )
