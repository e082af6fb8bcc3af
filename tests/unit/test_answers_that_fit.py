"""Which ready answers fit a question, and which words in braces config.yaml may have."""

import pytest

from routing.answers import by_name, suggested
from settings import Reply
from settings.faults import Unfit
from settings.replies import parse_reply

REPLIES = tuple(
    Reply(name=name, text=text)
    for name, text in {
        "orari": "Siamo aperti dalle 8:30 alle 13.",
        "carta d'identità": "La carta d'identità si rinnova all'anagrafe, su appuntamento.",
        "rifiuti": "Il calendario della raccolta dei rifiuti è sul sito.",
        "imu": "L'IMU si paga entro il 16 giugno e il 16 dicembre.",
    }.items()
)


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Come posso rinnovare la carta d'identità?", "carta d'identità"),
        ("quando passa la raccolta rifiuti in via Roma", "rifiuti"),
        ("A che ora siete aperti? quali orari avete?", "orari"),
    ],
)
def test_an_answer_that_speaks_of_the_same_is_suggested_first(question: str, best: str) -> None:
    assert suggested(REPLIES, question)[:1] == (best,)


@pytest.mark.parametrize("question", ["Buongiorno", "", "??", "Vorrei sposarmi in municipio", "ok"])
def test_what_none_speaks_of_has_no_suggestion(question: str) -> None:
    assert suggested(REPLIES, question) == ()


def test_at_most_three_are_suggested() -> None:
    many = tuple(Reply(name=f"rifiuti {n}", text="La raccolta dei rifiuti") for n in range(9))
    assert len(suggested(many, "raccolta rifiuti")) == 3


def test_a_mistyped_name_is_understood_and_another_is_not() -> None:
    found = by_name(REPLIES, "orrari")
    assert found is not None
    assert found.name == "orari"
    assert by_name(REPLIES, "matrimonio") is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Buongiorno {nome}", "did you mean {name}?"), ({"it": "Oggi {hour}"}, "did you mean {hours}?")],
)
def test_an_unknown_word_in_braces_is_a_fault_with_the_one_that_is_meant(text: object, hint: str) -> None:
    with pytest.raises(Unfit) as fault:
        parse_reply(text)
    assert hint in fault.value.expected


def test_braces_around_anything_else_are_just_braces() -> None:
    assert parse_reply("{} { name } {name}") == "{} { name } {name}"
