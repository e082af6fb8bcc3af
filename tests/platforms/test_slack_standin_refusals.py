"""What Slack refuses, the stand-in refuses, in the same words."""

from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from .slack import SlackStandIn
from .slack.testing import button, client, refusal, rich, section

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


# Refusals


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("APP", "not_allowed_token_type")],
)
async def test_a_token_must_be_there_right_and_of_the_right_kind(
    slack: SlackStandIn, token: str, error: str
) -> None:
    caller = client(slack, slack.app_token if token == "APP" else token)
    assert await refusal(caller.chat_postMessage(channel=slack.channel, text="x")) == error


async def test_a_bot_token_opens_no_socket(slack: SlackStandIn, web: AsyncWebClient) -> None:
    assert await refusal(web.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    assert await refusal(web.apps_connections_open(app_token="xapp-wrong")) == "invalid_auth"


async def test_a_revoked_token_works_again_when_restored(slack: SlackStandIn, web: AsyncWebClient) -> None:
    slack.revoke(slack.bot_token)
    assert await refusal(web.auth_test()) == "token_revoked"
    slack.restore(slack.bot_token)
    assert (await web.auth_test())["ok"]


async def test_what_the_manifest_does_not_ask_for_is_not_given() -> None:
    async with SlackStandIn(scopes=frozenset({"chat:write"}), events=frozenset()) as slack:
        web = client(slack)
        assert await refusal(web.users_info(user="U1")) == "missing_scope"
        named = web.chat_postMessage(channel=slack.channel, text="x", username="Ada")
        assert await refusal(named) == "missing_scope"
        await slack.operator_says("anna", "x")
        assert slack.socket_mode.deliveries == []


MISSING = "1700000000.000000"
REFUSED: list[tuple[str, Json, str]] = [
    ("chat.scheduleEverything", {}, "unknown_method"),
    ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
    ("chat.postMessage", {"channel": "C404", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "urp"}, "no_text"),
    ("chat.postMessage", {"channel": "urp", "text": "  "}, "no_text"),
    ("chat.postMessage", {"channel": "urp", "text": "x" * 40_001}, "msg_too_long"),
    ("chat.postMessage", {"channel": "urp", "text": "x", "thread_ts": MISSING}, "thread_not_found"),
    ("chat.postMessage", {"channel": "urp", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
    ("chat.postMessage", {"channel": "urp", "text": "x", "metadata": "{"}, "invalid_metadata_format"),
    ("chat.postMessage", {"channel": "urp", "text": "x", "metadata": "[1]"}, "invalid_metadata_format"),
    (
        "chat.postMessage",
        {"channel": "urp", "text": "x", "metadata": {"event_type": "a"}},
        "invalid_metadata_schema",
    ),
    (
        "chat.postMessage",
        {"channel": "urp", "text": "x", "metadata": {"event_type": "a", "event_payload": {"x": "y" * 9_000}}},
        "metadata_too_large",
    ),
    ("chat.update", {"channel": "ID", "ts": MISSING, "text": "x"}, "message_not_found"),
    ("chat.update", {"channel": "ID", "ts": "OPERATOR", "text": "x"}, "cant_update_message"),
    ("chat.update", {"channel": "ID", "ts": "BOT", "text": "x" * 4_001}, "msg_too_long"),
    ("chat.update", {"channel": "ID", "ts": "BOT"}, "no_text"),
    ("chat.delete", {"channel": "ID", "ts": MISSING}, "message_not_found"),
    ("chat.delete", {"channel": "ID", "ts": "OPERATOR"}, "cant_delete_message"),
    ("chat.getPermalink", {"channel": "ID", "message_ts": MISSING}, "message_not_found"),
    ("chat.postEphemeral", {"channel": "ID", "user": "U404", "text": "x"}, "user_not_in_channel"),
    ("conversations.replies", {"channel": "ID", "ts": MISSING}, "thread_not_found"),
    ("conversations.replies", {"channel": "C404", "ts": MISSING}, "channel_not_found"),
    ("conversations.replies", {"channel": "ID"}, "invalid_arguments"),
    ("conversations.replies", {"channel": "ID", "ts": "BOT", "oldest": "soon"}, "invalid_ts_oldest"),
    ("conversations.history", {"channel": "ID", "limit": 0}, "invalid_limit"),
    ("conversations.history", {"channel": "ID", "cursor": "!"}, "invalid_cursor"),
    ("users.info", {"user": "U404"}, "user_not_found"),
    ("reactions.add", {"channel": "ID", "timestamp": MISSING, "name": "eyes"}, "message_not_found"),
    ("reactions.add", {"channel": "ID", "timestamp": "BOT", "name": "👀"}, "invalid_name"),
    ("files.info", {"file": "F404"}, "file_not_found"),
    ("views.open", {"trigger_id": "x", "view": {"type": "home", "blocks": []}}, "invalid_arguments"),
]


@pytest.mark.parametrize(("method", "arguments", "error"), REFUSED)
async def test_what_slack_refuses_is_refused_in_slacks_words(
    slack: SlackStandIn, web: AsyncWebClient, method: str, arguments: Json, error: str
) -> None:
    operators = await slack.operator_says("anna", "x")
    ours = (await web.chat_postMessage(channel=slack.channel, text="x"))["ts"]
    stands_for = {"ID": slack.channel, "OPERATOR": operators, "BOT": ours}
    real = {k: stands_for.get(v, v) if isinstance(v, str) else v for k, v in arguments.items()}
    assert await refusal(web.api_call(method, json=real)) == error
    assert len(slack.messages()) == 2


async def test_a_reply_to_a_reply_is_refused(slack: SlackStandIn, web: AsyncWebClient) -> None:
    root = await slack.operator_says("anna", "root")
    reply = await slack.operator_says("anna", "reply", thread_ts=root)
    post = web.chat_postMessage(channel=slack.channel, text="x", thread_ts=reply)
    assert await refusal(post) == "cannot_reply_to_message"


async def test_an_archived_channel_takes_nothing_until_it_is_back(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    posted = await web.chat_postMessage(channel=slack.channel, text="x")
    slack.archive()
    assert await refusal(web.chat_postMessage(channel=slack.channel, text="y")) == "is_archived"
    change = web.chat_update(channel=slack.channel, ts=posted["ts"], text="y")
    assert await refusal(change) == "is_inactive"
    slack.archive(archived=False)
    await web.chat_postMessage(channel=slack.channel, text="y")
    assert [m.text for m in slack.messages()] == ["x", "y"]


async def test_a_bot_that_was_removed_hears_and_says_nothing(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    slack.remove_bot()
    await slack.operator_says("anna", "unheard")
    assert slack.socket_mode.deliveries == []
    assert await refusal(web.chat_postMessage(channel=slack.channel, text="x")) == "not_in_channel"
    slack.invite_bot()
    assert (await web.chat_postMessage(channel=slack.channel, text="x"))["ok"]


PLAIN = {"type": "plain_text", "text": "x"}
BAD_BLOCKS: list[tuple[str, list[Any]]] = [
    ("51 blocks", [section("x")] * 51),
    ("a section over 3,000", [section("x" * 3_001)]),
    ("an empty section", [section("")]),
    ("a section without text", [{"type": "section"}]),
    ("an unknown block", [{"type": "marquee", "text": PLAIN}]),
    ("a block that is none", ["hello"]),
    ("an unknown key", [{"type": "divider", "colour": "red"}]),
    ("a text that is no object", [{"type": "section", "text": "x"}]),
    ("a text of unknown type", [{"type": "section", "text": {"type": "html", "text": "x"}}]),
    ("emoji in mrkdwn", [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}]),
    ("a header in mrkdwn", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]),
    ("a header over 150", [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]),
    ("11 context elements", [{"type": "context", "elements": [PLAIN] * 11}]),
    ("a button text over 75", [button("x" * 76)]),
    ("a value over 2,000", [button(value="x" * 2_001)]),
    ("an action_id over 255", [button(action_id="x" * 256)]),
    ("a style of our own", [button(style="green")]),
    ("two equal action_ids", [{"type": "actions", "elements": button()["elements"] * 2}]),
    ("two equal block_ids", [{**section("x"), "block_id": "a"}] * 2),
    ("11 fields", [{"type": "section", "fields": [PLAIN] * 11}]),
    (
        "a select without options",
        [{"type": "section", "text": PLAIN, "accessory": {"type": "static_select"}}],
    ),
    ("rich text with an empty text", [rich({"type": "text", "text": ""})]),
    ("rich text with an unknown part", [rich({"type": "image", "url": "x"})]),
    ("rich text to nobody", [rich({"type": "broadcast", "range": "world"})]),
    ("rich text without sections", [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}]),
]


@pytest.mark.parametrize("blocks", [b for _, b in BAD_BLOCKS], ids=[name for name, _ in BAD_BLOCKS])
async def test_blocks_that_slack_would_refuse_are_refused(
    slack: SlackStandIn, web: AsyncWebClient, blocks: list[Any]
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    assert caught.value.response["error"] == "invalid_blocks"
    assert "json-pointer" in caught.value.response["response_metadata"]["messages"][0]
    assert slack.messages() == []


async def test_blocks_at_their_limits_are_taken(slack: SlackStandIn, web: AsyncWebClient) -> None:
    select = {"type": "static_select", "action_id": "s", "options": [{"text": PLAIN, "value": "v"}]}
    blocks = [
        section("x" * 3_000),
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150, "emoji": True}},
        {"type": "context", "elements": [PLAIN] * 10},
        button("x" * 75, value="x" * 2_000, style="primary"),
        {**section("x"), "accessory": select},
        rich({"type": "text", "text": "x", "style": {"bold": True}}, {"type": "link", "url": "https://x"}),
        *({"type": "divider"} for _ in range(44)),
    ]
    posted = await web.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    assert len(posted["message"]["blocks"]) == 50
    assert all(block["block_id"] for block in posted["message"]["blocks"])
    long = web.chat_postMessage(channel=slack.channel, text="x", blocks=[section("x" * 3_000)] * 5)
    assert await refusal(long) == "msg_blocks_too_long"
