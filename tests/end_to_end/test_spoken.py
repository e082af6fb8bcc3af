"""The language that a citizen writes in: seen by operators, used for ready answers, never forced on the citizen."""

from pathlib import Path

import pytest

from routing.spoken import spoken_in
from tests.citizen import Citizen
from tests.hub import hub_at
from tests.office import next_answer
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, telegram_fixture  # noqa: F401 - used by name

pytest.importorskip("pycld2", reason="made for Linux on x86-64 alone")

REPLIES = [
    {"name": "orari", "text": {"it": "Siamo aperti.", "uk": "Ми працюємо.", "fr": "Nous sommes ouverts."}},
    {"name": "tari", "text": {"it": "Si paga in banca.", "fr": "À la banque."}},
]
QUESTION = "Добрий день, хочу дізнатися, як змінити місце проживання"


async def test_who_writes_in_another_language_than_the_page_is_seen_on_both_and_answered_in_it(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, replies=REPLIES) as office,
        Citizen(office.url) as olena,
    ):
        await olena.start(QUESTION, name="Olena", lang="fr")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        (heading,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        for shown in (root.text, heading.text):
            assert "Lingua: fr" in shown
            assert "🌐 Scrive in ucraino" in shown
        async with olena.listening() as stream:
            await slack.operator_says("anna", "!reply orari", thread_ts=root.ts)
            assert (await next_answer(stream))["text"] == "Ми працюємо."
            await telegram.operator_says("marco", "/reply tari", thread=topic.id)
            assert (await next_answer(stream))[
                "text"
            ] == "À la banque."  # the page's, where it is not in theirs
        info = await office.hub.conversation(olena.id)
        assert info is not None
        assert info.lang == "fr"


async def test_who_writes_in_the_pages_language_or_says_little_is_shown_as_ever(
    tmp_path: Path, slack: SlackStandIn
) -> None:
    async with hub_at(tmp_path, slack=slack) as office:
        for text, lang in (("Buongiorno, vorrei sapere quando scade la TARI", "it"), ("ok thanks", "it")):
            async with Citizen(office.url) as citizen:
                await citizen.start(text, lang=lang)
        await slack.wait_for(lambda: len(slack.messages()) == 2, PATIENCE)
        assert [message for message in slack.messages() if "🌐" in message.text] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Buongiorno, vorrei sapere quando scade la TARI", "it"),
        ("I lost my identity card, what should I do?", "en"),
        ("Bonjour, je voudrais savoir comment changer d'adresse", "fr"),
        ("Ich habe meinen Ausweis verloren, was soll ich tun?", "de"),
        ("He perdido mi documento de identidad, ¿qué debo hacer?", "es"),
        ("Am pierdut cartea de identitate, ce trebuie să fac?", "ro"),
        ("Kam humbur kartën e identitetit, çfarë duhet të bëj?", "sq"),
        ("Я загубив посвідчення особи, що мені робити?", "uk"),
        ("لقد فقدت بطاقة الهوية، ماذا أفعل؟", "ar"),
        ("我的身份证丢了，该怎么办？", "zh"),
        ("Здравствуйте, хочу узнать, как поменять адрес проживания", None),
        ("Bom dia, gostaria de saber como mudar de endereço", None),
        ("ok grazie", None),
        ("https://www.comune.example/anagrafe 055 123456 maria@example.org", None),
        ("", None),
        ("\ud800 ок", None),
    ],
)
async def test_only_what_is_certain_is_said(text: str, language: str | None) -> None:
    assert await spoken_in([text]) == language
