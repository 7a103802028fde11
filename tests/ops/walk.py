"""A random walk: many phones, a bad network, an office that changes its mind.

The seed decides what each phone does, when it sends, what goes wrong and what the office does.
Phones send at the same time, so the order in which the server gets their requests is its own.
"""

from __future__ import annotations

import copy
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from device import Device, Session, Trouble
from proxy import FAULTS

PARALLEL = 8
POISON = (
    {"product_id": "x", "quantity": 1},
    {"product_id": [1], "quantity": 1},
    {"description": "poison", "quantity": "many"},
    {"description": ["poison"], "quantity": 1},
)
# Kind → how often, beside the visit's own steps.
HABITS = {
    "check": 30,
    "material": 16,
    "photo": 10,
    "conclusion": 8,
    "pause": 8,
    "arrive": 6,
    "incident": 5,
    "time": 5,
    "travel": 4,
    "suggestion": 4,
    "sign": 3,
    "nonconformity": 3,
    "done": 3,
    "move": 6,
    "foreign": 1,
    "unknown": 1,
    "poison": 1,
    "follow": 1,
    "reschedule": 0.3,
}


class Person:
    """Who holds one phone: chooses what to do next, without asking the server."""

    def __init__(self, device: Device, name: str, world: dict):
        self.device, self.rng, self.name = device, device.rng, name
        self.world = world
        self.own = [m for m in world["missions"] if device.uid in m["members"]]
        self.others = [m for m in world["missions"] if device.uid not in m["members"]]
        self.here = self.rng.choice(self.own)
        self.begun: set[int] = set()
        self.words: dict[int, str] = {}
        self.count = 0
        self.poisoned: set[str] = set()

    def mark(self) -> str:
        """Return words that nothing else in the database has."""
        self.count += 1
        return f"{self.name}-{self.count}"

    def act(self) -> None:
        """Do one thing (a few, where one brings the others)."""
        if self.here["id"] not in self.begun:
            self.begun.add(self.here["id"])
            self.do("mission.arrive")
            return
        kinds, weights = zip(*HABITS.items(), strict=True)
        getattr(self, f"_{self.rng.choices(kinds, weights)[0]}")()

    def do(self, kind: str, payload: dict | None = None, **more) -> str:
        """Do something at the mission where the person is."""
        return self.device.perform(kind, self.here, payload or {}, **more)

    def _move(self):
        self.here = self.rng.choice(self.own)
        self.act()

    def _arrive(self):
        self.do("mission.arrive")

    def _travel(self):
        self.do("mission.travel")

    def _pause(self):
        self.do("mission.pause", {"kind": self.rng.choice(("break", "waiting"))})
        self.do("mission.resume")

    def _answer(self, name: str):
        payload = {"check_id": self.here["checks"][name], "note": self.mark()}
        if name == "Valve closed":
            payload["yesno"] = self.rng.choice(("yes", "yes", "no", "na"))
        elif name == "Pressure":
            payload["number"] = round(self.rng.uniform(0.5, 2.5), 2)
        elif name == "State":
            payload["choice"] = self.rng.choice(("Good", "Worn", "Broken"))
        else:
            payload["text"] = self.mark()
        self.do("check.set", payload)

    def _check(self):
        self._answer(self.rng.choice(("Valve closed", "Pressure", "State", "Remark")))

    def _material(self):
        payload = {"description": self.mark(), "quantity": self.rng.randrange(1, 4)}
        if self.rng.random() < 0.5:
            payload["product_id"] = self.world["product"]
        self.do("material.add", payload)

    def _photo(self):
        self.device.announce(self.here)

    def _sign(self):
        drawing = self.device.announce(self.here, "drawing")
        self.do("sign", {"kind": "after_work", "name": self.mark(), "drawing": drawing})

    def _conclusion(self):
        text = self.mark()
        self.do("mission.conclusion", {"text": text}, base={"text": self._shown()})
        self.words[self.here["id"]] = text

    def _shown(self) -> str:
        """Return the report as this phone shows it: its own words, else what it pulled."""
        pulled = {
            m["id"]: m for m in (self.device.disk["snapshot"] or {"missions": []})["missions"]
        }
        known = pulled.get(self.here["id"], {"conclusion": ""})["conclusion"]
        mine = [op for op in self.device.disk["ops"].values() if op["state"] == "pending"]
        mine = [op for op in mine if op["kind"] == "mission.conclusion"]
        texts = [op["payload"]["text"] for op in mine if op["mission_id"] == self.here["id"]]
        return texts[-1] if texts else known

    def _time(self):
        start = self.device.now()
        self.do("time.add", {"kind": "travel", "start": start, "stop": self.device.now()})

    def _incident(self):
        self.do("incident", {"kind": "other", "description": self.mark()})

    def _suggestion(self):
        self.do("suggestion.add", {"name": self.mark(), "kind": "opportunity"})

    def _nonconformity(self):
        self.do("nonconformity.add", {"description": self.mark(), "gravity": "minor"})

    def _done(self):
        self._answer("Valve closed")
        self._answer("Pressure")
        self.do("mission.done")

    def _reschedule(self):
        self.do("mission.reschedule", {"reason": self.mark()})

    def _foreign(self):
        mission = self.rng.choice(self.others)
        self.device.perform("incident", mission, {"kind": "other", "description": self.mark()})

    def _unknown(self):
        self.do("mission.teleport", {"to": self.mark()})

    def _poison(self):
        self.poisoned.add(self.do("material.add", dict(self.rng.choice(POISON))))

    def _follow(self):
        first = self.do("mission.teleport")
        self.do("material.add", {"description": self.mark(), "quantity": 1}, after=first)


