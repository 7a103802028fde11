"""A technician's phone as far as the server sees it: the app's outbox, in plain Python.

It does what `core/engine.js` does, with what is on its disk and nothing else, so that it can be
switched off at any point.
"""

from __future__ import annotations

import copy
import hashlib
import random
import uuid as uuids
from datetime import datetime, timedelta, timezone

import requests
from proxy import HEADER

BATCH = 20
JSON = {"Content-Type": "application/json"}


class Trouble(Exception):
    """No answer of ours; the kind is that of the app's `TransportError`."""

    def __init__(self, kind: str, text: str = ""):
        super().__init__(f"{kind}: {text}")
        self.kind = kind


def small_picture(rng: random.Random) -> bytes:
    """Return a real PNG of its own."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    color = tuple(rng.randrange(256) for _channel in range(3))
    Image.new("RGB", (40 + rng.randrange(20), 30), color).save(buffer, "PNG")
    return buffer.getvalue()


class Session:
    """A logged-in person's way to the server."""

    def __init__(self, url: str, login: str):
        self.url, self.login = url, login
        self.http = requests.Session()
        self.log_in()

    def log_in(self) -> None:
        """Log in as the web client does, on a good network."""
        self.http.cookies.clear()
        params = {"db": "field_ops", "login": self.login, "password": self.login}
        self.uid = self.post("/web/session/authenticate", params, "none")["uid"]
        assert self.uid

    def post(self, route: str, params, fault: str = "", timeout: float = 90):
        """Return the result of a JSON-RPC route, read as the app reads it.

        :raises Trouble: for everything that is no answer of ours
        """
        headers = {**JSON, **({HEADER: fault} if fault else {})}
        try:
            response = self.http.post(
                self.url + route,
                json={"jsonrpc": "2.0", "method": "call", "id": 1, "params": params},
                headers=headers,
                allow_redirects=False,
                timeout=timeout,
            )
            body = response.json()
        except requests.RequestException as error:
            raise Trouble("offline", type(error).__name__) from error
        if response.status_code != 200 or not isinstance(body, dict) or "jsonrpc" not in body:
            raise Trouble("offline", f"HTTP {response.status_code}")
        if "error" in body:
            data = body["error"].get("data") or {}
            if body["error"].get("code") == 100:
                raise Trouble("expired")
            raise Trouble("refused", f"{data.get('name')}: {data.get('message')}")
        return body.get("result")

    def call(self, model: str, method: str, *args, **kwargs):
        """Call a model's method, as the web client of this person does."""
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", params)

    def upload(self, name: str, data: bytes, csrf: str, fault: str = "") -> dict:
        """Send the bytes of an announced file."""
        try:
            response = self.http.post(
                self.url + "/field/api/blob",
                data={"uuid": name, "csrf_token": csrf},
                files={"file": (name, data, "image/png")},
                headers={HEADER: fault} if fault else {},
                allow_redirects=False,
                timeout=90,
            )
        except requests.RequestException as error:
            raise Trouble("offline", type(error).__name__) from error
        if response.status_code in (301, 302, 303):
            raise Trouble("expired")
        try:
            body = response.json()
        except requests.RequestException as error:
            raise Trouble("expired" if response.status_code == 400 else "offline") from error
        if response.status_code in (400, 403):
            raise Trouble("refused", body["error"])
        if response.status_code != 200 or "state" not in body:
            raise Trouble("offline", f"HTTP {response.status_code}")
        return body


