"""Time-stamps of RFC 3161: what is asked of an authority, and what its answer says.

The signature is verified by OpenSSL's own program, the same that a third party uses.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from ssl import get_default_verify_paths

from asn1crypto import algos, cms, core, tsp

OPENSSL_SECONDS = 20


class Answer(core.Sequence):
    """A ``TimeStampResp``: a refusal has no token, which asn1crypto's own class insists on."""

    _fields = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class TimestampError(ValueError):
    """An answer that is no time-stamp of what was asked; its text says why."""


class NoOpenssl(TimestampError):
    """The program that verifies is not installed here."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a time-stamp says.

    :param digest: the SHA-256 that it covers, in hexadecimal digits
    :param date: the authority's time, UTC, without zone
    :param serial: the authority's number of this time-stamp
    :param nonce: the number that the request held, or None
    :param authority: its name, or empty
    """

    digest: str
    date: datetime
    serial: int
    nonce: int | None
    authority: str


def make_request(digest: str, nonce: int) -> bytes:
    """Return a request for the time-stamp of a SHA-256, with the authority's certificate.

    :param digest: 64 hexadecimal digits
    :param nonce: a random number, which the answer repeats
    """
    imprint = tsp.MessageImprint(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": bytes.fromhex(digest),
        }
    )
    request = tsp.TimeStampReq(
        {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    )
    return request.dump()


def read_response(data: bytes) -> Stamp:
    """Return what an authority's answer says; its signature is not looked at.

    :param data: a ``TimeStampResp`` in DER
    :raises TimestampError: a refusal, or no time-stamp
    """
    try:
        response = Answer.load(data, strict=True)
        status = response["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            text = response["status"]["status_string"].native
            raise TimestampError(" ".join(filter(None, [status, *(text or ())])))
        info = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        if imprint["hash_algorithm"]["algorithm"].native != "sha256":
            raise TimestampError("not of a SHA-256")
        moment = info["gen_time"].native.astimezone(timezone.utc).replace(tzinfo=None)
        return Stamp(
            digest=imprint["hashed_message"].native.hex(),
            date=moment.replace(microsecond=0),
            serial=info["serial_number"].native,
            nonce=info["nonce"].native,
            authority=_authority(response["time_stamp_token"]["content"]),
        )
    except TimestampError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TimestampError("not a time-stamp") from error


def _authority(signed) -> str:
    """Return the common name of who signed, from the certificate that the answer brings."""
    serial = signed["signer_infos"][0]["sid"].chosen["serial_number"].native
    for choice in signed["certificates"]:
        certificate = choice.chosen
        if certificate.serial_number == serial:
            return str(certificate.subject.native.get("common_name") or "")
    return ""


def verify(data: bytes, digest: str, authority: str = "", at: datetime | None = None) -> None:
    """Verify an answer with OpenSSL: the digest, the signature, the chain to a trusted root.

    :param data: a ``TimeStampResp`` in DER
    :param digest: 64 hexadecimal digits that it must cover
    :param authority: root (and further) certificates in PEM; empty: those of the system
    :param at: when the certificates must have been valid (UTC, without zone); empty: now
    :raises TimestampError: it does not hold; :class:`NoOpenssl` where that can't be told
    """
    program = shutil.which("openssl")
    if not program:
        raise NoOpenssl("openssl is not installed on the server")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "answer.tsr").write_bytes(data)
        command = [program, "ts", "-verify", "-digest", digest, "-in", str(folder / "answer.tsr")]
        if authority:
            (folder / "roots.pem").write_text(authority)
            command += ["-CAfile", str(folder / "roots.pem")]
        else:
            command += ["-CApath", get_default_verify_paths().openssl_capath]
        if at:
            command += ["-attime", str(int(at.replace(tzinfo=timezone.utc).timestamp()))]
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, timeout=OPENSSL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NoOpenssl("openssl did not answer") from error
    if run.returncode or "Verification: OK" not in run.stdout + run.stderr:
        lines = [line for line in run.stderr.splitlines() if "error" in line.lower()]
        raise TimestampError((lines or ["its signature does not hold"])[0].strip()[:200])