class Office:
    """A planner who changes things while the phones are away."""

    EDITS = ("reassign", "conclusion", "postpone", "validate", "reopen", "cancel", "replan")

    def __init__(self, session: Session, rng: random.Random, world: dict):
        self.session, self.rng, self.world = session, rng, world
        self.words: list[str] = []
        self.done: Counter[str] = Counter()

    def edit(self) -> None:
        """Change one mission; what the rules forbid is not done."""
        mission = self.rng.choice(self.world["missions"])["id"]
        weights = (3, 6, 4, 1, 2, 0.4, 8)
        name = self.rng.choices(self.EDITS, weights)[0]
        number = self.rng.getrandbits(40)
        try:
            getattr(self, f"_{name}")(mission, number)
            self.done[name] += 1
        except Trouble as trouble:
            assert "odoo.exceptions" in str(trouble) or "psycopg2.errors" in str(trouble), trouble
            self.done["refused"] += 1

    def _call(self, method: str, mission: int, *args):
        return self.session.call("field.mission", method, [mission], *args)

    def _reassign(self, mission, number):
        people = sorted(self.world["employees"].values())
        self._call("write", mission, {"technician_id": people[number % len(people)]})

    def _conclusion(self, mission, number):
        text = f"Office-{number}"
        self.words.append(text)
        self._call("write", mission, {"conclusion": text})

    def _postpone(self, mission, number):
        start = self._call("read", mission, ["planned_start"])[0]["planned_start"]
        day, hour = start.split(" ")
        self._call("write", mission, {"planned_start": f"{day} {number % 20:02}{hour[2:]}"})

    def _validate(self, mission, _number):
        self._call("action_validate", mission)

    def _reopen(self, mission, _number):
        self._call("action_reopen", mission, "Not finished")

    def _cancel(self, mission, _number):
        self._call("action_cancel", mission, "Called off")

    def _replan(self, mission, _number):
        self._call("action_plan", mission)
        self._call("action_publish", mission)


