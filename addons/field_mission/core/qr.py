"""QR codes inside a page."""

from __future__ import annotations

import base64
import io

import qrcode


def make_qr(text: str) -> str:
    """Return a QR code as a PNG data address."""
    code = qrcode.QRCode(border=0, box_size=4, error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(text)
    buffer = io.BytesIO()
    code.make_image().save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
