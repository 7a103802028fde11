"""Files that are not what they seem."""

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from core.uploads import BadUpload, inspect
from PIL import Image


def picture(kind="JPEG", size=(64, 48)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, kind)
    return buffer.getvalue()


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as box:
        box.writestr("evil.html", "x")
    return buffer.getvalue()


def bomb(side):
    """A PNG of side × side white pixels: some kilobytes, gigabytes once decoded."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    row = zlib.compress(b"\x00" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
    ],
)
def test_pictures_are_told_by_their_bytes(kind, found):
    assert inspect(picture(kind)) == found


def test_what_a_camera_hangs_behind_a_jpeg_is_no_harm():
    assert inspect(picture() + bytes(range(256)) * 2000) == "image/jpeg"


def test_a_plain_pdf():
    assert inspect(b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF\n") == "application/pdf"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "type"),
        (b"<html><script>alert(1)</script></html>", "type"),
        (b"MZ\x90\x00" + b"\x00" * 200, "type"),
        (b"", "type"),
        (archive(), "type"),
        (picture() + archive(), "disguise"),
        (picture("PNG") + archive(), "disguise"),
        (picture("PNG") + b"more", "disguise"),
        (picture("GIF")[:-1] + b"<script>alert(1)</script>;", "disguise"),
        (picture() + b"<?php system('id');", "disguise"),
        (picture() + b"<svg xmlns='http://www.w3.org/2000/svg'/>", "disguise"),
        (picture("WEBP") + b"more", "disguise"),
        (b"%PDF-1.4 cut", "broken"),
        (bomb(30_000), "pixels"),
        (bomb(9_000), "pixels"),
    ],
)
def test_refused(data, code):
    with pytest.raises(BadUpload) as refused:
        inspect(data)
    assert refused.value.code == code


def test_a_bomb_costs_no_memory():
    data = bomb(60_000)
    tracemalloc.start()
    with pytest.raises(BadUpload):
        inspect(data)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000