class Device:
    """One phone: what is on its disk, its clock, its network."""

    def __init__(self, session: Session, rng: random.Random, world: dict):
        self.session, self.rng, self.world = session, rng, world
        self.uid = session.uid
        self.disk = {"device": str(uuids.UUID(int=rng.getrandbits(128), version=4)), "seq": 0}
        self.disk |= {"ops": {}, "blobs": {}, "snapshot": None}
        self.skew = timedelta(0)
        self.moment = datetime.now(timezone.utc)
        self.used: set[str] = set()
        # What the person did, whatever became of it: kept by the test, not by the phone.
        self.ledger: dict[str, dict] = {}
        self.pictures: dict[str, bytes] = {}
        self.faults = iter(())

    # ------------------------------------------------------------------ doing

    def now(self) -> str:
        """Return this phone's time, never the same twice."""
        self.moment += timedelta(seconds=self.rng.randrange(1, 90))
        text = (self.moment + self.skew).strftime("%Y-%m-%d %H:%M:%S")
        if text in self.used:
            return self.now()
        self.used.add(text)
        return text

    def new_uuid(self) -> str:
        """Return a uuid that the seed decides."""
        return str(uuids.UUID(int=self.rng.getrandbits(128), version=4))

    def perform(self, kind: str, mission: dict, payload: dict, blob: bytes | None = None, **more):
        """Do something: on the disk before it counts, in one step with its picture."""
        operation = {
            **{"uuid": self.new_uuid(), "kind": kind, "mission_id": mission["id"]},
            **{"payload": payload, "at": self.now(), "base": None, "after": None, **more},
        }
        self.disk["seq"] += 1
        self.disk["ops"][self.disk["seq"]] = {**operation, "state": "pending", "sent": False}
        if blob is not None:
            self.disk["blobs"][payload["uuid"]] = {"bytes": blob, "refused": False}
            self.pictures[payload["uuid"]] = blob
        self.ledger[operation["uuid"]] = operation
        return operation["uuid"]

    def announce(self, mission: dict, kind: str = "photo") -> str:
        """Take a picture."""
        name, data = self.new_uuid(), small_picture(self.rng)
        payload = {"uuid": name, "kind": kind, "sha256": hashlib.sha256(data).hexdigest()}
        self.perform("photo", mission, payload, blob=data)
        return name

    # ------------------------------------------------------------------ sending

    @property
    def pending(self) -> list[dict]:
        """Return what has not been answered yet, in order."""
        ops = [op for _seq, op in sorted(self.disk["ops"].items())]
        return [op for op in ops if op["state"] == "pending" and not op["sent"]]

    @property
    def refused(self) -> list[dict]:
        """Return what the server refused or wants to have decided."""
        return [op for op in self.disk["ops"].values() if op["state"] != "pending"]

    @property
    def unsent_blobs(self) -> list[str]:
        """Return the pictures whose bytes the server has not got and may still take."""
        return [name for name, blob in self.disk["blobs"].items() if not blob["refused"]]

    def sync(self, faults=(), session: Session | None = None) -> str:
        """Send everything, then pull; return how it went.

        :param faults: of the requests to come, in order; then the network is good
        :param session: somebody else's, on a shared phone
        """
        self.faults = iter(faults)
        session = session or self.session
        try:
            csrf = self._send_operations(session)
            self._send_blobs(session, csrf)
            self._pull(session)
        except Trouble as trouble:
            return trouble.kind if trouble.kind != "refused" else str(trouble)
        return "online"

    def converge(self) -> None:
        """Sync on a good network until nothing is left to send."""
        for _attempt in range(60):
            state = self.sync()
            if state == "expired":
                self.session.log_in()
            elif state == "online" and not self.pending and not self.unsent_blobs:
                return
        raise AssertionError(f"{self.session.login} can't send: {state}, {self.pending[:2]}")

    def again(self, operation: dict) -> None:
        """Try a refused operation again, as the app's button does."""
        operation.update(state="pending", sent=False, again=True)

    def restart(self) -> None:
        """Switch the phone off and on: only the disk is left."""
        self.disk = copy.deepcopy(self.disk)
        self.faults = iter(())

    def _fault(self) -> str:
        return next(self.faults, "")

    def _send_operations(self, session: Session) -> str:
        asked: set[str] = set()
        while True:
            pending = self.pending
            waiting = [op for op in self.refused if op["uuid"] not in asked]
            asked.update(op["uuid"] for op in waiting[:BATCH])
            batch = [*pending[:BATCH], *waiting[:BATCH]]
            names = ("uuid", "kind", "mission_id", "payload", "at", "base", "after", "again")
            answer = session.post(
                "/field/api/sync",
                {
                    "uid": self.uid,
                    "db": "field_ops",
                    "device": self.disk["device"],
                    "app_version": "ops",
                    "pending": len(pending),
                    "operations": [{name: op.get(name) for name in names} for op in batch],
                },
                self._fault(),
            )
            if answer.get("stranger"):
                raise Trouble("other-user")
            self._settle(answer["results"])
            if len(pending) <= BATCH and len(waiting) <= BATCH:
                return answer["csrf"]

    def _settle(self, results: list[dict]) -> None:
        by_uuid = {result["uuid"]: result for result in results}
        for operation in self.disk["ops"].values():
            result = by_uuid.get(operation["uuid"])
            if result and result["state"] == "applied":
                operation.update(state="pending", sent=True)
                if blob := self.disk["blobs"].get(operation["payload"].get("uuid")):
                    blob["refused"] = False
            elif result:
                operation.update(state=result["state"], message=result["message"], again=False)

    def _send_blobs(self, session: Session, csrf: str) -> None:
        for name in self.unsent_blobs:
            try:
                answer = session.upload(
                    name, self.disk["blobs"][name]["bytes"], csrf, self._fault()
                )
            except Trouble as trouble:
                if trouble.kind != "refused":
                    raise
                self.disk["blobs"][name]["refused"] = True
                continue
            if answer["state"] != "received":
                raise Trouble("offline", "corrupt")
            del self.disk["blobs"][name]

    def _pull(self, session: Session) -> None:
        params = {"uid": self.uid, "db": "field_ops"}
        data = session.post("/field/api/bootstrap", params, self._fault())
        if data.get("stranger"):
            raise Trouble("other-user")
        self.disk["snapshot"] = data
        self.disk["ops"] = {k: op for k, op in self.disk["ops"].items() if not op["sent"]}
