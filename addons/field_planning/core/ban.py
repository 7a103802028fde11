"""Client of the Base Adresse Nationale: the Géoplateforme's geocoding protocol.

One address is a GET that answers GeoJSON, many are a CSV file that comes back with columns added.
The service allows 50 requests a second; above, it answers 429 and how long to wait. All that can
go wrong is told apart: the service is busy or out of order (try again later), or the answer can't
be understood (this batch can't be done so).
"""

from __future__ import annotations

import csv
import email.utils
import io
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import requests

#: How exact an answer is, most exact first.
TYPES = ("housenumber", "street", "locality", "municipality")
#: The longest wait that an answer may ask for, in seconds.
LONGEST_WAIT = 3600.0
#: An answer larger than this is no answer of the service.
LARGEST_ANSWER = 20_000_000


class GeocodingError(Exception):
    """The service did not answer as it should."""


class Busy(GeocodingError):
    """The service asks to wait, or is out of order: the same request may work later.

    :param wait: seconds that it asked to wait, 0 when it did not say
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class BadAnswer(GeocodingError):
    """What came back can't be understood, or the request was refused as such."""


@dataclass(frozen=True)
class Address:
    """What is asked: ``key`` comes back with the answer."""

    key: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    insee: str = ""

    @property
    def text(self) -> str:
        """The address on one line."""
        place = f"{self.postcode} {self.city}".strip()
        return " ".join(part for part in (self.street, place) if part)


@dataclass(frozen=True)
class Answer:
    """What the service found for one address.

    :param score: likeness of the address found, 0 to 1
    :param kind: one of :data:`TYPES`
    """

    latitude: float
    longitude: float
    score: float
    kind: str
    label: str
    insee: str
    postcode: str
    city: str


class Client:
    """One server that speaks the protocol.

    :param url: its address, up to the part before ``/search``
    :param timeout: seconds to wait for an answer
    """

    def __init__(self, url: str, timeout: float = 20.0, session: Any = None) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.session = session or requests.Session()

    def find(self, address: Address) -> Answer | None:
        """Return what the service finds for one address, None when it finds nothing.

        :raise Busy: ask again later
        :raise BadAnswer: it can't be asked so
        """
        params = {"q": address.text[:200], "limit": 1, "index": "address"}
        if address.insee:
            params["citycode"] = address.insee
        elif address.postcode:
            params["postcode"] = address.postcode
        response = self._ask(lambda: self.session.get(
            f"{self.url}/search", params=params, timeout=self.timeout, allow_redirects=False
        ))  # fmt: skip
        try:
            features = response.json()["features"]
            return parse_feature(features[0]) if features else None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise BadAnswer(f"not the GeoJSON of an address: {error!r}") from error

    def find_all(self, addresses: Iterable[Address]) -> dict[str, Answer | None]:
        """Return what the service finds for many addresses, by their keys.

        :raise Busy: ask again later
        :raise BadAnswer: it can't be asked so
        """
        addresses = list(addresses)
        if not addresses:
            return {}
        data = [("columns", "address"), ("columns", "postcode"), ("columns", "city")]
        data += [("delimiter", ","), ("index", "address")]
        file = ("addresses.csv", write_csv(addresses), "text/csv; charset=utf-8")
        response = self._ask(lambda: self.session.post(
            f"{self.url}/search/csv", data=data, files={"data": file}, timeout=self.timeout * 3,
            allow_redirects=False,
        ))  # fmt: skip
        return read_csv(response.content.decode("utf-8-sig", "replace"), addresses)

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            response = call()
        except requests.Timeout as error:
            raise Busy("no answer in time") from error
        except (requests.RequestException, OSError) as error:
            raise Busy(f"not reached: {type(error).__name__}") from error
        code = response.status_code
        if code == 429 or code >= 500:
            raise Busy(f"HTTP {code}", retry_after(response.headers.get("Retry-After")))
        if code != 200:
            raise BadAnswer(f"HTTP {code}")
        if len(response.content) > LARGEST_ANSWER:
            raise BadAnswer("an answer too large to be one")
        return response


