"""What the bytes of a photo say about when, where and whether it was taken before.

A fingerprint is a difference hash (dHash): whether each cell of a small grey picture is brighter
than its neighbour. 64 coarse bits, in four bands of 16, find candidates through an index: two
pictures are candidates where one band is the same, give or take the bits that were hardly decided.
256 fine ones, and the sizes of the steps behind them, then tell the same picture from another one of
the same place.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from PIL import ExifTags, Image, ImageOps

#: Measured on generated scenes (``tests/pure/test_pictures.py``). Encoded again, reduced, brightened
#: or trimmed by up to a percent at each side, a picture differs from itself in at most 26 bits of
#: 256, 4 of them sure, and one step changes by 24 grey levels. Of two shots from one spot between
#: which something was replaced (before and after a repair) four steps or more do, and of two shots
#: by hand three or more: the bounds lie between.
SAME_WITHIN = 40
SURELY_TURNED = 7
LARGE_CHANGE = 24
LARGE_CHANGES = 1
BAND_BITS = 16
#: Least decided bits of a band that are tried both ways.
WEAK_BITS = 4
#: A step between two cells that JPEG or noise can't turn round, in grey levels.
SURE_STEP = 2
#: Below this share of sure steps a picture (a wall, the dark) is too plain to be told from another.
PLAIN = 0.35

FINE = (16, 16)
COARSE = (8, 8)
EARTH = 6_371_000
EXIF_DATE = "%Y:%m:%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What one picture looks like.

    :param fine: 64 hexadecimal digits, compared bit by bit
    :param grey: the small grey picture that they come from, in hexadecimal digits
    :param bands: four 16-bit numbers, what a look-up goes by
    :param probes: for each band, the numbers under which the same picture may stand
    """

    fine: str
    grey: str
    bands: tuple[int, ...]
    probes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a file says.

    :param fingerprint: None where the picture is too plain, or no picture
    :param taken: the camera's local time, None where the file doesn't say
    :param place: latitude and longitude in degrees, None where the file doesn't say
    """

    fingerprint: Fingerprint | None = None
    taken: datetime | None = None
    place: tuple[float, float] | None = None


def look(data: bytes) -> Look:
    """Return what the bytes of a photo say; nothing where they are no picture.

    :param data: the whole file, whose size in pixels was checked before
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            exif = picture.getexif()
            # A JPEG is decoded at the size that is needed, an eighth of the work.
            picture.draft("L", (256, 256))
            upright = ImageOps.exif_transpose(picture).convert("L")
            return Look(fingerprint(upright), taken_on(exif), place_of(exif))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return Look()


# ------------------------------------------------------------------ fingerprint


def fingerprint(picture: Image.Image) -> Fingerprint | None:
    """Return the fingerprint of a grey picture, None where it is too plain for one."""
    grey = shrink(picture, FINE)
    fine = steps(grey, FINE)
    if sum(abs(step) >= SURE_STEP for step in fine) < PLAIN * len(fine):
        return None
    coarse = steps(shrink(picture, COARSE), COARSE)
    parts = [coarse[at : at + BAND_BITS] for at in range(0, len(coarse), BAND_BITS)]
    return Fingerprint(
        fine=f"{_number(fine):064x}",
        grey=grey.hex(),
        bands=tuple(_number(part) for part in parts),
        probes=tuple(_probes(part) for part in parts),
    )


def same_picture(one: str, other: str) -> bool:
    """Whether two pictures are one, encoded, reduced or trimmed differently.

    :param one: the ``grey`` of a fingerprint
    :param other: the same of the other picture
    """
    pairs = list(
        zip(steps(bytes.fromhex(one), FINE), steps(bytes.fromhex(other), FINE), strict=True)
    )
    turned = sum((a > 0) != (b > 0) for a, b in pairs if min(abs(a), abs(b)) >= SURE_STEP)
    changed = sum(abs(a - b) >= LARGE_CHANGE for a, b in pairs)
    return turned <= SURELY_TURNED and changed <= LARGE_CHANGES


def shrink(picture: Image.Image, size: tuple[int, int]) -> bytes:
    """Return a grey picture in few cells, one more a row than there are steps.

    :param size: columns and rows of steps
    """
    return picture.resize((size[0] + 1, size[1]), Image.Resampling.BOX).tobytes()


def steps(grey: bytes, size: tuple[int, int]) -> list[int]:
    """Return how much brighter each cell is than the one on its left, row by row.

    :param grey: see :func:`shrink`
    :param size: columns and rows of steps
    """
    columns, rows = size
    width = columns + 1
    return [
        grey[row * width + column + 1] - grey[row * width + column]
        for row in range(rows)
        for column in range(columns)
    ]


def _number(part: Iterable[int]) -> int:
    number = 0
    for step in part:
        number = number * 2 + (step > 0)
    return number


def _probes(part: list[int]) -> tuple[int, ...]:
    """Return a band's number with its least decided bits both ways."""
    number = _number(part)
    by_strength = sorted(range(len(part)), key=lambda at: abs(part[at]))
    weak = [1 << (len(part) - 1 - at) for at in by_strength[:WEAK_BITS]]
    flips = (sum(some) for count in range(len(weak) + 1) for some in combinations(weak, count))
    return tuple(number ^ flip for flip in flips)


# ------------------------------------------------------------------ EXIF


def taken_on(exif: Image.Exif) -> datetime | None:
    """Return when a photo was taken by its camera's local clock."""
    details = exif.get_ifd(ExifTags.IFD.Exif)
    for text in (
        details.get(ExifTags.Base.DateTimeOriginal),
        details.get(ExifTags.Base.DateTimeDigitized),
    ):
        try:
            return datetime.strptime(str(text).strip("\0 "), EXIF_DATE)
        except ValueError:
            continue
    return None


def place_of(exif: Image.Exif) -> tuple[float, float] | None:
    """Return where a photo was taken, in degrees."""
    details = exif.get_ifd(ExifTags.IFD.GPSInfo)
    latitude = _degrees(details, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S")
    longitude = _degrees(details, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W")
    if latitude is None or longitude is None or (not latitude and not longitude):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two places given in degrees."""
    (south, west), (north, east) = (map(math.radians, place) for place in (one, other))
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(half))


def _degrees(details: dict, name: int, reference: int, negative: str) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in details[name])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    # Not a number where a camera wrote 0/0.
    if value != value:
        return None
    return -value if str(details.get(reference, "")).strip("\0 ").upper() == negative else value
