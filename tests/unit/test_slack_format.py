"""Text on its way to and from Slack: nothing lost, nothing obeyed, nothing too long."""

import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bridges.slack import setup
from bridges.slack.blocks import SECTION_LIMIT
from bridges.slack.client import is_slack
from bridges.slack.format import cut, escape, one_line, people, plain, split, unescape, unmarked
from bridges.slack.ids import SEND, Choice, choice_of, message_key, reference, ts_of
from bridges.slack.render import FilePart, Part, TextPart, Words, parts
from models.journal import Record
from models.tables import Author, Kind, State, What
from routing.bridge import ConversationInfo
from routing.glance import Glance
from tests.platforms.slack.blocks import check_blocks
from tests.platforms.slack.text import mentions, seen_blocks

WORDS = Words("it", "URP – Comune di Prova", ZoneInfo("Europe/Rome"))
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=400)
HOSTILE = st.lists(
    st.sampled_from(
        ["<!channel>", "<@U1>", "&lt;", "&", "<", ">", "|", "*b*", "@here", "\n", " ", "a", "😀"]
    ),
    min_size=1,
).map("".join)
NAMES = {"U1": "Marco Rossi", "W2": "Anna <b> & Co"}


def conversation(**changes: object) -> ConversationInfo:
    values: dict[str, object] = {
        "id": "c" * 16, "kind": Kind.CHAT, "state": State.WAITING, "token_hash": "", "name": "Maria Rossi",
        "department": None, "page": "https://www.comune.example/tributi/imu?x=1", "lang": "it",
        "taken_by": None, "blocked": False, "created_at": 0,
    }  # fmt: skip
    return ConversationInfo(**(values | changes))  # type: ignore[arg-type]


def entry(kind: str = What.MESSAGE, text: str = "Buongiorno", **changes: object) -> Record:
    values: dict[str, object] = {
        "conversation_id": "c" * 16, "seq": 1, "kind": kind, "origin": "visitor", "origin_key": "k",
        "author": Author.VISITOR, "name": "Maria Rossi", "text": text, "target": None, "data": {},
        "created_at": 1_800_000_000_000,
    }  # fmt: skip
    return Record(**(values | changes))  # type: ignore[arg-type]


def made(*entries: Record, words: Words = WORDS, headed: bool = False, **info: object) -> list[Part]:
    return parts(conversation(**info), entries, words, headed=headed)


def text_parts(found: list[Part]) -> list[TextPart]:
    return [part for part in found if isinstance(part, TextPart)]


def seen(found: list[Part]) -> str:
    """What people see of the messages."""
    return "\n".join(seen_blocks(list(part.blocks), str) for part in text_parts(found))


def plainly(text: str, blocks: list[Any] | None = None) -> str:
    return plain(text, lambda user: NAMES.get(user, "@…"), blocks or [])


# Out ---------------------------------------------------------------------------------------------