def retry_after(value: str | None, now: float | None = None) -> float:
    """Seconds that a ``Retry-After`` header asks for (a number or a date), within bounds."""
    if not value:
        return 0.0
    try:
        wait = float(value)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return 0.0
        wait = moment.timestamp() - (time.time() if now is None else now)
    return min(max(wait, 0.0), LONGEST_WAIT) if math.isfinite(wait) else 0.0


def backoff(failures: int, asked: float = 0.0) -> float:
    """Seconds to wait after a number of failures in a row: 10, 20, 40… at most an hour."""
    return min(LONGEST_WAIT, max(asked, 10.0 * 2 ** min(max(failures, 1) - 1, 10)))


def parse_feature(feature: dict[str, Any]) -> Answer:
    """Read one GeoJSON feature.

    :raise ValueError: it is no point on earth, or its score no score
    """
    longitude, latitude = (float(value) for value in feature["geometry"]["coordinates"][:2])
    told = feature["properties"]
    return _answer(
        latitude, longitude, told["score"] if "score" in told else told["_score"],
        told.get("type"), told.get("label"), told.get("citycode"), told.get("postcode"),
        told.get("city"),
    )  # fmt: skip


def write_csv(addresses: Iterable[Address]) -> bytes:
    """Write the file that the service completes."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("key", "address", "postcode", "city"))
    for line in addresses:
        writer.writerow((line.key, line.street, line.postcode, line.city))
    return stream.getvalue().encode()


def read_csv(text: str, addresses: Iterable[Address]) -> dict[str, Answer | None]:
    """Read the completed file; an address whose line is missing or senseless was not found.

    :raise BadAnswer: it is not that file
    """
    keys = {address.key for address in addresses}
    found: dict[str, Answer | None] = {}
    reader = csv.DictReader(io.StringIO(text))
    if not {"key", "latitude", "longitude", "result_score"} <= set(reader.fieldnames or ()):
        raise BadAnswer("not the file that was sent, completed")
    try:
        rows = list(reader)
    except csv.Error as error:
        raise BadAnswer(f"not a CSV file: {error}") from error
    for row in rows:
        if row["key"] in keys:
            found[row["key"]] = _parse_row(row)
    if not found:
        raise BadAnswer("none of the lines that were sent")
    return {key: found.get(key) for key in keys}


def _parse_row(row: dict[str, str]) -> Answer | None:
    if (row.get("result_status") or "ok") not in ("ok", ""):
        return None
    try:
        return _answer(
            float(row["latitude"]), float(row["longitude"]), row["result_score"],
            row.get("result_type"), row.get("result_label"), row.get("result_citycode"),
            row.get("result_postcode"), row.get("result_city"),
        )  # fmt: skip
    except (ValueError, TypeError):
        return None


def _answer(latitude, longitude, score, kind, label, insee, postcode, city) -> Answer:
    score = float(score)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or not (latitude or longitude):
        raise ValueError(f"no place on earth: {latitude}, {longitude}")
    if not math.isfinite(score):
        raise ValueError("no score")
    return Answer(
        round(latitude, 7), round(longitude, 7), round(min(max(score, 0.0), 1.0), 4),
        kind if kind in TYPES else "locality",
        *(str(value or "")[:200] for value in (label, insee, postcode, city)),
    )  # fmt: skip


def judge(answer: Answer | None, address: Address, threshold: float) -> str:
    """Say why an answer is to be verified by a person; "" when it can be taken as it is.

    :param threshold: lowest score that needs nobody
    :return: ``not_found``, ``low_score``, ``other_town`` or ``town_only``
    """
    if answer is None:
        return "not_found"
    if address.insee and answer.insee and address.insee != answer.insee:
        return "other_town"
    if answer.score < threshold:
        return "low_score"
    if answer.kind == "municipality" and address.street:
        return "town_only"
    return ""
