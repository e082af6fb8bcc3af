"""The texts that templates and scripts are given: the citizens' (`texts`), and the desk's, which stand here."""

from collections.abc import Callable
from typing import Final, Literal, TypedDict

from texts import LANGUAGES, Language, Text, Words, choose
from web.texts import en, it

DESK: Final[dict[str, dict[str, str]]] = {"it": it.TEXTS, "en": en.TEXTS}
"""What operators read at the desk, in the languages that operators are spoken to in."""

# Texts that a page's template and its script both show.
SHARED: Final = frozenset(
    {
        "you",
        "edited",
        "deleted",
        "operator_joined",
        "ended",
        "rating_thanks",
        "new_window",
        "unread_title",
        "text",
        "text_more",
    }
)
SCRIPTS: Final[dict[str, tuple[str, ...]]] = {
    "chat": ("live_", "error_", "errors_", "state_", "progress_"),
    "desk": ("desk_live_", "desk_nameless", "desk_visitor", "desk_taken_by", "live_reactions"),
}


class PageTexts(TypedDict):
    """What every template needs: `**page_texts(words)` in `render_template`."""

    lang: str
    locale: str
    direction: Literal["ltr", "rtl"]
    languages: list[Language]
    t: Callable[..., str]
    script_texts: Callable[[str], dict[str, Text]]


class ButtonTexts(TypedDict):
    """The texts of the red button and its panel: `texts` in the answer of `GET /api/status`."""

    button: str
    state: str
    close: str
    unread: str


def page_texts(words: Words) -> PageTexts:
    """The part of a template's context that depends on the language only."""
    return PageTexts(
        lang=words.language.code,
        locale=words.language.tag,
        direction=words.language.direction,
        languages=list(LANGUAGES.values()),
        t=words,
        script_texts=lambda page: script_texts(words, page),
    )


def desk_words(*wishes: str | None, default: str) -> Words:
    """The desk's texts in the first wish that operators are spoken to in, and the citizens' that it shows."""
    spoken = [wish for wish in wishes if choose(wish, default="") in DESK]
    language = LANGUAGES[choose(*spoken, default=default)]
    return Words(language, {**language.texts, **DESK[language.code]})


def script_texts(words: Words, page: str) -> dict[str, Text]:
    """The texts a page's script shows by itself, places unfilled; `page` is a key of `SCRIPTS`."""
    wanted = SCRIPTS[page]
    return {key: text for key, text in words.texts.items() if key in SHARED or key.startswith(wanted)}


def button_texts(words: Words, *, is_open: bool, button: str) -> ButtonTexts:
    """The button's texts; `button` is the one on the button itself."""
    return ButtonTexts(
        button=button,
        state=words("button_open" if is_open else "button_closed"),
        close=words("panel_close"),
        unread=words("panel_unread"),
    )
