"""A small real HTTP server that speaks the protocol of the Géoplateforme's geocoding."""

import csv
import email
import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

#: address text (lower case, any part of it) -> (lat, lon, score, type, label, insee, zip, city)
KNOWN = {
    "10 rue kereon": (47.9958, -4.1024, 0.97, "housenumber", "10 Rue Kéréon 29000 Quimper",
                      "29232", "29000", "Quimper"),
    "rue de siam": (48.3862, -4.4916, 0.81, "street", "Rue de Siam 29200 Brest",
                    "29019", "29200", "Brest"),
    "zone perdue": (47.7501, -3.3664, 0.31, "street", "Rue Perdue 56100 Lorient",
                    "56121", "56100", "Lorient"),
    "la mairie": (48.1, -4.3, 0.9, "municipality", "Châteaulin", "29026", "29150", "Châteaulin"),
}  # fmt: skip


class BanServer:
    """Answers from :data:`KNOWN`; ``script`` says what goes wrong first.

    :param script: list of ``("status", code, headers)``, ``("garbage", bytes)`` or
        ``("slow", seconds)``, one for each coming request
    """

    def __init__(self):
        self.script = []
        self.requests = []
        self.rows = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer._get(self)

            def do_POST(self):
                outer._post(self)

            def log_message(self, *_args):
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self):
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/geocodage"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # ------------------------------------------------------------------ protocol

    @staticmethod
    def _match(text):
        plain = text.lower().replace("é", "e")
        return next((found for key, found in KNOWN.items() if key in plain), None)

    @staticmethod
    def _send(handler, code, body, kind="application/json", headers=()):
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def _fails(self, handler):
        """Play the next line of the script; say whether the request is answered so."""
        self.requests.append(handler.path)
        if not self.script:
            return False
        what, *rest = self.script.pop(0)
        if what == "status":
            self._send(handler, rest[0], b"{}", headers=rest[1] if len(rest) > 1 else ())
        elif what == "garbage":
            self._send(handler, 200, rest[0])
        elif what == "slow":
            time.sleep(rest[0])
            return False
        return True

    def _get(self, handler):
        if self._fails(handler):
            return
        query = parse_qs(urlsplit(handler.path).query)
        found = self._match(query["q"][0])
        features = []
        if found:
            lat, lon, score, kind, label, insee, postcode, city = found
            features.append({
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {"score": score, "type": kind, "label": label, "citycode": insee,
                               "postcode": postcode, "city": city},
            })  # fmt: skip
        body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        self._send(handler, 200, body)

    def _post(self, handler):
        size = int(handler.headers["Content-Length"])
        body = handler.rfile.read(size)
        if self._fails(handler):
            return
        head = f"Content-Type: {handler.headers['Content-Type']}\r\n\r\n".encode()
        parts = email.message_from_bytes(head + body).get_payload()
        file = next(part for part in parts if part.get_filename())
        text = file.get_payload(decode=True).decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        self.rows += len(rows)
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        columns = list(rows[0])
        writer.writerow(
            [*columns, "latitude", "longitude", "result_label", "result_score", "result_type",
             "result_postcode", "result_city", "result_citycode", "result_status"]
        )  # fmt: skip
        for row in rows:
            found = self._match(row["address"])
            if found:
                lat, lon, score, kind, label, insee, postcode, city = found
                told = [lat, lon, label, score, kind, postcode, city, insee, "ok"]
            else:
                told = ["", "", "", "", "", "", "", "", "not-found"]
            writer.writerow([*row.values(), *told])
        self._send(handler, 200, out.getvalue().encode(), "text/csv; charset=utf-8")
