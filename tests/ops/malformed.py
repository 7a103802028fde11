"""Requests that no app of ours sends: other types, other people's, too large, replayed, broken."""

from __future__ import annotations

import json
import random
import uuid as uuids

DEEP = "[" * 3000 + "]" * 3000
WRONG = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 1.5, 1e308, float("inf"), float("nan")),
    *("", " ", "x", "\0", "a\0b", "\ud800", "é" * 300, "x" * 300_000, "<script>alert(1)</script>"),
    *("' OR 1=1 --", "../../etc/passwd", "%s%s%s", "{0.__class__}", "0001-01-01 00:00:00"),
    *("9999-12-31 23:59:59", "2026-13-45 99:99:99", "2026-11-24T08:00:00Z", "\\u0000"),
    *([], [[]], [None], {}, {"a": {"b": []}}, [{}], ["x"] * 500, {"__class__": "x"}),
)
KINDS = (
    *("mission.travel", "mission.arrive", "mission.pause", "mission.resume", "mission.done"),
    *("mission.reschedule", "mission.conclusion", "check.set", "time.add", "material.add"),
    *("photo", "sign", "incident", "nonconformity.add", "document.read", "suggestion.add"),
    *("visit.notice", "time.stop"),
)
FIELDS = (
    *("check_id", "yesno", "number", "choice", "text", "photos", "note", "at", "kind", "start"),
    *("stop", "employee_id", "product_id", "description", "quantity", "lot_id", "billing"),
    *("is_return", "uuid", "sha256", "stage", "caption", "name", "quality", "refusal_reason"),
    *("drawing", "texts", "reserves", "severity", "outcome", "gravity", "equipment_id"),
    *("versions", "reason", "value"),
)


