"""Servers that speak only the most needed part of Slack's and Telegram's APIs: conversations go on all the same.

A local Bot API server of an older version, a proxy that lets only some calls through, an app with few
rights: what is missing is done without, and is not told as a fault of the token's.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.tables import What
from tests.citizen import Citizen
from tests.hub import hub_at
from tests.office import PDF, entries, luca, send_file, soon, texts, until
from tests.platforms.faults import Answer, Fault, HttpError
from tests.platforms.slack import Refused as SlackRefused
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import Kind, Refused, TelegramStandIn
from tests.slack_office import settled as settled_on_slack
from tests.telegram_office import PATIENCE, settled

# Telegram ----------------------------------------------------------------------------------------

NOT_NEEDED = (
    "setMyCommands", "deleteWebhook", "getChat", "getChatMember", "sendChatAction", "editForumTopic",
    "closeForumTopic", "reopenForumTopic", "setMessageReaction", "answerCallbackQuery",
    "editMessageReplyMarkup", "getForumTopicIconStickers",
)  # fmt: skip
UNKNOWN: list[Callable[[], Fault]] = [
    lambda: Refused("Not Found", 404),
    lambda: Refused("method is not supported"),
    lambda: HttpError(404, "404: Not Found"),
    lambda: HttpError(501),
]
unknown_to_telegram = pytest.mark.parametrize("unknown", UNKNOWN, ids=["404", "400", "404 html", "501"])


@pytest.mark.parametrize(
    ("kind", "unknown"),
    [(kind, UNKNOWN[0]) for kind in Kind] + [(Kind.FORUM, unknown) for unknown in UNKNOWN[1:]],
)
async def test_telegram_with_only_the_most_needed_calls_carries_a_conversation(
    tmp_path: Path, kind: Kind, unknown: Callable[[], Fault]
) -> None:
    async with TelegramStandIn(kind) as telegram:
        for method in (*NOT_NEEDED, "getMe"):
            telegram.faults.add(method, unknown(), times=None)
        async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
            await citizen.start("Buongiorno", name="Maria Rossi")
            await telegram.wait_for(lambda: telegram.topics() or telegram.messages(), PATIENCE)
            is_forum = bool(telegram.topics())
            assert is_forum == (kind == Kind.FORUM)
            shown = await telegram.wait_for(
                lambda: telegram.thread(telegram.topics()[0].id) if is_forum else telegram.messages(),
                PATIENCE,
            )
            where = {"thread": telegram.topics()[0].id} if is_forum else {"reply_to": shown[0].id}
            await citizen.call("POST", "/typing")
            said = await telegram.operator_says("anna", "Alle 8", **where)
            await telegram.operator_edits(said, "Alle 8:30")
            await telegram.operator_presses("anna", shown[0].id, "take")
            await telegram.operator_says("anna", "/note tra noi", **where)
            await telegram.operator_presses("anna", shown[0].id, "close")
            await until(office, citizen, lambda found: any(r.kind == What.CLOSED for r in found))
            await citizen.say("Ancora una cosa")
            await telegram.operator_says("anna", "Dica", **where)
            found = await until(office, citizen, lambda found: "Dica" in texts(found))
            assert sorted(texts(found)) == ["Alle 8", "Ancora una cosa", "Buongiorno", "Dica"]
            assert texts(found, What.EDITED) == ["Alle 8:30"]
            health = office.hub.bridges["telegram"].health
            await soon(lambda: health.connected and health.problem is None)


@unknown_to_telegram
async def test_telegram_without_topics_after_all_carries_it_as_replies(
    tmp_path: Path, unknown: Callable[[], Fault]
) -> None:
    async with TelegramStandIn() as telegram:
        telegram.faults.add("getChat", unknown(), times=None)
        telegram.faults.add("createForumTopic", unknown(), times=None)
        async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
            await citizen.start("Buongiorno", name="Maria Rossi")
            (root,) = await telegram.wait_for(telegram.messages, PATIENCE)
            assert "Buongiorno" in root.text
            await telegram.operator_says("anna", "Eccomi", reply_to=root.id)
            await until(office, citizen, lambda found: "Eccomi" in texts(found))


@unknown_to_telegram
async def test_telegram_without_edits_deletions_and_files_says_in_words_what_it_cannot_show(
    tmp_path: Path, unknown: Callable[[], Fault]
) -> None:
    async with TelegramStandIn() as telegram:
        for method in ("editMessageText", "deleteMessage", "sendDocument", "sendPhoto", "getFile"):
            telegram.faults.add(method, unknown(), times=None)
        async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
            await citizen.start("Buongiorno", name="Maria Rossi")
            (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
            await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "Alle 8")
            await telegram.wait_for(lambda: len(telegram.thread(topic.id)) == 2, PATIENCE)
            await office.hub.operator_edited(luca("2", "m1"), "Alle 8:30")
            await office.hub.operator_deleted(luca("3", "m1"))
            await send_file(citizen)
            await telegram.operator_says("anna", "Il modulo", file=("modulo.pdf", PDF), thread=topic.id)
            await telegram.wait_for(
                lambda: any("modulo.pdf: ✗" in m.text for m in telegram.thread(topic.id)), PATIENCE
            )
            shown = [m.text for m in telegram.thread(topic.id) if m.is_bot]
            assert "Luca Verdi: Alle 8:30 (modificato)" in shown
            assert "Luca Verdi: (messaggio cancellato)" in shown
            assert any("foto del modulo.pdf" in text for text in shown)
            assert "Il modulo" in texts(await entries(office, citizen))
            assert office.hub.bridges["telegram"].health.problem is None


# Slack -------------------------------------------------------------------------------------------

NOT_NEEDED_ON_SLACK = (
    "users.info", "conversations.info", "chat.update", "reactions.add", "conversations.replies",
    "conversations.history", "conversations.join", "files.info",
)  # fmt: skip


@pytest.mark.parametrize(
    "unknown",
    [
        lambda: SlackRefused("unknown_method"),
        lambda: HttpError(404, "404: Not Found"),
        lambda: Answer({"ok": False, "error": "unknown_method"}, 404),
    ],
    ids=["unknown_method", "404", "404 unknown_method"],
)
async def test_slack_with_only_the_most_needed_calls_carries_a_conversation(
    tmp_path: Path, unknown: Callable[[], Fault]
) -> None:
    async with SlackStandIn() as slack:
        for method in NOT_NEEDED_ON_SLACK:
            slack.faults.add(method, unknown(), times=None)
        slack.faults.add("auth.test", Answer({"ok": True}), times=None)
        async with (
            hub_at(tmp_path, slack=slack) as office,
            Citizen(office.url) as citizen,
        ):
            await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
            await citizen.start("Buongiorno", name="Maria Rossi")
            (root,) = await slack.wait_for(slack.messages, PATIENCE)
            said = await slack.operator_says("anna", "Alle 8", thread_ts=root.ts)
            await slack.operator_edits(said, "Alle 8:30")
            await slack.operator_presses("anna", root.ts, "take")
            await slack.operator_says("anna", "!note tra noi", thread_ts=root.ts)
            await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "o alle 9")
            await slack.wait_for(
                lambda: "Luca Verdi: o alle 9" in [m.text for m in slack.thread(root.ts)], PATIENCE
            )
            await office.hub.operator_edited(luca("2", "m1"), "o alle 9:30")
            await citizen.say("Grazie")
            await slack.wait_for(lambda: "Grazie" in slack.thread(root.ts)[-1].text, PATIENCE)
            assert "Luca Verdi: o alle 9:30 (modificato)" in [m.text for m in slack.thread(root.ts)]
            await settled_on_slack(slack)
            found = await entries(office, citizen)
            assert sorted(texts(found)) == ["Alle 8", "Buongiorno", "Grazie", "o alle 9"]
            assert sorted(texts(found, What.EDITED)) == ["Alle 8:30", "o alle 9:30"]
            slack.socket_mode.reset()
            await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
            await slack.operator_says("marco", "Prego", thread_ts=root.ts)
            await until(office, citizen, lambda found: "Prego" in texts(found))
            assert len(slack.messages()) == 1


# Both, as an administrator may write the addresses -----------------------------------------------


async def test_addresses_with_and_without_a_slash_at_their_end_work(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, TelegramStandIn() as telegram:
        for number, end in enumerate(("", "/")):
            folder = tmp_path / str(number)
            folder.mkdir()
            bridges = {
                "slack": {"channel": slack.channel, "api_url": slack.api_url.rstrip("/") + end},
                "telegram": {"chat": telegram.chat, "api_url": telegram.api_url.rstrip("/") + end},
            }
            async with (
                hub_at(folder, slack=slack, telegram=telegram, bridges=bridges) as office,
                Citizen(office.url) as citizen,
            ):
                await citizen.start("Buongiorno", name="Maria Rossi")
                await slack.wait_for(lambda n=number: len(slack.messages()) == n + 1, PATIENCE)
                await telegram.wait_for(lambda n=number: len(telegram.topics()) == n + 1, PATIENCE)
                topic = telegram.topics()[-1]
                await telegram.wait_for(lambda t=topic: telegram.thread(t.id), PATIENCE)
                await telegram.operator_says("anna", file=("modulo.pdf", PDF), thread=topic.id)
                await until(office, citizen, lambda found: texts(found, What.FILE))
                await settled(telegram)
