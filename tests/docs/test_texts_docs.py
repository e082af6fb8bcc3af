"""``docs/texts.md`` lists the texts as they are."""

from pathlib import Path

from texts.__main__ import page


def test_the_page_is_current() -> None:
    written = (Path(__file__).parents[2] / "docs" / "texts.md").read_text()
    assert written == "".join(f"{line}\n" for line in page()), "run: python -m texts > docs/texts.md"
