"""The geocoding client against a real local server that speaks the protocol."""

import importlib.util
import sys
from pathlib import Path

import pytest
from core import ban

_PATH = Path(__file__).resolve().parents[2] / "addons/field_planning/tests/ban_server.py"
_SPEC = importlib.util.spec_from_file_location("ban_server", _PATH)
ban_server = importlib.util.module_from_spec(_SPEC)
sys.modules["ban_server"] = ban_server
_SPEC.loader.exec_module(ban_server)

KEREON = ban.Address("1", "10 rue Kéréon", "29000", "Quimper")
SIAM = ban.Address("2", 'rue de Siam, bâtiment "B"', "29200", "Brest")
NOWHERE = ban.Address("3", "xyzzy", "29000", "Quimper")


@pytest.fixture
def server():
    with ban_server.BanServer() as running:
        yield running


@pytest.fixture
def client(server):
    return ban.Client(server.url, timeout=0.5)


def test_one_address(client, server):
    found = client.find(KEREON)
    assert (found.latitude, found.longitude, found.kind) == (47.9958, -4.1024, "housenumber")
    assert (found.score, found.insee, found.city) == (0.97, "29232", "Quimper")
    assert "postcode=29000" in server.requests[0] and "limit=1" in server.requests[0]


def test_an_unknown_address_is_none(client):
    assert client.find(NOWHERE) is None


def test_many_addresses_in_one_request(client, server):
    found = client.find_all([KEREON, SIAM, NOWHERE])
    assert len(server.requests) == 1 and server.rows == 3
    assert found["1"].insee == "29232" and found["2"].kind == "street" and found["3"] is None


def test_nothing_to_ask_asks_nothing(client, server):
    assert client.find_all([]) == {} and not server.requests


@pytest.mark.parametrize(
    ("line", "wait"),
    [
        (("status", 429, [("Retry-After", "5")]), 5.0),
        (("status", 429), 0.0),
        (("status", 500), 0.0),
        (("status", 503, [("Retry-After", "never")]), 0.0),
        (("slow", 1.5), 0.0),
    ],
)
def test_a_busy_service_says_how_long(client, server, line, wait):
    for call in (lambda: client.find(KEREON), lambda: client.find_all([KEREON])):
        client.timeout = 0.2
        server.script = [line]
        with pytest.raises(ban.Busy) as caught:
            call()
        assert caught.value.wait == wait
        server.script = []
        client.timeout = 5
        assert call()


@pytest.mark.parametrize(
    "line",
    [
        ("garbage", b"<html>maintenance</html>"),
        ("garbage", b"{}"),
        ("garbage", b'{"features": [{"geometry": null}]}'),
        ("garbage", b'{"features": [{"geometry": {"coordinates": [900, 2]}, "properties":'
                    b' {"score": 1}}]}'),
        ("garbage", b"\xff\xfe\x00"),
        ("status", 400),
        ("status", 302, [("Location", "http://127.0.0.1:9/")]),
    ],
)  # fmt: skip
def test_a_senseless_answer_is_told(client, server, line):
    for call in (lambda: client.find(KEREON), lambda: client.find_all([KEREON])):
        server.script = [line]
        with pytest.raises(ban.BadAnswer):
            call()


def test_a_server_that_is_not_there():
    with pytest.raises(ban.Busy, match="not reached"):
        ban.Client("http://127.0.0.1:9/geocodage", timeout=1).find(KEREON)


def test_lines_of_a_file_are_judged_one_by_one():
    head = "key,address,postcode,city,latitude,longitude,result_label,result_score,result_status\n"
    found = ban.read_csv(
        head + "1,a,,,48.1,-4.1,A,0.9,ok\n2,b,,,nan,-4,B,0.9,ok\n9,x,,,1,1,X,1,ok\n",
        [KEREON, SIAM, NOWHERE],
    )
    assert found["1"].latitude == 48.1 and found["2"] is None and found["3"] is None
    assert "9" not in found


def test_waiting_times():
    assert [ban.backoff(n) for n in (1, 2, 3)] == [10, 20, 40]
    assert ban.backoff(50) == 3600 and ban.backoff(1, 90) == 90
    assert ban.retry_after("86400") == 3600 and ban.retry_after("-3") == 0
    assert ban.retry_after("inf") == 0 and ban.retry_after("Wed, 21 Oct 2026 07:28:00 GMT",
                                                           now=1792567670) == 10  # fmt: skip


def test_what_a_person_must_verify():
    def answer(**values):
        return ban.Answer(
            **{"latitude": 48.0, "longitude": -4.0, "score": 0.9, "kind": "housenumber",
               "label": "", "insee": "29232", "postcode": "", "city": "", **values}
        )  # fmt: skip

    known = ban.Address("1", "1 rue", "29000", "Quimper", "29232")
    assert ban.judge(answer(), known, 0.6) == ""
    assert ban.judge(None, known, 0.6) == "not_found"
    assert ban.judge(answer(score=0.5), known, 0.6) == "low_score"
    assert ban.judge(answer(insee="29019"), known, 0.6) == "other_town"
    assert ban.judge(answer(kind="municipality"), known, 0.6) == "town_only"
    only_town = ban.Address("1", "", "29000", "Quimper")
    assert ban.judge(answer(kind="municipality"), only_town, 0.6) == ""
