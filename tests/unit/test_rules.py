"""Which department a conversation goes to: page, language, words, hours; the first rule that fits wins."""

from typing import Any

import pytest

from routing.rules import Asked, choose_department, first_word
from settings import Settings

WEEK = {"mon": "08:30-13:00"}


def office(*departments: dict[str, Any]) -> Settings:
    """An office with these departments."""
    return Settings.model_validate(
        {"office": {"name": "URP"}, "hours": WEEK, "departments": list(departments)}
    )


def goes(settings: Settings, *, closed: tuple[str, ...] = (), **asked: str) -> str | None:
    """Where a conversation goes while the departments named are closed."""
    return choose_department(settings, Asked(**asked), lambda name: name not in closed)


TAXES = {
    "name": "Tributi",
    "when": {"words": ["tari", "imu", "tribut*", "passo carrabile", "bolletta dell'acqua"]},
}


def test_the_first_rule_that_fits_wins_and_the_citizens_choice_before_all() -> None:
    settings = office(
        {"name": "Anagrafe", "when": {"page": "*/anagrafe/*"}},
        TAXES,
        {"name": "Altro", "when": {"page": "*"}},
    )
    page = "https://comune.example/Anagrafe/cie"
    assert goes(settings, page=page, text="Quanto pago di TARI?") == "Anagrafe"
    assert goes(settings, page="https://comune.example/", text="Quanto pago di TARI?") == "Tributi"
    assert goes(settings, page="https://comune.example/", text="Buongiorno") == "Altro"
    assert goes(settings, page=page, chosen="tributi") == "Tributi"
    assert goes(settings, page=page, chosen="Nessuno") == "Anagrafe"
    assert goes(settings, text="Buongiorno") is None


@pytest.mark.parametrize(
    "text",
    [
        "tari", "La TARI, quando?", "«Tàri»!", "tributi locali", "IL TRIBUTO", "un passo-carrabile",
        "passo\n  carrabile", "la bolletta dell’acqua", "imu/tasi",
    ],
)  # fmt: skip
def test_a_word_is_found_as_people_write_it(text: str) -> None:
    assert goes(office(TAXES), text=text) == "Tributi"


@pytest.mark.parametrize(
    "text", ["", "notari", "tarino", "contributo", "passo", "carrabile, passo", "imus", "immu"]
)
def test_a_part_of_another_word_is_not_it(text: str) -> None:
    assert goes(office(TAXES), text=text) is None


def test_where_words_have_no_blanks_between_them_one_is_found_anywhere() -> None:
    assert first_word(("居住证",), "我想办理居住证") == "居住证"
    assert first_word(("居住证",), "你好") is None


def test_a_rule_of_several_things_wants_all_of_them_or_any() -> None:
    when = {"page": "*/tributi/*", "words": "tari"}
    page, text = "https://comune.example/tributi/", "la tari"
    every, either = (
        office({"name": "A", "when": when}),
        office({"name": "A", "when": when | {"match": "any"}}),
    )
    assert [goes(every, page=page, text=text), goes(every, page=page), goes(every, text=text)] == [
        "A",
        None,
        None,
    ]
    assert [goes(either, page=page), goes(either, text=text), goes(either, text="?")] == ["A", "A", None]


@pytest.mark.parametrize(
    ("lang", "where"), [("en", "B"), ("en-GB", "B"), ("FR", "B"), ("it", None), ("", None)]
)
def test_the_language_is_the_citizens_whatever_country_stands_with_it(lang: str, where: str | None) -> None:
    assert goes(office({"name": "B", "when": {"language": ["en", "fr"]}}), lang=lang) == where


def test_a_department_that_is_closed_lets_the_next_rule_have_it() -> None:
    settings = office(
        {"name": "A", "when": {"page": "*", "open": True}},
        {"name": "B", "when": {"page": "*", "open": False}},
    )
    page = "https://comune.example/"
    assert goes(settings, page=page) == "A"
    assert goes(settings, page=page, closed=("A", "B")) == "B"
    assert goes(settings, page=page, closed=("A",)) is None


def test_no_text_of_a_citizen_keeps_a_rule_busy() -> None:
    long = "passo " * 4000 + "-" * 4000
    assert goes(office(TAXES), text=long) is None