@given(st.one_of(ANY_TEXT, HOSTILE))
def test_escaped_text_comes_back_as_it_was_and_calls_nobody(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not set("<>") & set(escape(text))
    assert mentions(escape(text), []) == set()


@given(HOSTILE, st.booleans())
def test_whatever_a_citizen_writes_slack_takes_it_and_obeys_nothing(text: str, headed: bool) -> None:
    record = entry(text=f"{text}.", name=text)
    found = made(record, headed=headed, name=text, page=text)
    for part in text_parts(found):
        check_blocks([dict(block) for block in part.blocks])
        assert mentions(part.text, list(part.blocks)) == set()
        assert "mrkdwn" not in str(part.blocks)
    assert f"{text}." in seen(found)


@given(st.text(st.sampled_from("ab \n😀"), max_size=300), st.integers(2, 40))
def test_a_split_text_loses_only_the_gaps_it_is_split_at(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_text_is_split_between_words() -> None:
    assert split("uno due tre quattro", 9) == ["uno due", "tre", "quattro"]


@given(HOSTILE, st.integers(6, 30))
def test_a_text_that_is_cut_ends_in_a_whole_character(text: str, most: int) -> None:
    short = cut(escape(text), most)
    assert len(short) <= most
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", short)


def test_half_a_character_is_shown_as_unreadable_and_not_refused() -> None:
    assert escape("a\ud83d") == "a\ufffd"


def test_a_name_cannot_play_with_lines_or_marks() -> None:
    assert one_line("Anna\n\u202eRossi\x00", 20) == "Anna Rossi"
    assert one_line("a" * 30, 10) == "a" * 9 + "…"
    assert not set("*_~`") & set(unmarked("*Anna* _x_ ~y~ `z`"))


@pytest.mark.parametrize("length", [1, 2999, 3000, 3001, 4000, 9001, 40_000])
def test_a_long_text_is_shown_whole_in_messages_that_slack_takes(length: int) -> None:
    text = ("parola " * (length // 7 + 1))[:length].strip() or "x"
    many = tuple(f"Ufficio {number} {'x' * 50}" for number in range(80))
    words = Words("it", "URP", ZoneInfo("Europe/Rome"), many)
    found = made(entry(text=text), words=words, headed=True, department="D" * 100, name="N" * 100)
    shown = ""
    for part in text_parts(found):
        check_blocks([dict(block) for block in part.blocks])
        assert len(part.text) <= 40_000
        shown += " ".join(b["text"]["text"] for b in part.blocks if b["type"] == "section") + " "
        assert all(len(b["text"]["text"]) <= SECTION_LIMIT for b in part.blocks if b["type"] == "section")
    assert shown.split() == text.split()
    assert len(found) == -(-len(split(text, SECTION_LIMIT)) // 3)


def test_a_conversation_opens_with_who_it_is_and_what_can_be_done() -> None:
    (part,) = text_parts(made(entry(), headed=True, department="Tributi"))
    assert seen([part]).splitlines() == [
        "Nuova conversazione",
        "Nome: Maria Rossi Pagina: https://www.comune.example/tributi/imu?x=1 Lingua: it Ufficio: Tributi",
        "Buongiorno",
    ]
    assert [element["action_id"] for element in part.blocks[-1]["elements"]] == [
        "take",
        "close",
        "pass",
        "block",
    ]
    assert part.text == "Nuova conversazione · Maria Rossi\nMaria Rossi: Buongiorno"


def test_a_conversation_that_is_taken_or_closed_says_so_at_its_top() -> None:
    now = Glance("🟢", ("Se ne occupa Anna Bianchi",))
    taken = text_parts(parts(conversation(taken_by="Anna"), (entry(),), WORDS, headed=True, now=now))
    assert "🟢 Se ne occupa Anna Bianchi" in seen(taken)
    over = Glance("✅", ("Chiusa da Anna", "Valutazione: 5/5"))
    (closed,) = text_parts(parts(conversation(state=State.CLOSED), (entry(),), WORDS, headed=True, now=over))
    assert seen([closed]).endswith("✅ Chiusa da Anna Valutazione: 5/5")
    assert "actions" not in [block["type"] for block in closed.blocks]


LINES: list[tuple[Record, str]] = [
    (entry(), "👤 Maria Rossi\nBuongiorno"),
    (entry(name=None), "👤 Cittadino\nBuongiorno"),
    (entry(author=Author.OPERATOR, name="Luca Verdi"), "Luca Verdi: Buongiorno"),
    (entry(author=Author.SYSTEM, name=None), "Buongiorno"),
    (entry(What.EDITED, "Salve", author=Author.OPERATOR, name="Luca"), "Luca: Salve (modificato)"),
    (entry(What.NOTE, "urgente", author=Author.OPERATOR, name="Luca"), "📝 Luca: urgente"),
    (entry(What.OPERATOR, "", author=Author.OPERATOR, name="Luca"), "Se ne occupa Luca"),
    (entry(What.CLOSED, "", author=Author.OPERATOR, name="Luca"), "Conversazione chiusa da Luca"),
    (entry(What.CLOSED, ""), "Il cittadino ha chiuso la conversazione"),
    (entry(What.REOPENED, "", author=Author.SYSTEM), "Conversazione riaperta"),
    (entry(What.BLOCKED, "", author=Author.OPERATOR, name="Luca"), "Cittadino bloccato da Luca"),
    (entry(What.PASSED, "", data={"department": "Tributi"}), "Passata a Tributi"),
    (entry(What.RATING, "", data={"score": 4, "comment": None}), "Valutazione del cittadino: 4/5"),
    (entry(What.ANSWER, "Comandi: …", author=Author.SYSTEM), "Comandi: …"),
]


@pytest.mark.parametrize(("record", "expected"), LINES, ids=lambda value: getattr(value, "kind", ""))
def test_each_thing_that_happens_has_its_line(record: Record, expected: str) -> None:
    assert seen(made(record)) == expected


def test_messages_that_waited_stand_in_one_message_each_with_its_time() -> None:
    first = entry(text="uno", created_at=1_800_000_000_000)
    second = entry(text="due", seq=2, created_at=1_800_000_065_000)
    assert seen(made(first, second)) == "09:00 Maria Rossi: uno\n09:01 Maria Rossi: due"


def test_a_file_goes_with_its_senders_name_and_has_words_in_its_place() -> None:
    data = {"name": "mo*du*lo.pdf", "size": 12_000, "key": "k", "type": "application/pdf"}
    (file,) = made(entry(What.FILE, "", data=data, name="<!here> *Anna*"))
    assert isinstance(file, FilePart)
    assert mentions(file.comment, []) == set()
    assert "*" not in file.comment
    assert "mo*du*lo.pdf" in file.instead.text


def test_a_file_with_a_caption_or_at_the_start_has_its_words_first() -> None:
    data = {"name": "a.pdf", "size": 1, "key": "k"}
    captioned = made(entry(What.FILE, "il modulo", data=data))
    assert [type(part) for part in captioned] == [TextPart, FilePart]
    opening = made(entry(What.FILE, "", data=data), headed=True)
    assert [type(part) for part in opening] == [TextPart, FilePart]
    assert "Nuova conversazione" in seen(opening)


# In ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Salve &amp; benvenuta &lt;3", "Salve & benvenuta <3"),
        ("&amp;lt; resta", "&lt; resta"),
        ("chieda a <@U1>", "chieda a Marco Rossi"),
        ("chieda a <@U1|marco> o <@W2>", "chieda a Marco Rossi o Anna <b> & Co"),
        ("chieda a <@U9>", "chieda a @…"),
        ("in <#C1|urp> o <#C2|>", "in #urp o #C2"),
        ("<!here> <!channel> <!subteam^S1|@urp>", "@here @channel @urp"),
        ("<!date^1392734382^{date}|18 febbraio>", "18 febbraio"),
        ("<https://c.example/a?b=1&amp;c=2>", "https://c.example/a?b=1&c=2"),
        ("<https://c.example/|c.example>", "https://c.example/"),
        ("<https://c.example/imu|il modulo>", "il modulo (https://c.example/imu)"),
        ("<mailto:urp@c.example|urp@c.example>", "urp@c.example"),
        ("<tel:+39055|+39055>", "+39055"),
        ("bene :smile: *molto*", "bene :smile: *molto*"),
    ],
)
def test_an_operators_notation_is_read_as_people_would(written: str, read: str) -> None:
    assert plainly(written) == read


@given(ANY_TEXT)
def test_what_an_operator_types_arrives_letter_by_letter(text: str) -> None:
    assert plainly(escape(text)) == text


def test_emoji_that_slack_explains_become_characters() -> None:
    elements = [
        {"type": "emoji", "name": "+1", "unicode": "1f44d-1f3fb", "skin_tone": 2},
        {"type": "emoji", "name": "smile", "unicode": "1f604"},
        {"type": "emoji", "name": "comune", "url": "https://c.example/x.png"},
        {"type": "emoji", "name": "odd", "unicode": "zz"},
    ]
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}]
    assert plainly(":+1::skin-tone-2: :smile: :comune: :odd:", blocks) == "👍🏻 😄 :comune: :odd:"


def test_mentioned_people_are_found_once() -> None:
    assert people("<@U1> <@U1|marco> <@W2> <!here> &lt;@U3&gt; <#C1>") == {"U1", "W2"}


# Names of things ---------------------------------------------------------------------------------


def test_a_choice_comes_back_from_its_value_and_fits() -> None:
    choice = Choice("c" * 32, "Tributi: IMU & TARI")
    assert choice_of(choice.value()) == choice
    assert choice_of("c" * 16) == Choice("c" * 16)
    assert len(Choice("c" * 32, "D" * 100).value()) <= 150


def test_each_file_of_a_message_has_a_name_and_keeps_slacks_order_of_time() -> None:
    assert message_key("C1", "1.2") != message_key("C1", "1.2", "F1")
    assert ts_of(reference("1700000000.000100", "F1")) == "1700000000.000100"
    assert reference("1700000000.000100", "F1") < "1700000000.000200"


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://files.slack.com/files-pri/T1-F1/download/a.pdf", True),
        ("https://slack.com/x", True),
        ("http://files.slack.com/x", False),
        ("https://files.slack.com.male.example/x", False),
        ("https://maleslack.com/x", False),
        ("https://slack.com@male.example/x", False),
        ("http://127.0.0.1:8099/files/x", True),
        ("http://127.0.0.1:8098/files/x", False),
    ],
)
def test_the_token_is_shown_to_slack_alone(url: str, trusted: bool) -> None:
    assert is_slack(url, "http://127.0.0.1:8099/api/") is trusted


def test_the_manifest_asks_for_exactly_what_is_needed() -> None:
    text = (Path(setup.__file__).parent / "manifest.yaml").read_text()
    manifest = YAML(typ="safe").load(text)
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == setup.SCOPES | {setup.TO_JOIN}
    assert manifest["settings"]["socket_mode_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == [
        "message.channels", "message.groups", "reaction_added", "reaction_removed",
        "app_home_opened",
    ]  # fmt: skip
    assert [one["callback_id"] for one in manifest["features"]["shortcuts"]] == [SEND]
