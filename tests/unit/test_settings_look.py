"""The button's look: the contrast of its colours as WCAG counts it, and the logo's file."""

from pathlib import Path

import pytest

from settings import Settings, read
from settings.look import contrast

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'
FILE = "office: {name: URP}\nhours: {mon: 08:30-13:00}\nwidget: {logo: logo.svg}\n"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.478),
        ("#767676", "#ffffff", 4.542),
        ("#ff0000", "#ffffff", 3.998),
        ("#0000ff", "#ffffff", 8.592),
    ],
)
def test_the_contrast_is_that_of_the_published_tables(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)


def told(folder: Path, before: Settings | None = None) -> tuple[bytes | None, list[str]]:
    """The logo's content, and what is said of it."""
    loaded = read(folder / "config.yaml", before=before)
    logo = loaded.settings.widget.logo
    assert logo is not None
    return logo.content, [str(note).removeprefix(f"{folder}/") for note in loaded.notes]


def test_a_logo_that_is_missing_too_large_or_no_picture_is_said_so_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(FILE)
    start = "config.yaml:3: widget.logo: found"
    assert told(tmp_path) == (
        b"",
        [
            f"{start} that it cannot be read (no such file or directory), "
            "expected a file that is there and may be read; until then none is seen (column 16)"
        ],
    )
    (tmp_path / "logo.svg").write_bytes(SVG + b" " * 60_000)
    _, (said,) = told(tmp_path)
    assert said.startswith(f"{start} 58 KiB, expected a picture of at most 50 KiB; until then none is seen")
    (tmp_path / "logo.svg").write_bytes(b"GIF89a")
    _, (said,) = told(tmp_path)
    assert said.startswith(
        f"{start} something else, expected a picture in the format that its name says (.svg)"
    )


def test_a_logo_that_breaks_later_is_seen_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(FILE)
    (tmp_path / "logo.svg").write_bytes(SVG)
    assert told(tmp_path) == (SVG, [])
    before = read(tmp_path / "config.yaml").settings
    (tmp_path / "logo.svg").unlink()
    content, (said,) = told(tmp_path, before)
    assert content == SVG
    assert "until then the one before is seen" in said
