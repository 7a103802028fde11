"""Step 4 of the main job: the technicians' days, sent as their devices send them.

Each technician sends the operations of a mission through ``field.operation.action_apply``, as
themselves, with the times of their device. What happens is drawn from the mission's rank, so
that it is the same in every run; operations carry uuids made from the mission's name, so that a
repeated run is a replay and changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
import zlib
from datetime import timedelta

from . import drawings, trade

# Made once for the demo; every uuid of its operations follows from it.
NAMESPACE = uuid.UUID("5c1f6f0e-6d0c-4b57-9d3c-2c6f3a0c7c11")
# Things that go wrong once: name → least rank over the days of the mission that has it.
NO_ACCESS, SHORTAGE, DEFECT, UNSIGNED = "no access", "shortage", "defect", "unsigned"
TURNS = {NO_ACCESS: 4, SHORTAGE: 6, DEFECT: 9, UNSIGNED: 12}
SIGNERS = (
    ("Paul Tessier", "Gardien"),
    ("Émilie Gaudin", "Directrice"),
    ("Hervé Poirier", "Responsable technique"),
    ("Sarah Lemoine", "Locataire"),
)


def work_off(desk, days, limit=None):
    """Carry out the published missions of these days as their technicians.

    :param days: list of dates
    :param limit: at most so many missions (None: all)
    :return: missions carried out by this run
    """
    missions = desk.env["field.mission"].search(
        [
            ("company_id", "=", desk.company.id),
            ("published", "=", True),
            ("planned_date", "in", days),
            ("technician_id.user_id", "!=", False),
        ],
        order="planned_date, technician_id, planned_start, id",
        limit=limit,
    )
    ranked = {mission: rank for rank, mission in enumerate(missions)}
    turns = _choose_turns(missions)
    worked = missions.browse()
    for day, of_day in missions.grouped("planned_date").items():
        visits = []
        for group in of_day.grouped("technician_id").values():
            former = None
            for mission in group:
                former = Visit(desk, mission, ranked[mission], former, turns.get(mission))
                visits.append(former)
        todo = [visit for visit in visits if visit.mission.state in ("planned", "in_progress")]
        if todo:
            desk.say(f"{day:%d/%m} technicians: {len(todo)} missions")
        parcels = [parcel for visit in todo for parcel in visit.parcels()]
        for moment, _rank, send in sorted(parcels, key=lambda parcel: parcel[:2]):
            desk.at(moment)
            send()
        worked |= worked.union(*(visit.mission for visit in todo))
        desk.commit()
    return worked


def _choose_turns(missions):
    """Return ``{mission: name in TURNS}``: for each turn the first mission that can have it."""

    def fits(mission, turn):
        if turn == DEFECT:
            return "yesno" in mission.check_ids.mapped("kind")
        return turn != UNSIGNED or mission.service_type_id.requires_signature

    chosen = {}
    for turn, least in TURNS.items():
        for mission in missions[least:]:
            if mission not in chosen and fits(mission, turn):
                chosen[mission] = turn
                break
    return chosen


class Visit:
    """One mission as its technician lives it.

    :param rank: among the missions of the days; ``turn``: what goes wrong, or None
    :param former: the technician's ``Visit`` before it that day, or None
    """

    def __init__(self, desk, mission, rank, former, turn):
        self.mission = mission
        self.rank = rank
        self.turn = turn
        self.env = desk.env(user=mission.technician_id.user_id.id, su=False)
        self._parts = {code: desk.find(f"part_{code}").id for code, *_rest in trade.PARTS}
        self._random = random.Random(f"{mission.name} {rank}")
        self._files = []
        planned = mission.planned_start
        drive = timedelta(minutes=self._random.randrange(9, 32))
        self.depart = max(planned - drive, former.leave if former else planned - drive)
        late = timedelta(minutes=self._random.choice((-6, -3, 0, 0, 2, 5, 8)))
        self.arrive = max(self.depart + timedelta(minutes=7), planned + late)
        share = 0.3 if turn == NO_ACCESS else self._random.uniform(0.75, 1.15)
        self.leave = self.arrive + timedelta(minutes=round(mission.planned_duration * 60 * share))
        soon = timedelta(seconds=20)
        self.arrival_known, self.end_known = self.arrive + soon, self.leave + soon
        if rank % 7 == 3:
            # One in seven is without network: everything arrives hours later.
            self.arrival_known = self.end_known = self.leave + timedelta(hours=4)
        if former:
            # A device sends in order: what waits holds back what follows.
            self.arrival_known = max(self.arrival_known, former.end_known)
            self.end_known = max(self.end_known, former.end_known)

    def delay(self, by):
        """Let the technician leave, arrive and finish later than drawn.

        :param by: ``timedelta``
        """
        for name in ("depart", "arrive", "leave", "arrival_known", "end_known"):
            setattr(self, name, getattr(self, name) + by)

    def parcels(self):
        """What the device sends, and when.

        :return: list of (moment, order, function that sends)
        """
        start, rest = self._operations()
        return [
            (self.arrival_known, (self.rank, 0), lambda: self._send(start)),
            (self.end_known, (self.rank, 1), lambda: self._send(rest)),
        ]

    def _send(self, operations):
        """Send operations, then the bytes of the files that they announce.

        :raises ValueError: when the server refuses one of them
        """
        answers = self.env["field.operation"].action_apply(operations)
        refused = [answer for answer in answers if answer["state"] != "applied"]
        if refused:
            raise ValueError(f"{self.mission.display_name}: {refused[0]['message']}")
        announced = {operation["payload"].get("uuid") for operation in operations}
        for name, content in self._files:
            if self._uuid(name) in announced:
                self.env["field.photo"].action_receive(
                    self._uuid(name), base64.b64encode(content).decode()
                )

    # -- operations --------------------------------------------------------------------------

    def _uuid(self, what):
        # A mission that is visited again on another day is told by operations of its own.
        return str(uuid.uuid5(NAMESPACE, f"{self.mission.name} {self.arrive:%Y-%m-%d} {what}"))

    def _operation(self, kind, at, payload=None, what=""):
        return {
            "uuid": self._uuid(f"{kind} {what}"),
            "kind": kind,
            "mission_id": self.mission.id,
            "payload": payload or {},
            "at": f"{at:%Y-%m-%d %H:%M:%S}",
        }

    def _operations(self):
        """Return the operations of the way and the arrival, and all the others."""
        start = [
            self._operation("mission.travel", self.depart),
            self._operation("mission.arrive", self.arrive),
        ]
        if self.turn == NO_ACCESS:
            return start, self._find_closed_door()
        last = self.leave - timedelta(minutes=2)
        return start, [
            *self._take_photo(self.arrive + timedelta(minutes=4)),
            *self._answer_checks(last),
            *self._use_parts(last),
            self._operation("mission.conclusion", last, {"text": self._conclusion()}),
            *self._sign(last),
            self._operation("mission.done", self.leave),
        ]

    def _find_closed_door(self):
        reason = "Portail fermé, gardien injoignable"
        incident = {
            "kind": "no_access",
            "severity": "medium",
            "description": reason,
            "customer_caused": True,
            "outcome": "replan",
        }
        return [
            self._operation("incident", self.leave, incident),
            self._operation("mission.reschedule", self.leave, {"reason": reason}),
        ]

    def _take_photo(self, at):
        if not self.mission.service_type_id.requires_photo:
            return []
        site = trade.plain(self.mission.site_id.name).upper()
        content = drawings.photo(
            site[:28],
            ("Thermalis", f"{self.mission.name}  {at:%d/%m/%Y}"),
            # Each visit has a picture of its own: the same one twice would be a hint.
            zlib.crc32(self.mission.name.encode()),
        )
        return self._announce("photo", content, at, caption="Installation après intervention")

    def _announce(self, kind, content, at, caption):
        self._files.append((kind, content))
        payload = {
            "uuid": self._uuid(kind),
            "kind": kind,
            "stage": "after" if kind == "photo" else None,
            "caption": caption,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        return [self._operation("photo", at, payload, kind)]

    def _answer_checks(self, last):
        checks = self.mission.check_ids.filtered(lambda check: check.kind != "section")
        if not checks:
            return []
        step = (last - self.arrive) / (len(checks) + 1)
        defect = checks.filtered(lambda check: check.kind == "yesno")[-1:]
        defect = defect if self.turn == DEFECT else None
        return [
            self._operation(
                "check.set",
                (self.arrive + step * turn).replace(microsecond=0),
                {"check_id": check.id, **self._answer(check, check == defect)},
                str(check.id),
            )
            for turn, check in enumerate(checks, 1)
        ]

    def _answer(self, check, wrong):
        """One answer; ``wrong``: the one that finds the defect."""
        if check.kind == "yesno":
            return {"yesno": "no" if wrong else "yes", **({"note": "Fuite"} if wrong else {})}
        if check.kind == "choice":
            return {"choice": check._get_spec()["choices"][self._random.randrange(2)]}
        if check.kind == "number":
            return {"number": self._measure(check)}
        return {"text": "RAS"}

    def _measure(self, check):
        if check.name == trade.trade_for(self.mission.service_type_id.name).counted:
            # Extinguishers checked, meters read…: what the unit price counts.
            return 3 + self._random.randrange(6)
        low = check.min_value if check.has_min else 0.0
        high = check.max_value if check.has_max else low + 100.0
        return round(low + (high - low) * self._random.uniform(0.2, 0.8), 1)

    def _use_parts(self, at):
        """Parts from the van: more than it holds for the mission whose turn is ``SHORTAGE``."""
        if self.turn == SHORTAGE:
            used = [("BAT-12V7", 6)]
        elif self._random.random() < 0.4:
            used = [(self._random.choice(("JOINT-BR", "SONDE-NTC", "FILTRE-G4")), 1)]
        else:
            used = []
        return [
            self._operation(
                "material.add", at, {"product_id": self._parts[code], "quantity": quantity}, code
            )
            for code, quantity in used
        ]

    def _conclusion(self):
        if self.turn == DEFECT:
            return "Intervention faite, anomalie relevée : devis de remise en état à prévoir."
        return "Intervention réalisée, installation remise en service."

    def _sign(self, at):
        if not self.mission.service_type_id.requires_signature:
            return []
        if self.turn == UNSIGNED:
            return [self._operation("sign", at, {"refusal_reason": "Client absent à la fin"})]
        name, quality = SIGNERS[self.rank % len(SIGNERS)]
        drawing = self._announce("drawing", drawings.signature(self.rank), at, "Signature")
        payload = {
            "kind": "after_work",
            "name": name,
            "quality": quality,
            "drawing": self._uuid("drawing"),
        }
        return [*drawing, self._operation("sign", at, payload)]
