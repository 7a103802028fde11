"""A network between the app and the server that can fail in every way networks do.

A device names the fault of a request in a header, which the server never sees; for the browser,
``faults`` holds those of the next requests by path.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
import time
from collections import Counter, defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEADER = "X-Field-Fault"
PORTAL = b"<!DOCTYPE html><html><body>Welcome to HotelWifi: accept our terms</body></html>"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", HEADER.lower()}

# Fault → what it does. Those of the second group reach the server.
FAULTS = (
    *("lost_request", "half_request", "bad_gateway", "portal", "portal_redirect"),
    *("lost_answer", "half_answer", "gateway_timeout", "slow", "twice", "late"),
)


class Proxy(ThreadingHTTPServer):
    """The network: one address in front of one server."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = ("127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.counts: Counter[str] = Counter()
        self.seen: list[tuple[str, str, int]] = []  # path, fault, status (0: none)
        self.faults: dict[str, deque[str]] = defaultdict(deque)
        self.always: dict[str, str] = {}
        self.offline = False
        self.bytes_per_second: float | None = None
        self._late: list[threading.Thread] = []
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Say nothing: broken connections are what this is for."""

    def fault_for(self, path: str, header: str | None) -> str:
        """Return the fault of one request, and note it."""
        with self._lock:
            if header == "none":
                return ""
            fault = header or self.always.get(path, "")
            if not fault and self.faults[path]:
                fault = self.faults[path].popleft()
            if self.offline:
                fault = "lost_request"
            if fault:
                self.counts[fault.partition(":")[0]] += 1
            return fault

    def note(self, path: str, fault: str, status: int) -> None:
        """Keep what happened to a request."""
        with self._lock:
            self.seen.append((path, fault, status))

    def later(self, delay: float, work) -> None:
        """Do something after the client has given up."""
        thread = threading.Timer(delay, work)
        thread.daemon = True
        with self._lock:
            self._late.append(thread)
        thread.start()

    def drain(self) -> None:
        """Wait until every late request has arrived."""
        while self._late:
            self._late.pop().join()

    def clear(self) -> None:
        """A good network again."""
        self.faults.clear()
        self.always.clear()
        self.offline = False
        self.bytes_per_second = None
        self.seen.clear()
        self.drain()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_args):
        """Say nothing."""

    def do_GET(self):
        """Pass a request on, or not."""
        body = self._read()
        path = self.path.partition("?")[0]
        fault, _mark, argument = self.server.fault_for(path, self.headers.get(HEADER)).partition(
            ":"
        )
        # A browser sends again by itself what a kept connection has lost: not what is looked at.
        self.close_connection = path.startswith("/field/api/")
        status = getattr(self, f"_{fault or 'whole'}")(body, argument)
        self.server.note(path, fault, status or 0)

    do_POST = do_HEAD = do_GET

    def _read(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        rate = self.server.bytes_per_second
        if not rate:
            return self.rfile.read(length)
        parts = []
        while length > 0:
            part = self.rfile.read(min(length, 16384))
            parts.append(part)
            length -= len(part)
            time.sleep(len(part) / rate)
        return b"".join(parts)

    def _headers(self) -> dict[str, str]:
        return {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}

    def _ask(self, body: bytes):
        """Return the server's answer: status, headers, body."""
        connection = http.client.HTTPConnection(*self.server.target, timeout=300)
        try:
            connection.request(self.command, self.path, body or None, self._headers())
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def _give(self, status: int, headers, body: bytes, upto: float = 1.0) -> int:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            rate = self.server.bytes_per_second
            if rate:
                time.sleep(len(body) / rate)
            self.wfile.write(body[: int(len(body) * upto)])
        return status

    def _cut(self) -> None:
        """Reset the connection: no answer, no goodbye."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            self.connection.close()
        self.close_connection = True

    # ------------------------------------------------------------------ the faults

    def _whole(self, body, _argument):
        try:
            answer = self._ask(body)
        except (OSError, http.client.HTTPException):
            # The server is down: what stands before it says so.
            return self._bad_gateway(body, "")
        return self._give(*answer)

    def _slow(self, body, argument):
        time.sleep(float(argument or 0.3))
        return self._whole(body, "")

    def _lost_request(self, _body, _argument):
        self._cut()

    def _half_request(self, body, _argument):
        with contextlib.suppress(OSError), socket.create_connection(self.server.target) as link:
            head = "".join(f"{k}: {v}\r\n" for k, v in self._headers().items())
            link.sendall(f"{self.command} {self.path} HTTP/1.1\r\n{head}\r\n".encode())
            link.sendall(body[: len(body) // 2])
        self._cut()

    def _lost_answer(self, body, _argument):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self._ask(body)
        self._cut()

    def _half_answer(self, body, _argument):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self._give(*self._ask(body), upto=0.5)
        self._cut()

    def _gateway_timeout(self, body, _argument):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self._ask(body)
        return self._give(504, [("Content-Type", "text/html")], b"<h1>504 Gateway Time-out</h1>")

    def _bad_gateway(self, _body, _argument):
        return self._give(502, [("Content-Type", "text/html")], b"<h1>502 Bad Gateway</h1>")

    def _too_large(self, _body, _argument):
        return self._give(413, [("Content-Type", "text/html")], b"<h1>413 Too Large</h1>")

    def _portal(self, _body, _argument):
        return self._give(200, [("Content-Type", "text/html")], PORTAL)

    def _portal_redirect(self, _body, _argument):
        return self._give(302, [("Location", "http://portal.invalid/login")], b"")

    def _twice(self, body, _argument):
        again = threading.Thread(target=self._quietly, args=(body,))
        again.start()
        status = self._whole(body, "")
        again.join()
        return status

    def _late(self, body, argument):
        self.server.later(float(argument or 1), lambda: self._quietly(body))
        self._cut()

    def _quietly(self, body):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self._ask(body)
