"""Formatting carried over: whatever goes in, the visible text comes out; marks are marks and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from bridges.slack.rich import rich, rich_text
from bridges.telegram.format import dressed, marks_in, plain, units
from routing.styled import KINDS, Mark, in_data, marks_of, runs, shifted

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
MARKS = st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70), st.sampled_from(KINDS)), max_size=6)
STYLE = st.fixed_dictionaries(
    {}, optional={kind: st.just(True) for kind in ("bold", "italic", "strike", "code")}
)
INLINE = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": ANY_TEXT.filter(bool), "style": STYLE}),
    max_size=4,
)


def kept(text: str, marks: list[tuple[int, int, str]]) -> tuple[Mark, ...]:
    """The marks as an entry would give them back."""
    return marks_of(in_data(marks), text)


@given(ANY_TEXT, MARKS)
def test_the_pieces_are_the_text_whatever_the_marks(text: str, marks: list[tuple[int, int, str]]) -> None:
    assert "".join(piece for piece, _ in runs(text, marks)) == text
    assert "".join(piece for piece, _ in runs(text, kept(text, marks))) == text


@given(ANY_TEXT, MARKS)
def test_telegram_shows_every_letter_and_no_code_with_something_else(
    text: str, marks: list[tuple[int, int, str]]
) -> None:
    shown = dressed(text, kept(text, marks))
    assert shown.text == text
    entities = shown.entities()
    assert all(e.offset >= 0 and e.length > 0 and e.offset + e.length <= units(text) for e in entities)
    for code in [e for e in entities if e.type in ("code", "pre")]:
        last = code.offset + code.length
        assert [e for e in entities if e.offset < last and code.offset < e.offset + e.length] == [code]


@given(ANY_TEXT, MARKS)
def test_what_telegram_is_shown_is_read_back_as_the_same_marks(
    text: str, marks: list[tuple[int, int, str]]
) -> None:
    shown = dressed(text, kept(text, marks))
    assert dressed(text, marks_in(shown.text, shown.entities())) == shown


@given(ANY_TEXT, ANY_TEXT, MARKS)
def test_slack_shows_every_letter(before: str, text: str, marks: list[tuple[int, int, str]]) -> None:
    (section,) = rich_text(before, text, kept(text, marks))["elements"]
    assert "".join(element["text"] for element in section["elements"]) == before + text
    assert all(element["text"] for element in section["elements"])


@given(st.lists(INLINE, min_size=1, max_size=3), st.sampled_from(["section", "preformatted", "quote"]))
def test_what_slack_is_given_is_read_letter_by_letter(lines: list[list[Any]], kind: str) -> None:
    parts = [{"type": f"rich_text_{kind}", "elements": line} for line in lines]
    found = rich([{"type": "rich_text", "elements": parts}], str)
    assert found is not None
    text, marks = found
    written = "".join(element["text"] for line in lines for element in line)
    assert [c for c in text if c.isalnum()] == [c for c in written if c.isalnum()]
    assert all(0 <= start < end <= len(text) for start, end, _ in marks)


def test_slacks_bold_lists_and_links_are_read_as_people_see_them() -> None:
    def section(*elements: dict[str, Any]) -> dict[str, Any]:
        return {"type": "rich_text_section", "elements": list(elements)}

    first = section(
        {"type": "text", "text": "Porti "},
        {"type": "text", "text": "due foto", "style": {"bold": True}},
        {"type": "text", "text": " e:"},
    )
    items = [
        section({"type": "link", "url": "https://c.example/m", "text": "il modulo"}),
        section({"type": "text", "text": "la ricevuta", "style": {"italic": True}}),
    ]
    listed = {"type": "rich_text_list", "style": "ordered", "elements": items}
    found = rich([{"type": "rich_text", "elements": [first, listed]}], str)
    assert found is not None
    text, marks = found
    assert text == "Porti due foto e:\n1. il modulo (https://c.example/m)\n2. la ricevuta"
    assert [(text[start:end], kind) for start, end, kind in marks] == [
        ("due foto", "bold"),
        ("la ricevuta", "italic"),
    ]


def test_a_quotation_keeps_its_sign_on_every_line_and_its_marks_in_place() -> None:
    elements = [
        {"type": "text", "text": "uno\ndue"},
        {"type": "text", "text": " tre", "style": {"bold": True}},
    ]
    quote = {"type": "rich_text_quote", "elements": elements}
    assert rich([{"type": "rich_text", "elements": [quote]}], str) == (
        "> uno\n> due tre",
        ((11, 15, "bold"),),
    )


DATE = {"type": "date", "timestamp": 0, "format": "{date}"}


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [{"type": "section"}],
        [{"type": "rich_text", "elements": ["?"]}],
        [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [DATE]}]}],
    ],
)
def test_what_slack_says_in_a_way_we_do_not_know_is_left_to_its_plain_text(blocks: list[Any]) -> None:
    assert rich(blocks, str) is None


def test_telegrams_entities_count_in_characters_after_links_are_spelled_out() -> None:
    text = "😀 vedi qui subito"
    entities = [
        MessageEntity(MessageEntity.TEXT_LINK, 8, 3, url="https://c.example/"),
        MessageEntity(MessageEntity.BOLD, 12, 6),
        MessageEntity(MessageEntity.ITALIC, 90, 5),
    ]
    shown = plain(text, entities)
    assert [(shown[start:end], kind) for start, end, kind in marks_in(text, entities)] == [("subito", "bold")]


def test_marks_follow_a_text_that_loses_its_beginning() -> None:
    assert shifted([(0, 1, "bold"), (2, 6, "bold")], 2) == ((0, 4, "bold"),)


def test_what_is_no_mark_is_left_out() -> None:
    odd = {"marks": [[0, 2, "bold"], [0, 2, "script"], [3, 1, "bold"], [0, 99, "bold"], "x", [0, 1]]}
    assert marks_of(odd, "ciao") == ((0, 2, "bold"),)
    assert marks_of({"marks": "x"}, "ciao") == marks_of({}, "ciao") == ()
