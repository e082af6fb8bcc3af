"""Opening hours in each language, sentence by sentence, as a speaker of it would say them."""

from datetime import datetime

import pytest

from texts import LANGUAGES, words
from texts.hours import clock, office_in_words, reopens_in_words, until_in_words

NOW = datetime(2026, 11, 27, 14, 0)  # noqa: DTZ001 - the office's clock, a Friday afternoon
REOPENS = (
    "2026-11-27 15:00",
    "2026-11-28 08:30",
    "2026-11-30 08:30",
    "2026-12-01 11:00",
    "2026-12-09 01:00",
    "2027-01-01 08:30",
)
UNTIL = ("2026-11-27 18:00", "2026-11-28 00:00", "2026-11-28 02:00", "2026-11-30 08:30", "2026-12-25 12:00")

BACK = {
    "it": [
        "Riapriamo oggi alle 15:00.",
        "Riapriamo domani alle 8:30.",
        "Riapriamo lunedì alle 8:30.",
        "Riapriamo martedì alle 11:00.",
        "Riapriamo mercoledì 9 dicembre all'1:00.",
        "Riapriamo venerdì 1 gennaio 2027 alle 8:30.",
    ],
    "en": [
        "We are back today at 3:00 pm.",
        "We are back tomorrow at 8:30 am.",
        "We are back on Monday at 8:30 am.",
        "We are back on Tuesday at 11:00 am.",
        "We are back on Wednesday 9 December at 1:00 am.",
        "We are back on Friday 1 January 2027 at 8:30 am.",
    ],
    "fr": [
        "Nous rouvrons aujourd’hui à 15\N{NO-BREAK SPACE}h.",
        "Nous rouvrons demain à 8\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30.",
        "Nous rouvrons lundi à 8\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30.",
        "Nous rouvrons mardi à 11\N{NO-BREAK SPACE}h.",
        "Nous rouvrons le mercredi 9 décembre à 1\N{NO-BREAK SPACE}h.",
        "Nous rouvrons le vendredi 1er janvier 2027 à 8\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30.",
    ],
    "de": [
        "Wir sind heute um 15:00 Uhr wieder für Sie da.",
        "Wir sind morgen um 8:30 Uhr wieder für Sie da.",
        "Wir sind am Montag um 8:30 Uhr wieder für Sie da.",
        "Wir sind am Dienstag um 11:00 Uhr wieder für Sie da.",
        "Wir sind am Mittwoch, dem 9. Dezember, um 1:00 Uhr wieder für Sie da.",
        "Wir sind am Freitag, dem 1. Januar 2027, um 8:30 Uhr wieder für Sie da.",
    ],
    "es": [
        "Volvemos a abrir hoy a las 15:00.",
        "Volvemos a abrir mañana a las 8:30.",
        "Volvemos a abrir el lunes a las 8:30.",
        "Volvemos a abrir el martes a las 11:00.",
        "Volvemos a abrir el miércoles 9 de diciembre a la 1:00.",
        "Volvemos a abrir el viernes 1 de enero de 2027 a las 8:30.",
    ],
    "ro": [
        "Redeschidem astăzi la ora 15:00.",
        "Redeschidem mâine la ora 8:30.",
        "Redeschidem luni la ora 8:30.",
        "Redeschidem marți la ora 11:00.",
        "Redeschidem miercuri, 9 decembrie, la ora 1:00.",
        "Redeschidem vineri, 1 ianuarie 2027, la ora 8:30.",
    ],
    "sq": [
        "Rihapemi sot në orën 15:00.",
        "Rihapemi nesër në orën 8:30.",
        "Rihapemi të hënën në orën 8:30.",
        "Rihapemi të martën në orën 11:00.",
        "Rihapemi të mërkurën, më 9 dhjetor, në orën 1:00.",
        "Rihapemi të premten, më 1 janar 2027, në orën 8:30.",
    ],
    "zh": [
        "我们今天15:00恢复服务。",
        "我们明天8:30恢复服务。",
        "我们星期一8:30恢复服务。",
        "我们星期二11:00恢复服务。",
        "我们12月9日星期三1:00恢复服务。",
        "我们2027年1月1日星期五8:30恢复服务。",
    ],
    "ar": [
        "نعاود العمل اليوم الساعة 3:00 بعد الظهر.",
        "نعاود العمل غدًا الساعة 8:30 صباحًا.",
        "نعاود العمل يوم الاثنين الساعة 8:30 صباحًا.",
        "نعاود العمل يوم الثلاثاء الساعة 11:00 صباحًا.",
        "نعاود العمل يوم الأربعاء 9 ديسمبر الساعة 1:00 ليلاً.",
        "نعاود العمل يوم الجمعة 1 يناير 2027 الساعة 8:30 صباحًا.",
    ],
    "uk": [
        "Ми знову працюємо сьогодні о 15:00.",
        "Ми знову працюємо завтра о 8:30.",
        "Ми знову працюємо у понеділок о 8:30.",
        "Ми знову працюємо у вівторок об 11:00.",
        "Ми знову працюємо у середу, 9 грудня, о 1:00.",
        "Ми знову працюємо у п’ятницю, 1 січня 2027 р., о 8:30.",
    ],
}
THERE = {
    "it": [
        "Siamo qui fino alle 18:00.",
        "Siamo qui fino a mezzanotte.",
        "Siamo qui fino a domani alle 2:00.",
        "Siamo qui fino a lunedì alle 8:30.",
        "Siamo qui fino a venerdì 25 dicembre alle 12:00.",
    ],
    "en": [
        "We are here until 6:00 pm.",
        "We are here until midnight.",
        "We are here until tomorrow at 2:00 am.",
        "We are here until Monday at 8:30 am.",
        "We are here until Friday 25 December at 12:00 pm.",
    ],
    "fr": [
        "Nous sommes là jusqu’à 18\N{NO-BREAK SPACE}h.",
        "Nous sommes là jusqu’à minuit.",
        "Nous sommes là jusqu’à demain à 2\N{NO-BREAK SPACE}h.",
        "Nous sommes là jusqu’à lundi à 8\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30.",
        "Nous sommes là jusqu’au vendredi 25 décembre à 12\N{NO-BREAK SPACE}h.",
    ],
    "de": [
        "Wir sind bis 18:00 Uhr für Sie da.",
        "Wir sind bis Mitternacht für Sie da.",
        "Wir sind bis morgen um 2:00 Uhr für Sie da.",
        "Wir sind bis Montag um 8:30 Uhr für Sie da.",
        "Wir sind bis Freitag, den 25. Dezember, um 12:00 Uhr für Sie da.",
    ],
    "es": [
        "Estamos aquí hasta las 18:00.",
        "Estamos aquí hasta la medianoche.",
        "Estamos aquí hasta mañana a las 2:00.",
        "Estamos aquí hasta el lunes a las 8:30.",
        "Estamos aquí hasta el viernes 25 de diciembre a las 12:00.",
    ],
    "ro": [
        "Suntem aici până la ora 18:00.",
        "Suntem aici până la miezul nopții.",
        "Suntem aici până mâine la ora 2:00.",
        "Suntem aici până luni la ora 8:30.",
        "Suntem aici până vineri, 25 decembrie, la ora 12:00.",
    ],
    "sq": [
        "Jemi këtu deri në orën 18:00.",
        "Jemi këtu deri në mesnatë.",
        "Jemi këtu deri nesër në orën 2:00.",
        "Jemi këtu deri të hënën në orën 8:30.",
        "Jemi këtu deri të premten, më 25 dhjetor, në orën 12:00.",
    ],
    "zh": [
        "我们今天在线服务到18:00。",
        "我们在线服务到午夜。",
        "我们在线服务到明天2:00。",
        "我们在线服务到星期一8:30。",
        "我们在线服务到12月25日星期五12:00。",
    ],
    "ar": [
        "نحن في خدمتكم حتى الساعة 6:00 مساءً.",
        "نحن في خدمتكم حتى منتصف الليل.",
        "نحن في خدمتكم حتى الغد الساعة 2:00 ليلاً.",
        "نحن في خدمتكم حتى يوم الاثنين الساعة 8:30 صباحًا.",
        "نحن في خدمتكم حتى يوم الجمعة 25 ديسمبر الساعة 12:00 ظهرًا.",
    ],
    "uk": [
        "Ми на зв’язку до 18:00.",
        "Ми на зв’язку до півночі.",
        "Ми на зв’язку до завтра, до 2:00.",
        "Ми на зв’язку до 8:30 у понеділок.",
        "Ми на зв’язку до 12:00 у п’ятницю, 25 грудня.",
    ],
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_language_is_spelled_out() -> None:
    assert set(BACK) == set(THERE) == set(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_closed_office_says_when_it_is_back(lang: str) -> None:
    assert [reopens_in_words(words(lang, {}), moment(at), NOW) for at in REOPENS] == BACK[lang]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_open_office_says_until_when(lang: str) -> None:
    assert [until_in_words(words(lang, {}), moment(at), NOW) for at in UNTIL] == THERE[lang]


def test_one_in_the_morning_is_said_as_italians_and_spaniards_say_it() -> None:
    night = moment("2026-11-27 00:30")
    at = moment("2026-11-27 01:00")
    assert until_in_words(words("it", {}), at, night) == "Siamo qui fino all'1:00."
    assert until_in_words(words("es", {}), at, night) == "Estamos aquí hasta la 1:00."
    assert reopens_in_words(words("es", {}), at, night) == "Volvemos a abrir hoy a la 1:00."


def test_an_office_that_never_closes_says_so() -> None:
    assert until_in_words(words("it", {}), None, NOW) == "Siamo qui: ci scriva pure."


def test_a_closed_office_says_so_why_and_when_it_is_back() -> None:
    def said(lang: str, reason: str | None) -> str:
        return office_in_words(
            words(lang, {}), NOW, is_open=False, reopens=moment("2026-11-30 08:30"), reason=reason
        )

    assert said("it", None) == "Ora l'ufficio è chiuso. Riapriamo lunedì alle 8:30."
    assert said("en", "Ponte") == "The office is closed now (Ponte). We are back on Monday at 8:30 am."
    assert said("zh", None) == "办公室现在不办公。我们星期一8:30恢复服务。"


def test_a_closed_office_that_does_not_know_when_it_is_back_does_not_say() -> None:
    assert office_in_words(words("de", {}), NOW, is_open=False) == "Das Büro ist zurzeit geschlossen."


def test_an_italian_reason_stands_together_in_an_arabic_sentence() -> None:
    said = office_in_words(words("ar", {}), NOW, is_open=False, reason="Ponte (2 giorni)")
    assert said == "المكتب مغلق الآن (\N{FIRST STRONG ISOLATE}Ponte (2 giorni)\N{POP DIRECTIONAL ISOLATE})."


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        ("06:30", "6:30 صباحًا"),
        ("12:30", "12:30 ظهرًا"),
        ("14:00", "2:00 بعد الظهر"),
        ("19:00", "7:00 مساءً"),
        ("02:00", "2:00 ليلاً"),
    ],
)
def test_arabic_says_which_part_of_the_day_in_figures_that_everybody_reads(hour: str, said: str) -> None:
    assert clock(LANGUAGES["ar"], moment(f"2026-11-27 {hour}")) == said


def test_the_browser_writes_the_same_clock_and_figures() -> None:
    assert LANGUAGES["en"].tag == "en-GB-u-hc-h12-nu-latn"
    assert LANGUAGES["fr"].tag == "fr-FR-u-hc-h23-nu-latn"
    assert LANGUAGES["ar"].tag == "ar-u-hc-h12-nu-latn"


def test_the_town_may_say_it_in_its_own_words() -> None:
    own = words("it", {"it": {"reopens_weekday": "Ci rivediamo {weekday}, {at}!"}})
    assert reopens_in_words(own, moment("2026-11-30 08:30"), NOW) == "Ci rivediamo lunedì, alle 8:30!"
