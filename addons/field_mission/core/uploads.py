"""Whether bytes that somebody sent are the picture or document that they seem to be.

Nothing is decoded: the size of a picture is in its first bytes, so that one of a gigapixel costs
nothing to refuse.
"""

import io
import re
import warnings

# Odoo keeps Pillow to a few formats; those imported here are known whatever it does.
from PIL import (
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

PLUGINS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin, GifImagePlugin)

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
PDF = "application/pdf"
# A good phone's sensor; the app sends two million.
MOST_PIXELS = 60_000_000
# What a browser or a server might run, wherever it stands in the file. Long enough words: the
# noise of three megabytes of picture must not spell one of them by chance.
RUNNABLE = re.compile(
    rb"<script[\s>/]|<html[\s>]|<iframe|<svg[^>]{0,200}xmlns|<\?php|<!doctype|javascript:",
    re.IGNORECASE,
)
ZIP_END = b"PK\x05\x06"
ZIP_END_SIZE = 22
PNG_END = b"IEND\xaeB`\x82"


class BadUpload(ValueError):
    """The bytes are refused; ``code`` says why: ``type``, ``broken``, ``pixels``, ``disguise``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def inspect(data: bytes) -> str:
    """Return the type of a picture or PDF by its bytes, whatever its name says.

    :param data: the whole file
    :return: MIME type, one of those accepted
    :raises BadUpload: anything else, or something that is two things at once
    """
    if data.startswith(b"%PDF-"):
        if b"%%EOF" not in data[-1024:]:
            raise BadUpload("broken")
        return PDF
    kind = _picture_format(data)
    if RUNNABLE.search(data) or _is_archive(data) or not _ends_where_it_should(kind, data):
        raise BadUpload("disguise")
    return FORMATS[kind]


def _picture_format(data: bytes) -> str:
    """Return the format of a picture, from its header alone."""
    try:
        with warnings.catch_warnings():
            # Pillow's own limit warns first; ours is the one that counts.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(FORMATS)) as picture:
                width, height = picture.size
                kind = picture.format or ""
    except UnidentifiedImageError as error:
        raise BadUpload("type") from error
    except Image.DecompressionBombError as error:
        raise BadUpload("pixels") from error
    except (OSError, ValueError, SyntaxError, IndexError, OverflowError) as error:
        raise BadUpload("broken") from error
    if width * height > MOST_PIXELS:
        raise BadUpload("pixels")
    return kind


def _is_archive(data: bytes) -> bool:
    """Tell whether the file is an archive, too: these are read from their end."""
    at = data.rfind(ZIP_END, max(0, len(data) - 70_000))
    if at < 0 or at + ZIP_END_SIZE > len(data):
        return False
    comment = int.from_bytes(data[at + ZIP_END_SIZE - 2 : at + ZIP_END_SIZE], "little")
    return at + ZIP_END_SIZE + comment == len(data)


def _ends_where_it_should(kind: str, data: bytes) -> bool:
    """Tell whether nothing is hung on behind the picture.

    Cameras hang films and depth maps behind a JPEG, so that its end says nothing.
    """
    if kind == "PNG":
        return data.endswith(PNG_END)
    if kind == "GIF":
        return data.rstrip(b"\x00").endswith(b";")
    if kind == "WEBP":
        return len(data) - 8 <= int.from_bytes(data[4:8], "little") + 1
    return True