class Malformed:
    """A source of requests, the same ones for the same seed."""

    def __init__(self, seed: int, world: dict, known: dict):
        """Take what the attacker may know.

        :param known: ``mission`` (own, validated: nothing may change on it), ``checks``,
            ``victim_mission``, ``victim_uuids`` (operations of others), ``victim_file``
        """
        self.rng = random.Random(seed)
        self.world, self.known = world, known

    def wrong(self):
        """Return a value of a wrong form."""
        return self.rng.choice(WRONG)

    def new_uuid(self) -> str:
        """Return a fresh uuid."""
        return str(uuids.UUID(int=self.rng.getrandbits(128), version=4))

    def request(self) -> dict:
        """Return one request: route, body, content type, and what it is."""
        makers = (
            *(self._payload,) * 8,
            *(self._envelope,) * 4,
            *(self._params,) * 3,
            *(self._others,) * 3,
            *(self._body,) * 2,
            *(self._pull,) * 2,
            *(self._file,) * 4,
        )
        maker = self.rng.choice(makers)
        return {"what": maker.__name__[1:], "type": "application/json", **maker()}

    def _rpc(self, route: str, params) -> dict:
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        return {"route": route, "body": json.dumps(body)}

    def _sync(self, operations, **params) -> dict:
        return self._rpc("/field/api/sync", {"operations": operations, **params})

    def _operation(self, **changes) -> dict:
        return {
            "uuid": self.new_uuid(),
            "kind": self.rng.choice(KINDS),
            "mission_id": self.known["mission"],
            "payload": {},
            "at": "2026-11-24 08:00:00",
            **changes,
        }

    def _payload(self):
        """A well-formed envelope round a payload of any form."""
        names = self.rng.sample(FIELDS, self.rng.randrange(1, 8))
        payload = {name: self.wrong() for name in names}
        if self.rng.random() < 0.5:
            payload["check_id"] = self.rng.choice(self.known["checks"])
        return self._sync([self._operation(payload=payload) for _one in range(3)])

    def work(self) -> dict:
        """Return operations whose payloads are broken in one or a few places only."""
        mission, check = self.known["mission"], self.rng.choice(self.known["checks"])
        sound = {
            "check.set": {"check_id": check, "yesno": "yes", "number": 1.5, "photos": []},
            "time.add": {"kind": "travel", "start": "2026-11-20 08:00:00",
                         "stop": "2026-11-20 08:00:01"},
            "material.add": {"description": "x", "quantity": 1},
            "photo": {"uuid": self.new_uuid(), "kind": "photo", "sha256": "0" * 64},
            "sign": {"kind": "after_work", "name": "x", "refusal_reason": "y"},
            "incident": {"kind": "other", "description": "x", "severity": "low"},
            "nonconformity.add": {"description": "x", "gravity": "minor"},
            "suggestion.add": {"name": "x", "kind": "opportunity", "value": 5},
            "time.stop": {"start": "2026-11-20 08:00:00", "stop": "2026-11-20 08:00:01"},
            "mission.pause": {"kind": "break"},
            "mission.conclusion": {"text": "x"},
        }  # fmt: skip
        operations = []
        for kind in self.rng.sample(sorted(sound), 3):
            payload = {**sound[kind]}
            for name in self.rng.sample((*payload, *self.rng.sample(FIELDS, 2)), 2):
                payload[name] = self.wrong()
            operations.append(self._operation(kind=kind, mission_id=mission, payload=payload))
        return self._sync(operations)

    def _envelope(self):
        names = ("uuid", "kind", "mission_id", "payload", "at", "base", "after")
        changes = {name: self.wrong() for name in self.rng.sample(names, self.rng.randrange(1, 4))}
        return self._sync([self._operation(**changes)])

    def _params(self):
        names = ("operations", "uid", "db", "device", "app_version", "pending", "x")
        params = {name: self.wrong() for name in self.rng.sample(names, self.rng.randrange(1, 4))}
        return self._rpc("/field/api/sync", params)

    def _others(self):
        """Other people's missions, operations, files, and other databases."""
        choice = self.rng.randrange(5)
        if choice == 0:
            return self._sync([self._operation(mission_id=self.known["victim_mission"])])
        if choice == 1:
            return self._sync([self._operation(uuid=self.rng.choice(self.known["victim_uuids"]))])
        if choice == 2:
            return self._sync([self._operation()], uid=self.world["victim"]["uid"])
        if choice == 3:
            return self._sync([self._operation()], db=self.rng.choice(("postgres", "other", 1)))
        return self._sync([self._operation(kind="photo", payload={
            "uuid": self.known["victim_file"], "sha256": "0" * 64})])  # fmt: skip

    def _body(self):
        route = self.rng.choice(("/field/api/sync", "/field/api/bootstrap"))
        bodies = (
            *("", "{", "null", "[]", "1", '"x"', DEEP, "\0", "é", '{"params": null}'),
            *('{"params": []}', '{"params": 1}', '{"jsonrpc": "2.0"}', "{} {}", "\ufeff{}"),
            '{"jsonrpc": "2.0", "params": {"operations": ' + DEEP + "}}",
            '{"jsonrpc": "2.0", "params": {"operations": [' + "1," * 60 + "1]}}",
        )
        kinds = ("application/json", "text/plain", "application/x-www-form-urlencoded", "")
        kind = self.rng.choice((kinds[0], kinds[0], *kinds))
        return {"route": route, "body": self.rng.choice(bodies), "type": kind}

    def _pull(self):
        names = ("uid", "db", "context", "x", "mission_ids")
        params = {name: self.wrong() for name in self.rng.sample(names, 2)}
        if self.rng.random() < 0.3:
            params = {"uid": self.world["victim"]["uid"]}
        return self._rpc("/field/api/bootstrap", params)

    def _file(self):
        name = self.rng.choice(
            (self.known["victim_file"], self.new_uuid(), "x", "\0", "", "é" * 50, "a\0b", "[]")
        )
        content = self.rng.choice((b"", b"x", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"y" * 100_000))
        form = self.rng.choice(("whole", "whole", "no file", "no uuid", "text", "no token", "two"))
        return {"route": "/field/api/blob", "name": name, "content": content, "form": form}
