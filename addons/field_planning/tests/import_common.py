import base64
import csv
import json
from pathlib import Path

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

# Real data lie beside the checkout, not in it.
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
NEEDS = {
    "Maintenance préventive": (["Maintenance IRVE"], 1.5),
    "Relevé": (["Maintenance IRVE"], 1 / 3),
    "Dépannage": (["Dépannage IRVE"], 1.0),
    "Visite de contrôle": (["Contrôle électrique"], 0.75),
    "Installation": (["Installation IRVE"], 3.0),
}


def read_shared(name):
    """Return the bytes of a shared file, None where there is none."""
    path = SHARED / name
    return path.read_bytes() if path.exists() else None


def read_expected():
    """Return what a careful person reads out of the shared planning, by line number."""
    data = read_shared("planning_semaine_49.expected.json")
    return {entry["row"]: entry for entry in json.loads(data)} if data else {}


def write_csv(rows, delimiter=";", encoding="utf-8"):
    """Return rows as the bytes of a csv file."""
    import io

    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(encoding)


class ImportCommon(TransactionCase):
    """A French company with a planner, a manager who is HR officer too, and service types."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context=dict(cls.env.context, tz="Europe/Paris", lang="en_US", no_reset_password=True)
        )
        cls.company = cls.env["res.company"].create(
            {"name": "Import test company", "country_id": cls.env.ref("base.fr").id}
        )
        cls.company.partner_id.tz = "Europe/Paris"
        cls.planner = cls._user("planner", "field_mission.group_field_planner")
        cls.manager = cls._user("manager", "field_mission.group_field_manager,hr.group_hr_user")
        cls.technician_user = cls._user("tech", "field_mission.group_field_technician")
        cls.types = cls.env["field.service.type"].create(
            [
                {"name": name, "default_duration": hours, "company_id": cls.company.id}
                for name, (_skills, hours) in NEEDS.items()
            ]
        )
        cls.Import = (
            cls.env["field.import"].with_user(cls.planner).with_company(cls.company)
        ).with_context(allowed_company_ids=cls.company.ids)

    @classmethod
    def _user(cls, name, groups):
        return new_test_user(
            cls.env,
            f"import_{name}",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            tz="Europe/Paris",
            email=f"{name}@example.com",
        )

    @classmethod
    def _run(cls, data, filename, kind="planning", user=None, **vals):
        """Create a run up to its dry run."""
        model = cls.Import.with_user(user) if user else cls.Import
        run = model.create(
            {
                "kind": kind,
                "file": base64.b64encode(data),
                "filename": filename,
                "company_id": cls.company.id,
                **vals,
            }
        )
        run.action_read()
        run.action_check()
        return run

    def _work(self, *runs):
        """Accept runs and let the background write them."""
        for run in runs:
            run.action_import()
        cron = self.env.ref("field_planning.ir_cron_field_import").sudo()
        for _turn in range(50):
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
            self.env.invalidate_all()
            if not self.env["field.import"].search_count([("state", "=", "running")]):
                return
        self.fail("the import does not end")

    @classmethod
    def _technicians(cls, names):
        return cls.env["hr.employee"].create(
            [
                {"name": name, "is_field_technician": True, "company_id": cls.company.id}
                for name in names
            ]
        )

    def _no_shared(self, name):
        """Say that the shared data are missing; the caller returns."""
        if (SHARED / name).exists():
            return False
        print(f"SKIPPED {self.id()}: {name} is not beside the checkout")  # pylint: disable=print-used
        return True
