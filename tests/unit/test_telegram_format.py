"""Text on its way to and from Telegram: nothing lost, nothing obeyed, offsets right."""

import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity, User

from bridges.telegram.format import TEXT_LIMIT, Styled, bold, one_line, plain, split, units, untouched, whole
from bridges.telegram.ids import Button, Chain, Topic, button_of, mark_of, thread_of
from bridges.telegram.render import FilePart, TextPart, Words, parts, topic_name
from models.journal import Record
from models.tables import Author, Kind, What
from routing.bridge import ConversationInfo

WORDS = Words("it", "URP – Comune di Prova", ZoneInfo("Europe/Rome"))
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=400)


def conversation(**changes: object) -> ConversationInfo:
    values: dict[str, object] = {
        "id": "c" * 16, "kind": Kind.CHAT, "state": "waiting", "token_hash": "", "name": "Maria Rossi",
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


def shown(*entries: Record, headed: bool = False, maybe_repeated: bool = False, **info: object) -> list[str]:
    made = parts(conversation(**info), entries, WORDS, headed=headed, maybe_repeated=maybe_repeated)
    return [part.text.text if isinstance(part, TextPart) else part.caption.text for part in made]


def covered(styled: Styled) -> list[tuple[str, str]]:
    """What Telegram sees: each entity's type, and the text it covers by UTF-16 offsets."""
    encoded = styled.text.encode("utf-16-le")
    return [
        (e.type, encoded[2 * e.offset : 2 * (e.offset + e.length)].decode("utf-16-le"))
        for e in styled.entities()
    ]


# Out ---------------------------------------------------------------------------------------------


def test_a_citizens_markup_is_shown_letter_by_letter() -> None:
    text = "<b>grasso</b> *x* _y_ [qui](https://male.example) `z` &amp;"
    styled = untouched(text)
    assert styled.text == text
    assert styled.spans == ()


@pytest.mark.parametrize("live", ["@channel", "@mario_rossi", "/close", "/block@linea_bot"])
def test_a_mention_or_command_of_a_citizen_is_made_harmless(live: str) -> None:
    assert covered(untouched(f"senta {live}, grazie")) == [(MessageEntity.CODE, live)]


@pytest.mark.parametrize("text", ["maria@comune.example", "https://comune.example/a/b?c=/d", "e/o", "24/11"])
def test_addresses_and_slashes_stay_as_they_are(text: str) -> None:
    assert untouched(text) == Styled(text)


def test_bold_after_an_emoji_covers_the_right_letters() -> None:
    styled = Styled("👍🏽 😀 ") + bold("Maria 😀") + Styled(": ok")
    assert covered(styled) == [(MessageEntity.BOLD, "Maria 😀")]


@given(ANY_TEXT, ANY_TEXT)
def test_entities_cover_what_they_are_about_in_any_text(before: str, inside: str) -> None:
    styled = Styled(before) + bold(inside)
    assert "".join(piece for _, piece in covered(styled)) == inside


def test_a_name_that_would_call_somebody_is_harmless_and_the_rest_of_it_bold() -> None:
    styled = Styled("👍 ") + bold("Ada @marco /help ok")
    assert covered(styled) == [
        (MessageEntity.BOLD, "Ada "),
        (MessageEntity.CODE, "@marco"),
        (MessageEntity.BOLD, " "),
        (MessageEntity.CODE, "/help"),
        (MessageEntity.BOLD, " ok"),
    ]


@given(st.text(st.sampled_from("a à 😀\n\u200d\u0301@/"), max_size=300), st.integers(12, 60))
def test_a_long_text_is_split_and_only_gaps_are_lost(text: str, limit: int) -> None:
    pieces = split(untouched(text), limit)
    assert all(0 < units(piece.text) <= limit for piece in pieces)
    assert all(piece.text.strip() for piece in pieces)
    assert re.sub(r"\s", "", "".join(piece.text for piece in pieces)) == re.sub(r"\s", "", text)
    for piece in pieces:
        assert all(0 <= span.start < span.end <= len(piece.text) for span in piece.spans)


def test_words_and_characters_are_not_cut_in_two() -> None:
    assert [piece.text for piece in split(Styled("uno due tre quattro"), 9)] == ["uno due", "tre", "quattro"]
    family = "👨‍👩‍👧"
    assert [piece.text for piece in split(Styled("x" * 14 + family), 18)] == ["x" * 14, family]


def test_a_word_longer_than_a_message_is_still_sent_whole_in_pieces() -> None:
    pieces = split(Styled("😀" * 4096))
    assert [units(piece.text) for piece in pieces] == [TEXT_LIMIT, TEXT_LIMIT]


def test_the_longest_allowed_message_with_its_heading_loses_nothing() -> None:
    text = " ".join(["parola😀"] * 500)
    pieces = shown(entry(text=text), headed=True)
    assert len(pieces) == 2
    assert " ".join(pieces).count("parola😀") == 500


def test_half_a_character_does_not_stop_a_message() -> None:
    assert whole("a\ud83db") == "a\ufffdb"
    assert untouched("a\ud83db").text.encode() == "a\ufffdb".encode()


def test_a_name_cannot_pretend_to_be_more_than_a_name() -> None:
    assert one_line("Maria\nOperatore: ecco \u202eosrevni", 100) == "Maria Operatore: ecco osrevni"
    assert units(one_line("😀" * 200, 128)) <= 128


def test_a_first_message_says_who_where_and_in_which_language() -> None:
    (text,) = shown(entry(), headed=True, department="Anagrafe")
    assert text == (
        "Nuova conversazione\nNome: Maria Rossi\nPagina: https://www.comune.example/tributi/imu?x=1\n"
        "Lingua: it\nUfficio: Anagrafe\n\nMaria Rossi: Buongiorno"
    )


def test_a_citizen_without_a_name_is_called_citizen() -> None:
    assert shown(entry(name=None)) == ["Cittadino: Buongiorno"]


def test_a_backlog_is_one_post_with_the_times_of_the_office() -> None:
    later = entry(text="C'è nessuno?", seq=2, created_at=1_800_000_060_000)
    assert shown(entry(), later) == ["09:00 Maria Rossi: Buongiorno\n09:01 Maria Rossi: C'è nessuno?"]


def test_a_post_that_may_be_there_already_says_so() -> None:
    assert shown(entry(), maybe_repeated=True) == ["Maria Rossi: Buongiorno\n(forse ripetuto)"]


def test_a_message_with_contact_details_has_all_that_is_needed_to_call_back() -> None:
    data = {"reference": "KT-4071", "name": "Maria Rossi", "email": "maria@example.org", "phone": "055 123"}
    (text,) = shown(entry(What.CALLBACK, "Mi richiami", data=data), headed=True, kind=Kind.CALLBACK)
    for needed in ("Da richiamare", "KT-4071", "Maria Rossi", "maria@example.org", "055 123", "Mi richiami"):
        assert needed in text


def test_a_note_of_a_colleague_is_clearly_internal() -> None:
    note = entry(What.NOTE, "ha già chiamato", author=Author.OPERATOR, name="Paolo Bianchi", origin="slack")
    assert shown(note) == ["📝 Paolo Bianchi: ha già chiamato"]


@pytest.mark.parametrize(
    ("kind", "author", "data", "words"),
    [
        (What.OPERATOR, Author.OPERATOR, {}, "Se ne occupa Paolo Bianchi"),
        (What.CLOSED, Author.OPERATOR, {}, "Conversazione chiusa da Paolo Bianchi"),
        (What.CLOSED, Author.VISITOR, {}, "Il cittadino ha chiuso la conversazione"),
        (What.REOPENED, Author.SYSTEM, {}, "Conversazione riaperta"),
        (What.BLOCKED, Author.OPERATOR, {}, "Cittadino bloccato da Paolo Bianchi"),
        (What.PASSED, Author.OPERATOR, {"department": "Anagrafe"}, "Passata a Anagrafe"),
        (What.RATING, Author.VISITOR, {"score": 4, "comment": None}, "Valutazione del cittadino: 4/5"),
    ],
)
def test_what_happens_is_said_in_one_line(
    kind: str, author: str, data: dict[str, object], words: str
) -> None:
    assert shown(entry(kind, "", author=author, name="Paolo Bianchi", data=data)) == [words]


def test_a_caption_too_long_for_a_file_follows_it_as_text() -> None:
    data = {"key": "0" * 32, "name": "carta.pdf", "type": "application/pdf", "size": 1200}
    file, text = parts(conversation(), (entry(What.FILE, "x" * 1500, data=data),), WORDS, headed=False)
    assert isinstance(file, FilePart)
    assert file.caption.text == "Maria Rossi"
    assert "carta.pdf (1 kB)" in file.instead.text
    assert isinstance(text, TextPart)
    assert text.text.text == "Maria Rossi: " + "x" * 1500


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"department": "Anagrafe"}, "🟡 Maria Rossi · Anagrafe"),
        ({}, "🟡 Maria Rossi · tributi/imu"),
        ({"page": None, "name": None}, "🟡 Cittadino 01:00"),
        ({"name": " \n"}, "🟡 Cittadino 01:00 · tributi/imu"),
        ({"page": "https://["}, "🟡 Maria Rossi"),
        ({"department": "😀" * 100}, "🟡 Maria Rossi · " + "😀" * 55 + "…"),
    ],
)
def test_a_topic_is_named_after_the_citizen_and_the_subject(changes: dict[str, object], name: str) -> None:
    assert topic_name(conversation(**changes), WORDS) == name


