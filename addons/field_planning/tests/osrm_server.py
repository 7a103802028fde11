"""OSRM's own server on a network of roads that is made here."""

import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SIDE = 14
"""Crossings along each side of the town."""
STEP = 0.005
"""Degrees of latitude and longitude between two crossings."""
SOUTH, WEST = 48.0, -4.2
ISLAND = [(48.3, -4.0), (48.301, -4.0), (48.302, -4.0)]
"""A road without any way to the town."""
ONE_WAY = 3
"""The column of crossings whose road leads north only."""
SPEED_KMH = 50


class OsrmMissing(Exception):
    """OSRM's programs are not there; the message says what to do."""


def crossing(row: int, column: int) -> tuple[float, float]:
    """Latitude and longitude of a crossing of the town, counted from the south-west."""
    return round(SOUTH + row * STEP, 6), round(WEST + column * STEP, 6)


class OsrmServer:
    """A town of straight roads and an island, as OSRM's server tells them.

    :raises OsrmMissing: the programs are not there
    """

    def __init__(self):
        folder = os.environ.get("FIELD_OSRM", "")
        self.programs = Path(folder) / "bin"
        if not folder or not (self.programs / "osrm-routed").exists():
            raise OsrmMissing(
                "OSRM's programs are missing, so travel on roads was not tested. `make test` and "
                "`make tdd` download them (requirements-osrm.txt); elsewhere let FIELD_OSRM name "
                "the folder of the unpacked wheel that holds bin/ and share/."
            )
        self._folder = tempfile.TemporaryDirectory(prefix="field-osrm-")
        self._place = Path(self._folder.name)
        self._process = None
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._build(Path(folder) / "share/profiles/car.lua")
        self.start()

    def start(self):
        """Start the server, unless it runs, and wait until it answers."""
        if self._process:
            return
        command = [self.programs / "osrm-routed", "--algorithm=mld", "--ip=127.0.0.1"]
        command += [f"--port={self.port}", "--threads=1", "town.osrm"]
        with (self._place / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                list(map(str, command)), cwd=self._place, stdout=log, stderr=log
            )
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.05)
        said = (self._place / "server.log").read_text()[-2000:]
        self.close()
        raise AssertionError(f"osrm-routed did not start:\n{said}")

    def kill(self):
        """End the server as a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self):
        """End the server and remove its files."""
        self.kill()
        self._folder.cleanup()

    def _build(self, profile):
        (self._place / "town.osm").write_text(_town())
        for program, *arguments in (
            ("osrm-extract", "-p", str(profile), "town.osm"),
            ("osrm-partition", "town.osrm"),
            ("osrm-customize", "town.osrm"),
        ):
            done = subprocess.run(
                [str(self.programs / program), *arguments],
                cwd=self._place,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = (done.stdout + done.stderr)[-2000:]
                self._folder.cleanup()
                raise AssertionError(f"{program} ended with {done.returncode}:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _town() -> str:
    """The roads as OpenStreetMap writes them."""
    number, nodes, ways = {}, [], []
    places = [crossing(row, column) for row in range(SIDE) for column in range(SIDE)]
    for place in [*places, *ISLAND]:
        number[place] = len(number) + 1
        latitude, longitude = place
        nodes.append(f'<node id="{number[place]}" version="1" lat="{latitude}" lon="{longitude}"/>')

    def add(road, one_way=False):
        refs = "".join(f'<nd ref="{number[place]}"/>' for place in road)
        tags = f'<tag k="highway" v="primary"/><tag k="maxspeed" v="{SPEED_KMH}"/>'
        tags += '<tag k="oneway" v="yes"/>' if one_way else ""
        ways.append(f'<way id="{len(ways) + 1}" version="1">{refs}{tags}</way>')

    for row in range(SIDE):
        add([crossing(row, column) for column in range(SIDE)])
    for column in range(SIDE):
        add([crossing(row, column) for row in range(SIDE)], one_way=column == ONE_WAY)
    add(ISLAND)
    return f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>'
