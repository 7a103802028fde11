"""What is asked of a time-stamping authority, and answers that are none."""

import subprocess
from random import Random

import pytest
from core import timestamp

DIGEST = "ab" * 32


def test_openssl_reads_the_request(tmp_path):
    path = tmp_path / "query"
    path.write_bytes(timestamp.make_request(DIGEST, 77))
    text = subprocess.run(
        ["openssl", "ts", "-query", "-in", path, "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "sha256" in text
    assert "0x4D" in text
    assert "Certificate required: yes" in text
    assert text.count("ab ab") >= 2


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"0\x03\x02\x01\x00", b"0\x05\x30\x03\x02\x01\x00"]
)
def test_what_is_no_answer(data):
    with pytest.raises(timestamp.TimestampError):
        timestamp.read_response(data)


def test_a_refusal_says_why():
    # PKIStatusInfo: rejection, "wrong policy".
    refusal = b"\x30\x15\x30\x13\x02\x01\x02\x30\x0e\x0c\x0cwrong policy"
    with pytest.raises(timestamp.TimestampError, match="rejection wrong policy"):
        timestamp.read_response(refusal)


def test_noise_is_never_more_than_no_answer():
    rng = Random(5)
    for _round in range(300):
        with pytest.raises(timestamp.TimestampError):
            timestamp.read_response(b"0" + rng.randbytes(rng.randrange(80)))