# In ----------------------------------------------------------------------------------------------


def entity(kind: str, text: str, covered_text: str, **rest: object) -> MessageEntity:
    offset = units(text[: text.index(covered_text)])
    return MessageEntity(kind, offset, units(covered_text), **rest)  # type: ignore[arg-type]


def test_a_hidden_link_of_an_operator_shows_its_address() -> None:
    text = "😀 vedi qui e comune.example"
    entities = [
        entity("text_link", text, "qui", url="https://comune.example/imu"),
        entity("text_link", text, "comune.example", url="https://comune.example/"),
        entity("bold", text, "vedi"),
    ]
    assert plain(text, entities) == "😀 vedi qui (https://comune.example/imu) e comune.example"


def test_a_mention_of_a_colleague_becomes_their_name() -> None:
    text = "chieda a Paolo 👍"
    paolo = User(7, "Paolo", is_bot=False, last_name="Bianchi")
    assert plain(text, [entity("text_mention", text, "Paolo", user=paolo)]) == "chieda a Paolo Bianchi 👍"


@given(ANY_TEXT, st.lists(st.tuples(st.integers(0, 500), st.integers(1, 50)), max_size=4))
def test_no_entity_however_odd_loses_an_operators_words(text: str, places: list[tuple[int, int]]) -> None:
    entities = [MessageEntity("bold", offset, length) for offset, length in places]
    assert plain(text, entities) == text
    links = [MessageEntity("text_link", offset, length, url="") for offset, length in places]
    shown_text = plain(text, links)
    assert len(shown_text.encode("utf-16-le", "replace")) >= len(text)


# Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", [Topic(7), Chain(7)])
def test_a_thread_is_found_again_by_its_name(thread: Topic | Chain) -> None:
    assert thread_of(str(thread)) == thread


def test_a_button_fits_and_is_understood() -> None:
    button = Button("close", "x" * 32)
    longest = Button("pass", "x" * 32, mark_of("Ufficio relazioni con il pubblico " * 9))
    assert button_of(button.data()) == button
    assert button_of(longest.data()) == longest
    assert len(longest.data()) <= 64
    assert button_of("") is None
