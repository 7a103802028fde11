"""What other users feel while the server has tours optimised, measured over HTTP."""

from __future__ import annotations

import statistics
import threading
import time
from datetime import date, timedelta
from typing import Any

from .figure import Figure
from .server_data import LOGIN

BEFORE = 60
PAUSE = 0.05


def monday() -> str:
    """Return the Monday after next, ISO."""
    today = date.today()
    return (today + timedelta(days=14 - today.weekday())).isoformat()


class _Client:
    """A planner's browser, as far as requests go."""

    def __init__(self, url: str, database: str):
        import requests

        self.url, self.session = url, requests.Session()
        params = {"db": database, "login": LOGIN, "password": LOGIN}
        self._post("/web/session/authenticate", params)

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.url + path, json=body, timeout=300).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["debug"])
        return answer["result"]

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method as the web client does."""
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def wait_of_a_list(self) -> float:
        """Return how long a list of 80 missions takes."""
        begin = time.monotonic()
        fields = {"name": {}, "state": {}, "planned_start": {}}
        self.call("field.mission", "web_search_read", [], fields, limit=80)
        return time.monotonic() - begin


def measure(url: str, database: str, day: str) -> list[Figure]:
    """Run an optimisation on a served database and measure other requests meanwhile.

    :param url: address of the server
    :param day: the date that `server_data.main` prepared
    """
    planner, other = _Client(url, database), _Client(url, database)
    before = [other.wait_of_a_list() for _request in range(BEFORE + 5)][5:]
    values = {"date_from": day, "date_to": day, "mode": "free"}
    run = planner.call("field.optimization", "create", values)
    begin = time.monotonic()
    planner.call("field.optimization", "action_run", [run])
    started = time.monotonic() - begin
    follower = _Follower(planner, run)
    follower.start()
    waits = []
    while follower.is_alive():
        moment, wait = time.monotonic(), other.wait_of_a_list()
        waits.append((moment + wait, wait))
        time.sleep(PAUSE)
    follower.join()
    # The follower's last request is the one that takes the result in.
    solving = [wait for moment, wait in waits if moment <= follower.last]
    taking = [wait for moment, wait in waits if moment > follower.last]
    text = (
        f"{_said(solving)} during a solve of {follower.last - begin:.0f} s, {_said(before)} before"
    )
    return [
        Figure(
            "server: a list while a day is solved, one process of Odoo",
            text,
            "slowest ≤ 0.1 s slower than before",
            follower.state == "proposed" and max(solving) - max(before) <= 0.1,
        ),
        Figure(
            "server: the planner's own requests",
            f"start {started:.2f} s, taking in the result of 300 missions {follower.took:.2f} s "
            f"(lists meanwhile: {_said(taking)})",
        ),
    ]


class _Follower(threading.Thread):
    """Asks how far a run is, as its form does, until it is at its end."""

    def __init__(self, client: _Client, run: int):
        super().__init__(daemon=True)
        self.client, self.run_id = client, run
        self.state = "running"
        self.last = self.took = 0.0

    def run(self) -> None:
        while self.state == "running":
            time.sleep(1)
            self.last = time.monotonic()
            self.state = self.client.call("field.optimization", "poll", [self.run_id])["state"]
            self.took = time.monotonic() - self.last


def _said(waits: list[float]) -> str:
    """Return median and slowest of some waits."""
    if not waits:
        return "none"
    usual, worst = statistics.median(waits) * 1000, max(waits) * 1000
    return f"median {usual:.0f} ms, slowest {worst:.0f} ms of {len(waits)}"
