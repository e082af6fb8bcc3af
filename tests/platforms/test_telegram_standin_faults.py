"""The Telegram stand-in breaks as Telegram breaks: limits, conflicts, lost replies, silence, absence."""

import asyncio

import pytest
from telegram import Bot
from telegram.error import Conflict, NetworkError, RetryAfter, TimedOut

from .telegram import FloodWait, Hang, HangUp, HttpError, LostReply, Refused, TelegramStandIn
from .telegram.testing import client, refusal


async def test_a_flood_is_answered_with_the_seconds_to_wait(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.faults.add("sendMessage", FloodWait(retry_after=7))
    assert "0:00:07" in await refusal(bot.send_message(telegram.chat, "x"), RetryAfter)
    await bot.send_message(telegram.chat, "x")
    assert [c.outcome for c in telegram.calls] == ["FloodWait", "ok"]


async def test_the_limit_of_messages_to_a_group_can_be_switched_on(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    telegram.limits.allow(2, seconds=60)
    topic = await bot.create_forum_topic(telegram.chat, "Maria")
    await bot.send_message(telegram.chat, "uno", message_thread_id=topic.message_thread_id)
    await bot.send_message(telegram.chat, "due")
    await refusal(bot.send_message(telegram.chat, "tre"), RetryAfter)
    assert telegram.calls[-1].outcome.startswith("Too Many Requests: retry after")
    other = telegram.add_chat()
    await bot.send_message(other, "altrove")


async def test_a_second_poller_sends_the_first_away(telegram: TelegramStandIn, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.wait_for(lambda: telegram.updates.is_polled)
    async with client(telegram) as other:
        second = asyncio.create_task(other.get_updates(timeout=30))
        with pytest.raises(Conflict):
            await first
        await telegram.operator_says("anna", "a te")
        assert len(await second) == 1


async def test_a_webhook_and_a_poll_exclude_each_other(telegram: TelegramStandIn, bot: Bot) -> None:
    await bot.set_webhook("https://a.example/hook")
    assert "webhook is active" in await refusal(bot.get_updates(), Conflict)
    await telegram.operator_says("anna", "ciao")
    await bot.delete_webhook()
    assert len(await bot.get_updates()) == 1


async def test_a_lost_reply_did_its_work(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.faults.add("sendMessage", LostReply())
    await refusal(bot.send_message(telegram.chat, "x"), NetworkError)
    assert [m.text for m in telegram.messages()] == ["x"]


async def test_lost_updates_come_again(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.operator_says("anna", "ciao")
    telegram.faults.add("getUpdates", LostReply())
    await refusal(bot.get_updates(timeout=5), NetworkError)
    assert len(await bot.get_updates(timeout=5)) == 1


async def test_a_hang_up_did_nothing(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.faults.add("*", HangUp())
    await refusal(bot.send_message(telegram.chat, "x"), NetworkError)
    assert telegram.messages() == []


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_telegrams_own_errors_are_no_json(telegram: TelegramStandIn, bot: Bot, status: int) -> None:
    telegram.faults.add("sendMessage", HttpError(status))
    assert str(status) in await refusal(bot.send_message(telegram.chat, "x"), NetworkError)


async def test_any_refusal_can_be_asked_for(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.faults.add("sendMessage", Refused("CHAT_WRITE_FORBIDDEN"), when=lambda a: a["text"] == "due")
    await bot.send_message(telegram.chat, "uno")
    assert await refusal(bot.send_message(telegram.chat, "due")) == "Chat_write_forbidden"
    await bot.send_message(telegram.chat, "due")


async def test_a_slow_answer_comes_when_it_is_released_or_not_at_all(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    slow = Hang()
    planned = telegram.faults.add("sendMessage", slow, times=None)
    call = asyncio.create_task(bot.send_message(telegram.chat, "uno"))
    await telegram.wait_for(lambda: planned.hits == 1)
    slow.release()
    assert (await call).text == "uno"
    telegram.faults.remove(planned)
    done = Hang(done=True)
    telegram.faults.add("sendMessage", done)
    with pytest.raises(TimedOut):
        await bot.send_message(telegram.chat, "due", read_timeout=0.2)
    assert [m.text for m in telegram.messages()] == ["uno", "due"]


async def test_a_download_can_break(telegram: TelegramStandIn, bot: Bot) -> None:
    message = await bot.send_document(telegram.chat, b"abc")
    assert message.document is not None
    file = await bot.get_file(message.document.file_id)
    telegram.faults.add("download", HttpError(502))
    await refusal(file.download_as_bytearray(), NetworkError)
    assert bytes(await file.download_as_bytearray()) == b"abc"


async def test_telegram_can_be_away_and_comes_back_with_everything(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    await telegram.stop()
    await refusal(bot.get_me(), NetworkError)
    await telegram.operator_says("anna", "mentre non c'eri")
    await telegram.start()
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "mentre non c'eri"


async def test_numbers_of_updates_can_begin_anew(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.operator_says("anna", "uno")
    (first,) = await bot.get_updates()
    await bot.get_updates(offset=first.update_id + 1)
    telegram.updates.number_anew(41)
    await telegram.operator_says("anna", "due")
    (second,) = await bot.get_updates()
    assert second.update_id == 41
