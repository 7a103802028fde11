"""Is it the same picture? Real JPEG files of made-up places, encoded, reduced, trimmed, shot again."""

import io
import random
from datetime import datetime

import pytest
from core import pictures
from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

SIZE = (1600, 1200)
SCENES = 6


def paint(rng, draw, count, largest):
    for _number in range(count):
        x, y = rng.randrange(-100, SIZE[0]), rng.randrange(-100, SIZE[1])
        width, height = rng.randrange(20, largest), rng.randrange(20, largest)
        color = tuple(rng.randrange(256) for _channel in range(3))
        shape = rng.choice((draw.rectangle, draw.ellipse))
        shape((x, y, x + width, y + height), fill=color)


def scene(seed, replaced=None):
    """Return a place: large things, small things, light from one side, the sensor's noise.

    :param replaced: seed of what stands in place of something, None for nothing
    """
    rng = random.Random(seed)
    picture = Image.new("RGB", SIZE, tuple(rng.randrange(60, 200) for _channel in range(3)))
    draw = ImageDraw.Draw(picture)
    paint(rng, draw, 14, 700)
    paint(rng, draw, 40, 160)
    if replaced is not None:
        rng = random.Random(replaced)
        x, y = rng.randrange(200, 1000), rng.randrange(200, 700)
        draw.rectangle((x, y, x + 420, y + 380), fill=tuple(rng.randrange(256) for _c in range(3)))
        draw.ellipse((x + 60, y + 60, x + 200, y + 200), fill="white")
    shade = Image.linear_gradient("L").resize(SIZE)
    picture = Image.composite(picture, ImageEnhance.Brightness(picture).enhance(0.5), shade)
    noise = Image.effect_noise(SIZE, 18).convert("RGB")
    return ImageChops.add(picture.filter(ImageFilter.GaussianBlur(1.2)), noise, offset=-128)


def jpeg(picture, quality=80, **options):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def trim(picture, share):
    width, height = picture.size
    left, top = int(width * share), int(height * share * 0.6)
    return picture.crop((left, top, width - int(width * share * 0.8), height - top))


def by_hand(picture, seed, shift, angle):
    """Return what the camera sees that is held a little elsewhere."""
    rng = random.Random(seed)
    width, height = picture.size
    moved = picture.rotate(
        angle * rng.choice((-1, 1)),
        resample=Image.Resampling.BICUBIC,
        translate=(int(width * shift), int(height * shift * rng.choice((-1, 1)))),
    )
    return moved.crop(
        (int(width * 0.07), int(height * 0.07), int(width * 0.93), int(height * 0.93))
    )


def mark(picture, quality=80):
    return pictures.look(jpeg(picture, quality)).fingerprint


def found(new, known):
    """Whether the look-up leads from a new picture to a known one."""
    return any(band in probes for band, probes in zip(known.bands, new.probes, strict=True))


def bits_apart(one, other):
    """What the database counts."""
    return (int(one.fine, 16) ^ int(other.fine, 16)).bit_count()


@pytest.fixture(scope="module")
def places():
    return [scene(seed) for seed in range(SCENES)]


@pytest.fixture(scope="module")
def marks(places):
    return [mark(place) for place in places]


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: (picture, 50),
        lambda picture: (picture.resize((1024, 768)), 60),
        lambda picture: (picture.resize((800, 600)), 70),
        lambda picture: (trim(picture, 0.005), 75),
        lambda picture: (trim(picture, 0.01), 80),
        lambda picture: (ImageEnhance.Brightness(picture).enhance(1.15), 80),
    ],
    ids=["encoded", "1024", "800", "trimmed-0.5%", "trimmed-1%", "brighter"],
)
def test_the_same_picture_is_found_again(places, marks, change):
    for place, known in zip(places, marks, strict=True):
        again = mark(*change(place))
        assert found(again, known)
        assert bits_apart(again, known) <= pictures.SAME_WITHIN
        assert pictures.same_picture(again.grey, known.grey)


@pytest.mark.parametrize("held", ["tripod", "hand"])
def test_before_and_after_are_two_pictures(places, marks, held):
    """The same place from the same spot, with something replaced: never taken for one picture."""
    for seed, (place, known) in enumerate(zip(places, marks, strict=True)):
        after = scene(seed, replaced=seed + 9999)
        if held == "hand":
            known, after = mark(by_hand(place, 1, 0, 0)), by_hand(after, seed, 0.015, 1)
        assert not pictures.same_picture(mark(after).grey, known.grey)


def test_two_shots_by_hand_are_two_pictures(places):
    for seed, place in enumerate(places):
        one, other = by_hand(place, 1, 0, 0), by_hand(place, seed, 0.03, 2)
        assert not pictures.same_picture(mark(one).grey, mark(other).grey)


def test_other_places_are_never_the_same(marks):
    for at, one in enumerate(marks):
        for other in marks[at + 1 :]:
            assert not pictures.same_picture(one.grey, other.grey)


def test_a_plain_wall_and_the_dark_have_no_fingerprint():
    dark = ImageChops.add(
        Image.new("RGB", SIZE, "black"), Image.effect_noise(SIZE, 12).convert("RGB"), offset=-120
    )
    for plain in (Image.new("RGB", SIZE, "beige"), dark):
        assert mark(plain) is None


def test_a_turned_photo_is_turned_upright(places, marks):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned = places[0].transpose(Image.Transpose.ROTATE_90)
    again = pictures.look(jpeg(turned, exif=exif)).fingerprint
    assert pictures.same_picture(again.grey, marks[0].grey)


def exif_with(date=None, latitude=None, longitude=None, refs=("N", "W")):
    exif = Image.Exif()
    if date:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = date
    if latitude:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: refs[0],
                ExifTags.GPS.GPSLatitude: latitude,
                ExifTags.GPS.GPSLongitudeRef: refs[1],
                ExifTags.GPS.GPSLongitude: longitude,
            }
        )
    return exif


def look_at(exif):
    return pictures.look(jpeg(Image.new("RGB", (64, 48), "navy"), exif=exif))


def test_exif_says_when_and_where():
    exif = exif_with("2026:10:02 14:05:09", (48.0, 30.0, 0.0), (4.0, 6.0, 36.0))
    seen = look_at(exif)
    assert seen.taken == datetime(2026, 10, 2, 14, 5, 9)
    assert seen.place == pytest.approx((48.5, -4.11))


@pytest.mark.parametrize("date", ["0000:00:00 00:00:00", "yesterday", "2026:13:40 99:00:00", ""])
def test_a_date_that_is_none(date):
    assert look_at(exif_with(date)).taken is None


def test_a_place_that_is_none():
    assert look_at(exif_with(latitude=(0.0, 0.0, 0.0), longitude=(0.0, 0.0, 0.0))).place is None
    assert look_at(exif_with(latitude=(99.0, 0.0, 0.0), longitude=(4.0, 0.0, 0.0))).place is None


def test_metres():
    assert pictures.metres((48.0, -4.1), (48.0, -4.1)) == 0
    # A minute of latitude is a nautical mile.
    assert pictures.metres((48.0, -4.1), (48.0 + 1 / 60, -4.1)) == pytest.approx(1852, abs=3)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4", b"\xff\xd8\xff\xe0broken"])
def test_what_is_no_picture_says_nothing(data):
    assert pictures.look(data) == pictures.Look()
