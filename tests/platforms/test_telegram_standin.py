"""The Telegram stand-in does what Telegram does: python-telegram-bot's own client finds nothing amiss."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction, ReactionEmoji

from .telegram import BOT_ID, BOT_USERNAME, Kind, TelegramStandIn
from .telegram.testing import client

ROOT = Path(__file__).parent.parent.parent
WANTED = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member"]
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 60

# Sending -----------------------------------------------------------------------------------------


async def test_a_bot_learns_who_it_is_and_where(telegram: TelegramStandIn, bot: Bot) -> None:
    me = await bot.get_me()
    chat = await bot.get_chat(telegram.chat)
    member = await bot.get_chat_member(telegram.chat, BOT_ID)
    assert (me.id, me.username, me.can_read_all_group_messages) == (BOT_ID, BOT_USERNAME, False)
    assert (chat.title, chat.is_forum, chat.type) == ("URP", True, "supergroup")
    assert (member.status, member.can_manage_topics) == ("administrator", True)


async def test_a_topic_is_opened_written_into_renamed_closed_and_deleted(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    topic = await bot.create_forum_topic(telegram.chat, "Maria Rossi")
    message = await bot.send_message(telegram.chat, "Buongiorno", message_thread_id=topic.message_thread_id)
    assert message.is_topic_message
    assert message.message_thread_id == topic.message_thread_id
    assert message.reply_to_message is not None
    assert message.reply_to_message.forum_topic_created is not None
    await bot.edit_forum_topic(telegram.chat, topic.message_thread_id, name="Maria R.")
    await bot.close_forum_topic(telegram.chat, topic.message_thread_id)
    (shown,) = telegram.topics()
    assert (shown.name, shown.is_closed) == ("Maria R.", True)
    assert [m.text for m in telegram.thread(shown.id)] == ["Buongiorno"]
    await bot.reopen_forum_topic(telegram.chat, topic.message_thread_id)
    await bot.delete_forum_topic(telegram.chat, topic.message_thread_id)
    assert telegram.topics() == []


async def test_a_reply_in_a_group_hangs_from_its_message() -> None:
    async with TelegramStandIn(Kind.GROUP) as telegram, client(telegram) as bot:
        first = await bot.send_message(telegram.chat, "uno")
        second = await bot.send_message(
            telegram.chat, "due", reply_parameters=ReplyParameters(first.message_id)
        )
        assert second.reply_to_message is not None
        assert second.reply_to_message.message_id == first.message_id
        assert second.message_thread_id is None
        assert [m.text for m in telegram.chain(first.message_id)] == ["uno", "due"]


async def test_a_reply_without_topics_in_a_supergroup_carries_a_number_that_is_no_topic() -> None:
    async with TelegramStandIn(Kind.SUPERGROUP) as telegram, client(telegram) as bot:
        first = await bot.send_message(telegram.chat, "uno")
        second = await bot.send_message(
            telegram.chat, "due", reply_parameters=ReplyParameters(first.message_id)
        )
        assert second.message_thread_id is not None
        assert not second.is_topic_message


async def test_html_and_entities_are_read_and_what_is_live_is_found(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    message = await bot.send_message(
        telegram.chat, "<b>Nome</b>: a &lt; b 🎉 <code>@anna</code> @marco /help https://a.example/x", "HTML"
    )
    assert message.text == "Nome: a < b 🎉 @anna @marco /help https://a.example/x"
    assert message.parse_entities(["bold", "code"]) == {
        message.entities[0]: "Nome",
        message.entities[1]: "@anna",
    }
    (shown,) = telegram.messages()
    assert shown.live == ("@marco", "/help", "https://a.example/x")
    assert shown.previewed


async def test_a_preview_can_be_switched_off(telegram: TelegramStandIn, bot: Bot) -> None:
    await bot.send_message(
        telegram.chat, "https://a.example", link_preview_options=LinkPreviewOptions(is_disabled=True)
    )
    assert not telegram.messages()[0].previewed


async def test_the_bots_own_messages_are_changed_and_taken_away(telegram: TelegramStandIn, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Prendo io", callback_data="take:1")]])
    message = await bot.send_message(telegram.chat, "uno", reply_markup=keyboard)
    assert telegram.messages()[0].buttons == ("Prendo io",)
    await bot.edit_message_text("due", telegram.chat, message.message_id)
    (shown,) = telegram.messages()
    assert (shown.text, shown.buttons, shown.edited) == ("due", (), True)
    assert await bot.delete_message(telegram.chat, message.message_id)
    assert telegram.messages() == []


async def test_files_go_up_and_come_down_again(telegram: TelegramStandIn, bot: Bot) -> None:
    sent = await bot.send_document(telegram.chat, b"abc", caption="ecco", filename="modulo à.txt")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == ("modulo à.txt", 3, "ecco")
    photo = await bot.send_photo(telegram.chat, PNG)
    assert len(photo.photo) == 2
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"abc"
    again = await bot.send_document(telegram.chat, sent.document.file_id)
    assert again.document is not None


async def test_the_small_things_work(telegram: TelegramStandIn, bot: Bot) -> None:
    topic = await bot.create_forum_topic(telegram.chat, "Maria")
    message = await bot.send_message(telegram.chat, "uno")
    await bot.send_chat_action(telegram.chat, ChatAction.TYPING, message_thread_id=topic.message_thread_id)
    await bot.set_message_reaction(telegram.chat, message.message_id, ReactionEmoji.THUMBS_UP)
    await bot.set_my_commands([("close", "Chiudi")])
    assert telegram.actions == [(telegram.chat, topic.message_thread_id, "typing")]
    assert telegram.messages()[0].reactions == {"👍": 1}
    assert [c.command for c in await bot.get_my_commands()] == ["close"]
    assert (await bot.get_webhook_info()).url == ""


# Hearing -----------------------------------------------------------------------------------------


async def test_what_people_do_is_told_in_order_until_it_is_confirmed(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    await bot.get_updates(allowed_updates=WANTED)
    topic = await bot.create_forum_topic(telegram.chat, "Maria")
    thread = topic.message_thread_id
    said = await telegram.operator_says("anna", "Alle 8", thread=thread)
    await telegram.operator_edits(said, "Alle 8:30")
    await telegram.operator_reacts("marco", said, "👍")
    await telegram.operator_closes_topic("marco", thread)
    updates = await bot.get_updates()
    kinds = [next(k for k in u.to_dict() if k != "update_id") for u in updates]
    assert kinds == ["message", "message", "edited_message", "message_reaction", "message"]
    said_update = updates[1].message
    assert said_update is not None
    assert said_update.from_user is not None
    assert (said_update.text, said_update.from_user.full_name) == ("Alle 8", "Anna Bianchi")
    assert (said_update.is_topic_message, said_update.message_thread_id) == (True, thread)
    assert await bot.get_updates() == updates
    assert await bot.get_updates(offset=updates[2].update_id) == updates[2:]
    assert len(telegram.pending()) == 3
    assert await bot.get_updates(offset=-1) == updates[-1:]
    assert await bot.get_updates(offset=updates[-1].update_id + 1) == ()
    assert telegram.redeliver() == 5
    assert await bot.get_updates(limit=2) == updates[:2]


async def test_a_poll_waits_for_news(telegram: TelegramStandIn, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await telegram.wait_for(lambda: telegram.updates.is_polled)
    await telegram.operator_says("anna", "ciao")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "ciao"
    assert not update.message.is_topic_message


async def test_what_a_bot_did_not_ask_for_is_not_told_and_the_wish_is_remembered(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    said = await telegram.operator_says("anna", "ciao")
    await telegram.operator_reacts("anna", said, "👍")
    assert len(await bot.get_updates(allowed_updates=["message_reaction"])) == 1
    await telegram.operator_says("anna", "a nessuno")
    await telegram.operator_reacts("anna", said, "🔥")
    assert [u.message_reaction is not None for u in await bot.get_updates()] == [False, True]


async def test_a_pressed_button_is_told_and_answered_once(telegram: TelegramStandIn, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Prendo io", callback_data="take:1")]])
    message = await bot.send_message(telegram.chat, "uno", reply_markup=keyboard)
    await telegram.operator_presses("anna", message.message_id, "take")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert (query.data, query.from_user.username) == ("take:1", "anna")
    assert await bot.answer_callback_query(query.id, "fatto")
    assert telegram.queries[query.id].text == "fatto"


async def test_people_can_be_anonymous_bots_or_channels(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.add_user("meteo_bot", "Meteo", is_bot=True)
    await telegram.operator_says("anna", "in incognito", anonymous=True, signature="URP")
    await telegram.operator_says("anna", "notizia", channel=-1_002_000_000_000)
    await telegram.operator_says("meteo_bot", "piove")
    first, second, third = [u.message for u in await bot.get_updates()]
    assert first is not None
    assert first.sender_chat is not None
    assert (first.sender_chat.id, first.author_signature) == (telegram.chat, "URP")
    assert second is not None
    assert second.sender_chat is not None
    assert second.sender_chat.type == "channel"
    assert third is not None
    assert third.from_user is not None
    assert third.from_user.is_bot


async def test_a_bot_in_privacy_mode_hears_only_what_is_meant_for_it(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    telegram.set_rights(status="member")
    own = await bot.send_message(telegram.chat, "domanda")
    await telegram.operator_says("anna", "tra noi")
    await telegram.operator_says("anna", "/help")
    await telegram.operator_says("anna", "risposta", reply_to=own.message_id)
    told = [u.message.text for u in await bot.get_updates() if u.message]
    assert told == ["/help", "risposta"]


async def test_every_kind_of_file_is_understood(telegram: TelegramStandIn, bot: Bot) -> None:
    kinds = ["document", "photo", "voice", "audio", "video", "video_note", "animation", "sticker"]
    for kind in kinds:
        await telegram.operator_says("anna", file=("x.bin", b"abc"), kind=kind)
    messages = [u.message for u in await bot.get_updates()]
    assert [bool(getattr(m, kind)) for m, kind in zip(messages, kinds, strict=True)] == [True] * len(kinds)


async def test_a_group_that_becomes_a_supergroup_is_told_twice() -> None:
    async with TelegramStandIn(Kind.GROUP) as telegram, client(telegram) as bot:
        new = telegram.migrate()
        old, second = [u.message for u in await bot.get_updates()]
        assert old is not None
        assert second is not None
        assert (old.migrate_to_chat_id, second.migrate_from_chat_id) == (new, telegram.chat)
        assert (await bot.send_message(new, "ciao")).chat.is_forum


# On its own --------------------------------------------------------------------------------------


async def test_another_process_can_drive_it() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.platforms.telegram", cwd=ROOT, env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        facts = httpx.Response(200, content=await process.stdout.readline()).json()
        async with (
            Bot(
                facts["token"],
                base_url=f"{facts['api_url']}/bot",
                base_file_url=f"{facts['api_url']}/file/bot",
            ) as bot,
            httpx.AsyncClient(base_url=facts["control_url"]) as control,
        ):
            topic = await bot.create_forum_topic(facts["chat"], "Maria")
            thread = topic.message_thread_id
            said = {"user": "anna", "text": "Alle 8", "thread": thread}
            assert "result" in (await control.post("operator_says", json=said)).json()
            wrong = await control.post("operator_says", json={"user": "nessuno", "text": "?"})
            assert wrong.status_code == 400
            assert [u.message.text for u in await bot.get_updates() if u.message][-1] == "Alle 8"
            assert [t["name"] for t in (await control.get("topics")).json()] == ["Maria"]
            assert [m["text"] for m in (await control.get(f"thread/{thread}")).json()] == ["Alle 8"]
            assert len((await control.get("pending")).json()) == 2
            fault = {"method": "sendMessage", "fault": "flood_wait", "with": {"retry_after": 3}}
            await control.post("faults", json=fault)
            assert (await control.get("calls")).json()[-1]["method"] == "getUpdates"
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
