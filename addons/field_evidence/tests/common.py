import json
from datetime import datetime

from odoo.tools import SQL, mute_logger

from odoo.addons.field_mission.tests.common import FieldMissionCommon, jpeg


class FieldEvidenceCommon(FieldMissionCommon):
    """A technician's visit with everything that a dossier can hold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls.env["product.product"].create({"name": "Valve", "type": "consu"})

    @classmethod
    def _planned(cls, **values):
        """A mission planned in an earlier transaction than its work."""
        mission = super()._planned(**values)
        cls.env.cr.flush()
        return mission

    @classmethod
    def _work(cls, mission=None, user=None):
        """Carry out one mission up to the signature; it is ready to be done."""
        mission = mission or cls._planned(description="The boiler leaks")
        user = user or cls.tech_user
        work = mission.with_user(user)
        material = {"product_id": cls.part.id, "quantity": 2.5}
        incident = {"kind": "damage", "description": "Tap broken"}
        # One request each, as the app sends them: what they leave behind is sealed at their ends.
        for operation in (
            lambda: work.action_travel(at="2026-11-30 07:30:00"),
            lambda: work.action_arrive(at="2026-11-30 08:05:00"),
            lambda: cls._answer_all(mission, user),
            lambda: work.action_add_material(material),
            lambda: cls._send_photo(mission, user, stage="before", caption="Leak"),
            lambda: work.action_report_incident(incident),
            lambda: work.action_set_conclusion("Valve replaced"),
        ):
            operation()
            cls.env.cr.flush()
        drawing = cls._send_photo(mission, user, kind="drawing", data=jpeg("white"))
        cls.env.cr.flush()
        work.action_sign(
            {
                "name": "Mme Leroy",
                "quality": "Caretaker",
                "drawing": drawing.uuid,
                "reserves": "Paint to redo",
            },
            at="2026-11-30 09:10:00",
        )
        cls.env.cr.flush()
        return mission

    @classmethod
    def _done(cls, mission=None, user=None):
        """Carry out one mission and finish it."""
        mission = cls._work(mission, user)
        mission.with_user(user or cls.tech_user).action_done(at="2026-11-30 09:15:00")
        cls.env.cr.flush()
        return mission

    def _journal(self, mission):
        """Return the sealed items of a mission as they are once the request has ended."""
        self.env.cr.flush()
        return mission.evidence_ids

    def _sql(self, query, *args):
        """Do what somebody with the database's password does."""
        self.env.cr.flush()
        self.env.cr.execute(SQL(query, *args))
        self.env.invalidate_all()

    def _force(self, query, *args):
        """The same by the database's owner, who switches the triggers off."""
        self.env.cr.flush()
        tables = ("field_evidence", "field_evidence_dossier")
        for table in tables:
            self.env.cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER USER", SQL.identifier(table)))
        self.env.cr.execute(SQL(query, *args))
        for table in tables:
            self.env.cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER USER", SQL.identifier(table)))
        self.env.invalidate_all()

    def _verify(self, mission):
        result = mission._verify_evidence()[mission.id]
        return result["verdict"], result["findings"]

    def _codes(self, mission):
        return [(finding["code"], finding["seq"]) for finding in self._verify(mission)[1]]

    def _line(self, mission, kind, index=-1):
        return self._journal(mission).filtered(lambda line: line.kind == kind)[index]

    def _data(self, line):
        return json.loads(line.payload)["data"]

    def assertIntact(self, mission):
        verdict, findings = self._verify(mission)
        self.assertEqual((verdict, findings), ("intact", []))

    def assertRefusedBySql(self, query, *args):
        """The database itself refuses."""
        with (
            self.assertRaisesRegex(Exception, "sealed"),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(SQL(query, *args))


def moment(text):
    return datetime.fromisoformat(text)