class Walk:
    """The walk itself, and what it counted."""

    def __init__(self, site, proxy, seed: int, devices: int, operations: int):
        self.site, self.proxy, self.seed, self.operations = site, proxy, seed, operations
        self.rng = random.Random(seed)
        self.world = site.world
        self.states: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        technicians = self.world["technicians"][2:]
        self.people = []
        for place in range(devices):
            # Some people have two phones.
            login = technicians[place % len(technicians)]["login"]
            device = Device(Session(proxy.url, login), self._fork(), self.world)
            self._set_clock(device)
            self.people.append(Person(device, f"w{seed}-{place}", self.world))
        office = Session(site.odoo.url, self.world["planner"])
        self.office = Office(office, self._fork(), self.world)
        rows = site.postgres.rows
        # What other tests left.
        self.former_event = rows("SELECT coalesce(max(id), 0) FROM field_mission_event")[0][0]
        self.former_times = Counter(
            rows(
                "SELECT mission_id, employee_id, kind, to_char(start, 'YYYY-MM-DD HH24:MI:SS')"
                " FROM field_mission_time"
            )
        )

    def _fork(self) -> random.Random:
        return random.Random(self.rng.getrandbits(64))

    def _set_clock(self, device: Device) -> None:
        device.skew = timedelta(seconds=device.rng.randrange(-2 * 86400, 2 * 86400))

    def run(self) -> float:
        """Walk until everybody has done their part and all is sent; return the seconds."""
        began = time.monotonic()
        with ThreadPoolExecutor(PARALLEL) as pool:
            while any(len(p.device.ledger) < self.operations for p in self.people):
                tasks = [pool.submit(self._live, person) for person in self.people]
                edits = self.rng.randrange(3)
                tasks.append(pool.submit(lambda n=edits: [self.office.edit() for _e in range(n)]))
                for task in tasks:
                    task.result()
            self.proxy.drain()
            self.proxy.faults.clear()
            for task in [pool.submit(person.device.converge) for person in self.people]:
                task.result()
        return time.monotonic() - began

    def _live(self, person: Person) -> None:
        """Some time in the life of one phone."""
        device, rng = person.device, person.rng
        for _action in range(rng.randrange(1, 6)):
            if len(device.ledger) < self.operations:
                person.act()
        if rng.random() < 0.15:
            device.restart()
            self._set_clock(device)
        if rng.random() < 0.05:
            device.session.http.cookies.clear()
        faults = [self._fault(rng) if rng.random() < 0.25 else "" for _request in range(6)]
        chance = rng.random()
        if chance < 0.35:
            return  # no network, or the phone is in a pocket
        if chance < 0.45:
            self._two_tabs(device, faults)
        elif chance < 0.48:
            self._shared_phone(person)
        else:
            self._sync(device, faults)

    def _fault(self, rng: random.Random) -> str:
        name = rng.choice(FAULTS)
        if name == "late":
            return f"late:{rng.uniform(0.1, 3):.2f}"
        return f"slow:{rng.uniform(0.05, 0.4):.2f}" if name == "slow" else name

    def _sync(self, device: Device, faults) -> None:
        state = device.sync(faults)
        self.states[state.partition(":")[0]] += 1
        if state == "expired":
            device.session.log_in()
        elif state.startswith("refused"):
            self.troubles[state] += 1

    def _two_tabs(self, device: Device, faults) -> None:
        """The same outbox sent by two tabs at once, one of which dies before it notes anything."""
        ghost = copy.copy(device)
        ghost.disk = copy.deepcopy(device.disk)
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(ghost.sync, ["slow:0.05"])
            self._sync(device, faults)
            other.result()
        self.states["two tabs"] += 1

    def _shared_phone(self, person: Person) -> None:
        """Somebody else is logged in on this phone: nothing of its owner may leave."""
        others = [other for other in self.people if other.device.uid != person.device.uid]
        other = person.rng.choice(others)
        before = copy.deepcopy(person.device.disk["ops"])
        state = person.device.sync(session=Session(self.proxy.url, other.device.session.login))
        assert state == "other-user", state
        assert person.device.disk["ops"] == before
        self.states["other user"] += 1

    # ------------------------------------------------------------------ the review

    def review(self, uuids: list[str]) -> Counter:
        """Let the planner decide on all of these in the review list, one way or the other."""
        office, decided = self.office.session, Counter()
        for number, state in self.site.postgres.rows(
            "SELECT id, state FROM field_operation WHERE state IN ('rejected', 'conflict')"
            " AND resolution IS NULL AND uuid = ANY(%s) ORDER BY id",
            uuids,
        ):
            take = self.rng.random() < 0.6
            try:
                method = "action_take_field" if take else "action_keep_office"
                office.call("field.operation", method, [number])
                decided[f"{state}: {'field' if take else 'office'}"] += 1
            except Trouble as trouble:
                assert "odoo.exceptions" in str(trouble), trouble
                decided[f"{state}: still impossible"] += 1
        for person in self.people:
            for operation in person.device.refused:
                # The person tries, too, what the office may have taken already.
                if operation["state"] == "rejected" and self.rng.random() < 0.3:
                    person.device.again(operation)
            person.device.converge()
        return decided
