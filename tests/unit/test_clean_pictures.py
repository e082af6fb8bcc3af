"""What a picture hides is taken out, and what is to be seen stays as it was."""

import io
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from routing.files import type_of
from routing.pictures import NotCleaned, cleaned, preview
from tests import pictures

EACH = [
    pytest.param(pictures.jpeg(), "image/jpeg", id="jpeg"),
    pytest.param(pictures.png(), "image/png", id="png"),
    pytest.param(pictures.webp(), "image/webp", id="webp"),
    pytest.param(pictures.HEIC, "image/jpeg", id="heic"),
    pytest.param(pictures.moving("GIF"), "image/gif", id="gif"),
    pytest.param(pictures.moving("WEBP"), "image/webp", id="moving webp"),
    pytest.param(pictures.moving("PNG"), "image/png", id="moving png"),
]


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "film.mp4", "foto.jpg", "senza"])
def test_a_picture_is_known_as_one_whatever_its_name(name: str) -> None:
    assert type_of(pictures.HEIC, name) == "image/heic"
    assert type_of(pictures.jpeg(), name) == "image/jpeg"
    assert type_of(pictures.png(), name) == "image/png"
    assert type_of(pictures.webp(), name) == "image/webp"
    assert type_of(pictures.moving("GIF"), name) == "image/gif"
    film = bytes.fromhex("0000002066747970") + b"isom\0\0\2\0isomiso2avc1mp41" + bytes(64)
    assert type_of(film, name) == "video/mp4"


def colour(picture: Image.Image, at: tuple[int, int]) -> str:
    """Red or blue, whatever compressing made of it."""
    red, _, blue = picture.convert("RGB").getpixel(at)  # type: ignore[misc]
    return "red" if red > 180 and blue < 90 else "blue" if blue > 180 and red < 90 else f"{red} {blue}"


@pytest.mark.parametrize(("content", "kind"), EACH)
def test_nothing_of_where_when_and_with_what_it_was_taken_is_left(content: bytes, kind: str) -> None:
    assert any(secret in content for secret in pictures.SECRETS)
    clean, found = cleaned(content)
    assert found == kind
    assert not [secret for secret in (*pictures.SECRETS, b"Exif", b"xmp") if secret in clean]
    assert dict(pictures.opened(clean).getexif()) == {}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_as_the_phone_was_held(orientation: int) -> None:
    shown = pictures.opened(cleaned(pictures.jpeg(orientation))[0])
    turned = orientation >= 5
    assert shown.size == ((32, 64) if turned else (64, 32))
    wide, high = shown.size
    first, last = (4, 4), (wide - 5, high - 5)
    mirrored = orientation in (2, 3, 7, 8)
    assert (colour(shown, first), colour(shown, last)) == (("blue", "red") if mirrored else ("red", "blue"))


def test_an_iphones_photo_becomes_one_that_all_programs_show_and_stands_upright() -> None:
    shown = pictures.opened(cleaned(pictures.HEIC)[0])
    assert (shown.format, shown.size) == ("JPEG", (32, 64))
    assert (colour(shown, (16, 8)), colour(shown, (16, 56))) == ("red", "blue")


def test_a_jpeg_keeps_its_fineness() -> None:
    before, after = pictures.opened(pictures.jpeg()), pictures.opened(cleaned(pictures.jpeg())[0])
    assert after.quantization == before.quantization  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_picture_that_moves_still_does(kind: str) -> None:
    shown = pictures.opened(cleaned(pictures.moving(kind))[0])
    assert shown.n_frames == 3  # type: ignore[attr-defined]
    found = []
    for number in range(3):
        shown.seek(number)
        shown.load()
        found.append((colour(shown, (4, 4)), shown.info["duration"]))
    assert found == [("red", 500), ("blue", 250), ("red", 500)]


def test_what_can_be_seen_through_stays_so() -> None:
    for mode in ("RGBA", "LA", "P"):
        picture = Image.new("RGBA", (16, 16), (255, 0, 0, 0)).convert(mode)
        clean = pictures.opened(cleaned(pictures.png(picture))[0]).convert("RGBA")
        assert clean.getpixel((8, 8))[3] == 0, mode  # type: ignore[index]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pictures.jpeg()[:400], id="a photo that is cut off"),
        pytest.param(pictures.png()[:60], id="a picture without pixels"),
        pytest.param(pictures.HEIC[:500], id="an iPhone's that is cut off"),
        pytest.param(b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00", id="a head alone"),
        pytest.param(b"%PDF-1.4", id="no picture"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_cannot_be_read_is_not_passed_on(content: bytes) -> None:
    with pytest.raises(NotCleaned):
        cleaned(content)


def test_a_few_kilobytes_that_would_fill_the_memory_are_not_unfolded() -> None:
    for look in (cleaned, preview):
        with pytest.raises(NotCleaned):
            look(pictures.bomb())
    many = io.BytesIO()
    frame = Image.new("P", (4000, 4000))
    frame.save(many, "GIF", save_all=True, append_images=[Image.new("P", (4000, 4000), n) for n in (1, 2, 3)])
    with pytest.raises(NotCleaned, match="50 MP"):
        cleaned(many.getvalue())


@given(st.sampled_from([pictures.jpeg(6), pictures.png(), pictures.webp()]), st.data())
def test_a_picture_that_is_broken_anywhere_is_refused_or_clean_and_nothing_else(
    content: bytes, data: st.DataObject
) -> None:
    broken = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        clean, _ = cleaned(bytes(broken))
    except NotCleaned:
        return
    assert not [secret for secret in pictures.SECRETS if secret in clean]


def test_an_iphones_photo_that_its_decoder_dies_of_is_refused_and_harms_nobody() -> None:
    broken, chance = 0, Random(1)
    for _ in range(40):
        content = bytearray(pictures.HEIC)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(8, len(content))] = chance.randrange(256)
        try:
            clean, _ = cleaned(bytes(content))
        except NotCleaned:
            broken += 1
        else:
            assert not [secret for secret in pictures.SECRETS if secret in clean]
    assert broken


def test_a_preview_is_small_whatever_the_picture() -> None:
    large = cleaned(pictures.jpeg(picture=pictures.scene(4000, 3000)))[0]
    small, kind = preview(large)
    assert (kind, pictures.opened(small).size) == ("image/jpeg", (480, 360))
    assert len(small) < len(large) / 10
    assert preview(pictures.png(Image.new("RGBA", (16, 16), (255, 0, 0, 0))))[1] == "image/png"
