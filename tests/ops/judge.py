"""The verdict: what people did, against what the database holds."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

CLICKS = {"mission.travel": "travel", "mission.arrive": "on_site", "mission.resume": "on_site"}
# Kind → the words that its row carries, and the query that finds these words.
ROWS = {
    "material.add": ("description", "SELECT description FROM field_mission_material"),
    "incident": ("description", "SELECT description FROM field_incident"),
    "suggestion.add": ("name", "SELECT name FROM field_suggestion"),
    "nonconformity.add": (
        "description",
        "SELECT description FROM field_nonconformity WHERE check_id IS NULL",
    ),
    "check.set": ("note", "SELECT note FROM field_mission_check_answer"),
    "photo": ("uuid", "SELECT uuid FROM field_photo"),
    "sign": ("name", "SELECT name FROM field_signature"),
}
STEPS = {"mission.done": "done", "mission.reschedule": "reschedule"}
UNFORESEEN = "The office's data refused it"
# Words of the database or of Python, which nobody in the field or the office should read.
INTERNALS = (
    *("psycopg2", "Traceback", "constraint", "duplicate key", "Error:", "NoneType", "SQL"),
    # Odoo's own words about records that one may not read.
    *("top-secret", "field.mission"),
)


class Verdict:
    """What was found of one walk, once all of it is sent."""

    def __init__(self, site, walk):
        self.site, self.walk = site, walk
        self.rows = site.postgres.rows
        self.performed = {
            uuid: (operation, person)
            for person in walk.people
            for uuid, operation in person.device.ledger.items()
        }
        known = self.rows(
            "SELECT uuid, state, user_id, kind, mission_id, message, payload, resolution"
            " FROM field_operation WHERE uuid = ANY(%s)",
            list(self.performed),
        )
        self.known = {row[0]: row for row in known}
        self.applied = {uuid for uuid, row in self.known.items() if row[1] == "applied"}

    def problems(self) -> list[str]:
        """Return all that is wrong, in words."""
        found = [*self._log(), *self._outboxes(), *self._effects(), *self._steps()]
        return [*found, *self._files(), *self._times(), *self._words(), *self._reasons()]

    def _log(self):
        """Each operation is in the log once, as it was done, and is decided or to be decided."""
        for uuid, (operation, person) in self.performed.items():
            row = self.known.get(uuid)
            if not row:
                yield f"{operation['kind']} {uuid} of {person.name} is lost"
                continue
            _uuid, state, user, kind, mission, _message, payload, _resolution = row
            if state not in ("applied", "rejected", "conflict"):
                yield f"{kind} {uuid} is {state}"
            said = (person.device.uid, operation["kind"], operation["mission_id"])
            if (user, kind, mission) != said or payload != operation["payload"]:
                yield f"{kind} {uuid} is kept otherwise than it was done"

    def _outboxes(self):
        """A phone keeps what was refused, and nothing else."""
        for person in self.walk.people:
            device = person.device
            kept = {op["uuid"] for op in device.disk["ops"].values()}
            refused = {
                uuid
                for uuid in device.ledger
                if uuid in self.known and self.known[uuid][1] != "applied"
            }
            if kept != refused:
                yield f"{person.name} keeps {kept - refused}, but not {refused - kept}"

    def _effects(self):
        """Each applied operation has one row, and each row one applied operation."""
        for kind, (name, sql) in ROWS.items():
            wanted = Counter(
                self.performed[uuid][0]["payload"][name]
                for uuid in self.applied
                if self.performed[uuid][0]["kind"] == kind
            )
            own = {op["payload"].get(name) for op, _p in self.performed.values()
                   if op["kind"] == kind and isinstance(op["payload"].get(name), str)}  # fmt: skip
            held = Counter(words for (words,) in self.rows(sql) if words in own)
            yield from _differences(kind, wanted, held)
        yield from self._clicks()

    def _clicks(self):
        """Each tap on the clock opened one segment of its person, each segment added is there."""
        employees = self.site.world["employees"]
        wanted: Counter = Counter()
        for uuid in self.applied:
            operation, person = self.performed[uuid]
            kind, payload = operation["kind"], operation["payload"]
            who = employees[str(person.device.uid)]
            if kind in CLICKS or kind == "mission.pause":
                what = CLICKS.get(kind) or payload["kind"]
                wanted[operation["mission_id"], who, what, operation["at"]] += 1
            elif kind == "time.add":
                wanted[operation["mission_id"], who, payload["kind"], payload["start"]] += 1
        held = Counter(
            self.rows(
                "SELECT mission_id, employee_id, kind, to_char(start, 'YYYY-MM-DD HH24:MI:SS')"
                " FROM field_mission_time WHERE employee_id = ANY(%s)",
                [employees[str(p.device.uid)] for p in self.walk.people],
            )
        )
        former = self.walk.former_times
        yield from _differences("time", wanted, held - former)

    def _steps(self):
        """Each finished or postponed visit left one line of the trace; the line has no hole."""
        for kind, step in STEPS.items():
            wanted = Counter(
                (op["mission_id"], p.device.uid, op["at"])
                for op, p in (self.performed[uuid] for uuid in self.applied)
                if op["kind"] == kind
            )
            held = Counter(
                self.rows(
                    "SELECT mission_id, user_id, to_char(device_date, 'YYYY-MM-DD HH24:MI:SS')"
                    " FROM field_mission_event WHERE kind = 'step' AND step = %s"
                    " AND id > %s AND user_id = ANY(%s)",
                    *(step, self.walk.former_event, [p.device.uid for p in self.walk.people]),
                )
            )
            yield from _differences(kind, wanted, held)
        states: dict[int, str] = {}
        for mission, before, after in self.rows(
            "SELECT mission_id, from_state, to_state FROM field_mission_event"
            " WHERE kind = 'step' ORDER BY id"
        ):
            if states.get(mission, before) != before:
                yield f"mission {mission} went from {states[mission]}, but {before} was traced"
            states[mission] = after
        for mission, state in self.rows("SELECT id, state FROM field_mission"):
            if states.get(mission, state) != state:
                yield f"mission {mission} is {state}, the trace says {states[mission]}"

    def _files(self):
        """The bytes of each picture taken are there once, and are those of the phone."""
        pictures = {n: d for p in self.walk.people for n, d in p.device.pictures.items()}
        folder = self.site.folder / "data" / "filestore" / "field_ops"
        found = self.rows(
            "SELECT p.uuid, p.state, count(a.id), min(a.store_fname) FROM field_photo p"
            " LEFT JOIN ir_attachment a ON a.res_model = 'field.photo' AND a.res_id = p.id"
            " AND a.res_field IS NULL WHERE p.uuid = ANY(%s) GROUP BY p.id",
            list(pictures),
        )
        for uuid, state, count, stored in found:
            if (state, count) != ("received", 1):
                yield f"picture {uuid} is {state}, with {count} files"
            elif _digest(folder / stored) != hashlib.sha256(pictures[uuid]).hexdigest():
                yield f"picture {uuid} has other bytes"

    def _times(self):
        """Nobody is at two places at once by a tap, and no segment ends before it starts."""
        for who, count in self.rows(
            "SELECT employee_id, count(*) FROM field_mission_time WHERE stop IS NULL"
            " GROUP BY employee_id HAVING count(*) > 1"
        ):
            yield f"employee {who} has {count} running segments"

    def _words(self):
        """The report of each mission is what somebody wrote, and was not refused."""
        written = {
            self.performed[uuid][0]["payload"]["text"]
            for uuid in self.applied
            if self.performed[uuid][0]["kind"] == "mission.conclusion"
        }
        known = written | set(self.walk.office.words)
        ours = [mission["id"] for mission in self.site.world["missions"]]
        for mission, text in self.rows(
            "SELECT id, conclusion FROM field_mission WHERE id = ANY(%s) AND conclusion LIKE %s",
            *(ours, f"w{self.walk.seed}-%"),
        ):
            if text not in known:
                yield f"mission {mission} says “{text}”, which nobody wrote"

    def _reasons(self):
        """A refusal says why in words of the trade."""
        poisoned = set().union(*(person.poisoned for person in self.walk.people))
        for uuid, row in self.known.items():
            message = row[5] or ""
            if row[1] == "applied" or row[7]:
                continue
            if not message or any(word in message for word in INTERNALS):
                yield f"{row[3]} {uuid} was refused with “{message}”"
            elif UNFORESEEN in message and uuid not in poisoned:
                yield f"{row[3]} {uuid} was refused for no reason of the trade"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _differences(kind: str, wanted: Counter, held: Counter):
    for what in wanted.keys() | held.keys():
        if wanted[what] != held[what]:
            yield f"{kind} {what}: {held[what]} effects of {wanted[what]} applied operations"
