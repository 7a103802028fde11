"""Pictures of the demo: a photo of a plate and a hand-drawn signature, as real image bytes."""

from __future__ import annotations

import io
import random
from math import sin

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter


def photo(title: str, lines: tuple[str, ...], seed: int) -> bytes:
    """A JPEG of 1200 × 900: a boiler front with its plate.

    :param title: drawn on the plate; ``lines``: below it; ``seed``: same bytes for the same seed
    """
    rng = random.Random(seed)
    image = Image.new("RGB", (1200, 900), (176, 172, 160))
    draw = ImageDraw.Draw(image)
    for _brick in range(140):
        x, y = rng.randrange(1200), rng.randrange(900)
        shade = 150 + rng.randrange(50)
        draw.rectangle((x, y, x + 90, y + 34), fill=(shade, shade - 6, shade - 16))
    draw.rounded_rectangle((300, 120, 900, 860), 28, fill=(232, 234, 236), outline=(90, 94, 100))
    for index in range(3):
        left = 380 + index * 170
        draw.ellipse((left, 180, left + 110, 290), fill=(250, 250, 246), outline=(60, 60, 60))
        angle = 10 + rng.randrange(90)
        draw.line((left + 55, 235, left + 15 + angle, 200), fill=(190, 30, 30), width=5)
    draw.rectangle((380, 420, 820, 640), fill=(208, 212, 204), outline=(110, 110, 110), width=3)
    draw.text((400, 440), title, fill=(20, 20, 20), font_size=30)
    for index, line in enumerate(lines):
        draw.text((400, 490 + index * 34), line, fill=(40, 40, 40), font_size=24)
    image = _by_hand(image, rng).filter(ImageFilter.GaussianBlur(0.8))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=72)
    return stream.getvalue()


def _by_hand(image: Image.Image, rng: random.Random) -> Image.Image:
    """Return what a hand-held camera sees: no two photos show a thing in the same place and light."""
    width, height = image.size
    turned = image.rotate(rng.uniform(-5, 5), Image.Resampling.BICUBIC)
    left, top = (rng.uniform(0.05, 0.15) * side for side in image.size)
    shown = rng.uniform(0.76, 0.85)
    view = turned.crop((int(left), int(top), int(left + width * shown), int(top + height * shown)))
    return ImageEnhance.Brightness(view.resize(image.size)).enhance(rng.uniform(0.85, 1.1))


def logo(name: str) -> bytes:
    """A PNG of 720 × 160: a flame in a shield beside the company's name."""
    image = Image.new("RGBA", (720, 160), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((8, 8, 152, 152), 30, fill=(31, 78, 121, 255))
    flame = [(80, 26), (116, 76), (110, 122), (80, 138), (50, 122), (44, 86), (62, 70), (66, 88)]
    draw.polygon(flame, fill=(245, 158, 66, 255))
    draw.polygon([(80, 78), (98, 106), (80, 130), (62, 106)], fill=(255, 226, 160, 255))
    draw.text((182, 44), name, fill=(31, 78, 121, 255), font_size=72)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def signature(seed: int) -> bytes:
    """A PNG of 600 × 200 with one stroke, as a finger draws it on a phone."""
    rng = random.Random(seed)
    image = Image.new("RGBA", (600, 200), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    height, pace = 30 + rng.randrange(30), 0.05 + rng.random() * 0.05
    points = [
        (40 + step * 4, 100 + height * sin(step * pace * 3) * (1 - step / 180) - step / 6)
        for step in range(120 + rng.randrange(15))
    ]
    draw.line(points, fill=(16, 32, 96, 255), width=4, joint="curve")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
