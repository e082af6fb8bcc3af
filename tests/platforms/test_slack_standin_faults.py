"""What goes wrong with Slack goes wrong with the stand-in, on request."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from .slack import Hang, HangUp, HttpError, LostReply, Ratelimited, Refused, SlackStandIn
from .slack.testing import Desk, client, connected, refusal

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


# Faults


async def test_a_rate_limit_says_how_long_to_wait(slack: SlackStandIn, web: AsyncWebClient) -> None:
    slack.faults.add("chat.postMessage", Ratelimited(retry_after=7), times=1)
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=slack.channel, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert (await web.chat_postMessage(channel=slack.channel, text="x"))["ok"]
    assert [c.outcome for c in slack.calls] == ["Ratelimited", "ok"]


async def test_the_real_limit_of_a_channel_can_be_switched_on(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    slack.limits.add("chat.postMessage", per_second=1, burst=2, per_channel=True)
    other = slack.add_channel("other")
    for _ in range(2):
        await web.chat_postMessage(channel=slack.channel, text="x")
    assert await refusal(web.chat_postMessage(channel=slack.channel, text="x")) == "ratelimited"
    assert (await web.chat_postMessage(channel=other, text="x"))["ok"]
    slack.limits.clear()
    assert (await web.chat_postMessage(channel=slack.channel, text="x"))["ok"]


async def test_a_broken_answer_and_any_of_slacks_errors_on_request(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    slack.faults.add("chat.postMessage", HttpError(503))
    slack.faults.add("chat.postMessage", Refused("message_limit_exceeded"))
    with pytest.raises(Exception, match="503"):
        await web.chat_postMessage(channel=slack.channel, text="x")
    assert await refusal(web.chat_postMessage(channel=slack.channel, text="x")) == "message_limit_exceeded"
    assert slack.messages() == []


async def test_a_lost_reply_did_the_work_a_hang_up_did_not(slack: SlackStandIn, web: AsyncWebClient) -> None:
    slack.faults.add("chat.postMessage", HangUp(), when=lambda a: a["text"] == "never")
    slack.faults.add("chat.postMessage", LostReply(), when=lambda a: a["text"] == "once")
    for text in ("never", "once"):
        with pytest.raises(aiohttp.ClientConnectionError):
            await web.chat_postMessage(channel=slack.channel, text=text)
    assert [m.text for m in slack.messages()] == ["once"]


async def test_a_call_hangs_until_it_is_released(slack: SlackStandIn, web: AsyncWebClient) -> None:
    hang, late = Hang(), Hang(done=True)
    slack.faults.add("chat.postMessage", hang)
    slack.faults.add("chat.postMessage", late)
    calls = [
        asyncio.create_task(web.chat_postMessage(channel=slack.channel, text=text)) for text in ("one", "two")
    ]
    await slack.wait_for(lambda: len(slack.calls) == 2 and len(slack.messages()) == 1)
    assert not any(call.done() for call in calls)
    hang.release()
    late.release()
    await asyncio.gather(*calls)
    assert sorted(m.text for m in slack.messages()) == ["one", "two"]


async def test_a_caller_that_stops_waiting_is_never_served(slack: SlackStandIn) -> None:
    hang = Hang()
    slack.faults.add("chat.postMessage", hang)
    impatient = client(slack, timeout=0.2)
    with pytest.raises(TimeoutError):
        await impatient.chat_postMessage(channel=slack.channel, text="x")
    await slack.wait_for(lambda: slack.calls[0].outcome == "given up")
    hang.release()
    await impatient.auth_test()
    assert slack.messages() == []


# Sockets


async def test_an_unacknowledged_event_is_sent_again_and_says_so(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        desk.broken = True
        await slack.operator_says("anna", "ciao")
        first = slack.socket_mode.deliveries[0]
        await slack.wait_for(lambda: first.attempt == 1)
        assert slack.acks == []
        desk.broken = False
        assert slack.socket_mode.redeliver() == 1
        await slack.wait_for(lambda: slack.acks)
    assert desk.texts()[-1] == "ciao"
    assert desk.headers[-1]["x-slack-retry-num"] == ["1"]
    assert slack.acks[0].event_id == first.event_id


async def test_an_acknowledged_event_can_come_a_second_time(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        await slack.operator_says("anna", "ciao")
        await slack.wait_for(lambda: slack.acks)
        slack.socket_mode.redeliver(acked=True)
        await slack.wait_for(lambda: len(slack.acks) == 2)
    assert len({body["event_id"] for body in desk.bodies}) == 1


async def test_events_can_arrive_out_of_order(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        slack.socket_mode.hold()
        for text in ("1", "2", "3"):
            await slack.operator_says("anna", text)
        slack.socket_mode.release(backwards=True)
        await slack.wait_for(lambda: len(desk.events) == 3)
    assert sorted(desk.texts()) == ["1", "2", "3"]
    assert [d.payload["event"]["text"] for d in slack.socket_mode.deliveries] == ["1", "2", "3"]
    assert desk.texts()[0] == "3"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_after_a_disconnect_frame_the_app_comes_back_on_a_new_socket(
    slack: SlackStandIn, reason: str
) -> None:
    async with connected(slack) as desk:
        slack.socket_mode.disconnect(reason)
        await slack.wait_for(lambda: slack.socket_mode.opened == 2 and slack.connected == 1)
        await slack.operator_says("anna", "still there?")
        await slack.wait_for(lambda: desk.texts() == ["still there?"])


async def test_a_socket_that_breaks_loses_nothing(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        slack.socket_mode.reset()
        await slack.wait_for(lambda: slack.connected == 0)
        await slack.operator_says("anna", "while away")
        await slack.wait_for(lambda: desk.texts() == ["while away"])
        assert slack.socket_mode.opened == 2


async def test_an_outage_is_over_on_the_same_port_with_everything_kept(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        before = slack.api_url
        root = await slack.operator_says("anna", "before")
        await slack.wait_for(lambda: slack.acks)
        await slack.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client(slack).auth_test()
        await slack.operator_says("anna", "during")
        await slack.start()
        assert slack.api_url == before
        # The SDK insists on its used address (WIRE.md); the bridge's watchdog does this:
        desk.handler.client.wss_uri = None
        await slack.wait_for(lambda: desk.texts() == ["before", "during"])
        assert [m.text for m in slack.thread(root)] == ["before"]


async def test_what_was_missed_for_too_long_is_forgotten(slack: SlackStandIn) -> None:
    await slack.operator_says("anna", "six minutes ago")
    assert slack.socket_mode.forget_pending() == 1
    async with connected(slack) as desk:
        await slack.operator_says("anna", "now")
        await slack.wait_for(lambda: desk.texts() == ["now"])


async def test_a_black_hole_answers_neither_pings_nor_acknowledgements(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        slack.socket_mode.black_hole()
        await slack.operator_says("anna", "into the dark")
        await slack.wait_for(lambda: slack.socket_mode.opened == 2, timeout=15)
        await slack.wait_for(lambda: slack.acks)
    assert desk.texts() == ["into the dark"]
    assert [ack.envelope_id for ack in slack.acks] == slack.socket_mode.deliveries[0].envelopes[1:]


async def test_a_good_address_may_lead_to_a_refused_socket_and_works_once(slack: SlackStandIn) -> None:
    caller = client(slack)
    slack.faults.add("socket", HttpError(408))
    url = (await caller.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        async with session.ws_connect(url) as ws:
            hello = await ws.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url)
        assert refused.value.status == 408


async def test_the_eleventh_socket_is_one_too_many(slack: SlackStandIn) -> None:
    caller = client(slack)
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            opened = await caller.apps_connections_open(app_token=slack.app_token)
            sockets.append(await session.ws_connect(opened["url"]))
        assert (await sockets[-1].receive_json())["reason"] == "too_many_websockets"
        for ws in sockets:
            await ws.close()


async def test_each_event_goes_to_one_socket_only(slack: SlackStandIn) -> None:
    async with connected(slack) as one:
        other = Desk(slack)
        await other.connect()
        await slack.wait_for(lambda: slack.connected == 2)
        for n in range(4):
            await slack.operator_says("anna", str(n))
        await slack.wait_for(lambda: len(slack.acks) == 4)
        await other.close()
    assert sorted(one.texts() + other.texts()) == ["0", "1", "2", "3"]
    assert one.texts() and other.texts()


async def test_waiting_in_vain_says_what_had_happened(slack: SlackStandIn, web: AsyncWebClient) -> None:
    await web.auth_test()
    with pytest.raises(TimeoutError, match=r"auth\.test: ok"):
        await slack.wait_for(lambda: False, timeout=0.01)


# From another process


async def test_another_process_can_run_it_and_make_the_gestures() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.platforms.slack", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        facts = json.loads(await process.stdout.readline())
        web = AsyncWebClient(token=facts["bot_token"], base_url=facts["api_url"], retry_handlers=[])
        root = await web.chat_postMessage(channel=facts["channel"], text="A citizen asks")
        control = facts["control_url"]
        async with aiohttp.ClientSession() as session:
            said = {"user": "anna", "text": "Salve", "thread_ts": root["ts"], "files": [["a.txt", "abc"]]}
            async with session.post(f"{control}operator_says", json=said) as answer:
                assert (await answer.json())["result"] > root["ts"]
            async with session.post(f"{control}operator_says", json={"user": "nobody"}) as answer:
                assert answer.status == 400
            async with session.get(f"{control}thread/{root['ts']}") as answer:
                assert [m["text"] for m in await answer.json()] == ["A citizen asks", "Salve"]
            fault = {"method": "auth.test", "fault": "ratelimited", "with": {"retry_after": 3}}
            async with session.post(f"{control}faults", json=fault) as answer:
                assert answer.status == 200
            async with session.post(f"{control}sockets", json={"do": "forget_pending"}) as answer:
                assert (await answer.json())["result"] == 2
        assert await refusal(web.auth_test()) == "ratelimited"
    finally:
        process.terminate()
        assert await process.wait() == 0
