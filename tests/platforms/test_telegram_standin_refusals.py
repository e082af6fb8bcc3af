"""The Telegram stand-in refuses what Telegram refuses, in Telegram's words."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, EndPointNotFound, Forbidden, InvalidToken

from .telegram import Kind, TelegramStandIn
from .telegram.testing import client, refusal

NOWHERE = 999_999
Ask = Callable[[Bot, int], Awaitable[Any]]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda bot, _: bot.send_message(-1, "ciao"), "Chat not found"),
        (lambda bot, _: bot.send_message("@nobody", "ciao"), "Chat not found"),
        (lambda bot, chat: bot.send_message(chat, " \n "), "Message text is empty"),
        (lambda bot, chat: bot.send_message(chat, "x" * 4097), "Message is too long"),
        (lambda bot, chat: bot.send_message(chat, "🎉" * 2049), "Message is too long"),
        (lambda bot, chat: bot.send_message(chat, "<b>x", "HTML"), "Can't parse entities: can't find end tag"),
        (lambda bot, chat: bot.send_message(chat, "a < b", "HTML"), "Can't parse entities: unsupported start"),
        (lambda bot, chat: bot.send_message(chat, "<p>x</p>", "HTML"), "Can't parse entities: unsupported start"),
        (lambda bot, chat: bot.send_message(chat, "<b>x</i>", "HTML"), "Can't parse entities: unmatched end"),
        (lambda bot, chat: bot.send_message(chat, "x", "Mistake"), "Unsupported parse_mode"),
        (lambda bot, chat: bot.send_message(chat, "x", entities=[MessageEntity("bold", 0, 9)]), "Entity_bounds"),
        (lambda bot, chat: bot.send_message(chat, "x", entities=[MessageEntity("odd", 0, 1)]), "Can't parse"),
        (lambda bot, chat: bot.send_message(chat, "x", message_thread_id=NOWHERE), "Message thread not found"),
        (lambda bot, chat: bot.send_message(chat, "x", message_thread_id=1), "Message thread not found"),
        (
            lambda bot, chat: bot.send_message(chat, "x", reply_parameters=ReplyParameters(NOWHERE)),
            "Message to be replied not found",
        ),
        (lambda bot, chat: bot.send_document(chat, b"x", caption="x" * 1025), "Message caption is too long"),
        (lambda bot, chat: bot.send_document(chat, b""), "File must be non-empty"),
        (lambda bot, chat: bot.send_document(chat, "no-such-id"), "Wrong remote file"),
        (lambda bot, chat: bot.send_photo(chat, b"no picture"), "Image_process_failed"),
        (lambda bot, chat: bot.send_photo(chat, b"\xff\xd8\xff" + bytes(11_000_000)), "too big for a photo"),
        (lambda bot, _: bot.get_file("no-such-id"), "Wrong file_id"),
        (lambda bot, chat: bot.edit_message_text("x", chat, NOWHERE), "Message to edit not found"),
        (lambda bot, chat: bot.delete_message(chat, NOWHERE), "Message to delete not found"),
        (lambda bot, chat: bot.set_message_reaction(chat, NOWHERE, "👍"), "Message to react not found"),
        (lambda bot, chat: bot.send_chat_action(chat, "singing"), "Wrong parameter action"),
        (lambda bot, chat: bot.create_forum_topic(chat, " "), "Topic_title_empty"),
        (lambda bot, chat: bot.create_forum_topic(chat, "x" * 129), "Topic_title_too_long"),
        (lambda bot, chat: bot.create_forum_topic(chat, "x", icon_color=1), "Topic_icon_color_invalid"),
        (lambda bot, chat: bot.close_forum_topic(chat, NOWHERE), "Topic_id_invalid"),
        (lambda bot, chat: bot.get_chat_member(chat, 1), "Member not found"),
        (lambda bot, _: bot.answer_callback_query("1"), "Query is too old"),
        (lambda bot, _: bot.set_my_commands([BotCommand("Close!", "x")]), "Bot_command_invalid"),
        (lambda bot, _: bot.get_updates(limit=101), "Limit is out of range"),
        (lambda bot, chat: bot.send_message(chat, "x", api_kwargs={"speed": 3}), 'Unknown parameter "speed"'),
    ],
)  # fmt: skip
async def test_a_wrong_call_is_refused_in_telegrams_words(
    telegram: TelegramStandIn, bot: Bot, ask: Ask, words: str
) -> None:
    said = await refusal(ask(bot, telegram.chat), BadRequest)
    assert words.lower() in said.lower()
    assert telegram.messages() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "chat_id is empty"),
        ({"chat_id": "CHAT"}, "message text is empty"),
        ({"chat_id": "CHAT", "text": "x", "message_thread_id": "due"}, "invalid message_thread_id specified"),
        ({"chat_id": "CHAT", "text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        ({"chat_id": "CHAT", "text": "x", "entities": "{}"}, "object expected as entities"),
        (
            {"chat_id": "CHAT", "text": "x", "reply_markup": '{"inline_keyboard": 3}'},
            "can't parse reply keyboard",
        ),
    ],
)
@pytest.mark.parametrize("how", ["data", "json", "params"])
async def test_missing_and_mistyped_arguments_are_refused_however_they_are_sent(
    telegram: TelegramStandIn, arguments: dict[str, str], words: str, how: str
) -> None:
    sent: Any = {name: str(telegram.chat) if value == "CHAT" else value for name, value in arguments.items()}
    async with httpx.AsyncClient(base_url=f"{telegram.api_url}/bot{telegram.token}/") as http:
        answer = await http.request("POST", "SendMessage", **{how: sent})
    assert (answer.status_code, answer.json()["ok"], answer.json()["error_code"]) == (400, False, 400)
    assert words in answer.json()["description"]


@pytest.mark.parametrize(
    "button",
    [
        InlineKeyboardButton("x", callback_data="à" * 33),
        InlineKeyboardButton("x", callback_data=""),
        InlineKeyboardButton("", callback_data="x"),
        InlineKeyboardButton("x"),
        InlineKeyboardButton("x", callback_data="x", url="https://a.example"),
    ],
)
async def test_a_wrong_button_is_refused(
    telegram: TelegramStandIn, bot: Bot, button: InlineKeyboardButton
) -> None:
    await refusal(
        bot.send_message(telegram.chat, "x", reply_markup=InlineKeyboardMarkup([[button]])), BadRequest
    )


async def test_a_wrong_token_is_unauthorised_and_a_strange_one_is_not_found(
    telegram: TelegramStandIn,
) -> None:
    async with client(telegram, "7000000001:wrong") as wrong:
        await refusal(wrong.get_me(), InvalidToken)
    async with client(telegram, "nothing-like-it") as strange:
        await refusal(strange.get_me(), InvalidToken)
    telegram.revoke()
    async with client(telegram) as bot:
        await refusal(bot.get_me(), InvalidToken)
        telegram.restore()
        await bot.get_me()


async def test_an_unknown_method_is_not_found(bot: Bot) -> None:
    await bot.initialize()
    await refusal(bot.do_api_request("sendCarrierPigeon"), EndPointNotFound)


async def test_an_edit_that_changes_nothing_is_refused(telegram: TelegramStandIn, bot: Bot) -> None:
    message = await bot.send_message(telegram.chat, "uno")
    said = await refusal(bot.edit_message_text("uno", telegram.chat, message.message_id), BadRequest)
    assert said.startswith("Message is not modified")


async def test_other_peoples_messages_cannot_be_changed(telegram: TelegramStandIn, bot: Bot) -> None:
    said = await telegram.operator_says("anna", "mio")
    assert await refusal(bot.edit_message_text("x", telegram.chat, said)) == "Message can't be edited"
    telegram.set_rights(can_delete_messages=False)
    assert await refusal(bot.delete_message(telegram.chat, said)) == "Message can't be deleted"


async def test_without_the_right_to_delete_old_messages_stay(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.set_rights(can_delete_messages=False)
    message = await bot.send_message(telegram.chat, "uno")
    telegram.messages()[0].wire.too_old = True
    words = await refusal(bot.delete_message(telegram.chat, message.message_id))
    assert words == "Message can't be deleted for everyone"
    telegram.set_rights(can_delete_messages=True)
    assert await bot.delete_message(telegram.chat, message.message_id)


@pytest.mark.parametrize("says", ["message thread not found", "TOPIC_DELETED"])
async def test_a_deleted_topic_takes_nothing_more(telegram: TelegramStandIn, bot: Bot, says: str) -> None:
    topic = await bot.create_forum_topic(telegram.chat, "Maria")
    thread = topic.message_thread_id
    message = await bot.send_message(telegram.chat, "uno", message_thread_id=thread)
    await telegram.operator_deletes_topic(thread, says=says)
    words = await refusal(bot.send_message(telegram.chat, "due", message_thread_id=thread))
    assert words.lower() == says.lower()
    words = await refusal(bot.edit_message_text("x", telegram.chat, message.message_id))
    assert words == "Message to edit not found"


async def test_a_closed_topic_takes_only_what_its_managers_write(telegram: TelegramStandIn, bot: Bot) -> None:
    topic = await bot.create_forum_topic(telegram.chat, "Maria")
    thread = topic.message_thread_id
    await bot.close_forum_topic(telegram.chat, thread)
    assert await refusal(bot.close_forum_topic(telegram.chat, thread)) == "Topic_not_modified"
    await bot.send_message(telegram.chat, "uno", message_thread_id=thread)
    with pytest.raises(LookupError):
        await telegram.operator_says("anna", "non si può", thread=thread)
    telegram.set_rights(can_manage_topics=False)
    assert await refusal(bot.send_message(telegram.chat, "due", message_thread_id=thread)) == "Topic_closed"


@pytest.mark.parametrize("kind", [Kind.GROUP, Kind.SUPERGROUP])
async def test_a_group_without_topics_has_none_to_give(kind: Kind) -> None:
    async with TelegramStandIn(kind) as telegram, client(telegram) as bot:
        assert await refusal(bot.create_forum_topic(telegram.chat, "x")) == "The chat is not a forum"
        words = await refusal(bot.send_message(telegram.chat, "x", message_thread_id=2))
        assert words == "Message thread not found"


async def test_what_the_bot_has_no_right_to_is_refused(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.set_rights(can_manage_topics=False)
    assert "Not enough rights to create a topic" in await refusal(bot.create_forum_topic(telegram.chat, "x"))
    telegram.set_rights(status="restricted", can_send_files=False)
    assert "rights to send documents" in await refusal(bot.send_document(telegram.chat, b"x"))
    telegram.set_rights(can_send_messages=False)
    assert "rights to send text" in await refusal(bot.send_message(telegram.chat, "x"))


@pytest.mark.parametrize(("status", "words"), [("kicked", "bot was kicked"), ("left", "bot is not a member")])
async def test_a_bot_that_is_not_there_is_forbidden_everything(
    telegram: TelegramStandIn, bot: Bot, status: str, words: str
) -> None:
    telegram.set_rights(status=status)
    assert words in await refusal(bot.send_message(telegram.chat, "x"), Forbidden)
    await telegram.operator_says("anna", "senza di te")
    assert [u.my_chat_member is not None for u in await bot.get_updates()] == [True]


async def test_a_group_that_moved_says_where(telegram: TelegramStandIn) -> None:
    async with TelegramStandIn(Kind.GROUP) as telegram, client(telegram) as bot:
        new = telegram.migrate(told=False)
        with pytest.raises(ChatMigrated) as moved:
            await bot.send_message(telegram.chat, "x")
        assert moved.value.new_chat_id == new
        assert await bot.get_updates() == ()


async def test_a_file_over_20_mb_cannot_be_fetched(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.operator_says("anna", file=("film.mp4", b"x"), kind="video", size=21 * 1024 * 1024)
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.video is not None
    assert await refusal(bot.get_file(update.message.video.file_id)) == "File is too big"
