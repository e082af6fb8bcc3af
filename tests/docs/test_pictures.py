"""``docs/pictures.md`` shows every state there is, and no picture that nobody makes."""

import re
from pathlib import Path

from tests.browser.states import CLOSED, LETTERS, OPEN

DOCS = Path(__file__).parents[2] / "docs"


def test_every_state_has_its_picture_and_every_picture_its_state() -> None:
    shown = re.findall(r"!\[[^]]+\]\(images/([a-z0-9-]+)\.png\)", (DOCS / "pictures.md").read_text())
    assert sorted(shown) == sorted({*OPEN, *CLOSED, *LETTERS})
    assert {path.stem for path in (DOCS / "images").glob("*.png")} == {*OPEN, *CLOSED, *LETTERS}
