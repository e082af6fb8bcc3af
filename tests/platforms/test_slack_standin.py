"""The Slack stand-in behaves as Slack does, for the real slack_sdk and the real Bolt."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from .slack import SlackStandIn
from .slack.testing import button, client, connected, refusal, rich, section

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


# A conversation, both ways


async def test_a_post_and_a_reply_are_seen_by_both_sides(slack: SlackStandIn, web: AsyncWebClient) -> None:
    async with connected(slack) as desk:
        root = await web.chat_postMessage(channel=slack.channel, text="A citizen asks")
        reply = await slack.operator_says("anna", "Salve & benvenuta <3", thread_ts=root["ts"])
        (event,) = await slack.wait_for(lambda: [e for e in desk.events if e["ts"] == reply])
    assert [m.text for m in slack.thread(root["ts"])] == ["A citizen asks", "Salve & benvenuta <3"]
    assert event["text"] == "Salve &amp; benvenuta &lt;3"
    assert event["thread_ts"] == root["ts"]
    assert event["channel_type"] == "channel"
    assert event["client_msg_id"]
    assert event["blocks"][0]["type"] == "rich_text"


async def test_the_envelope_has_the_outer_shape_of_slack(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        await slack.operator_says("anna", "ciao")
        await slack.wait_for(lambda: desk.bodies)
    wanted = {"token", "team_id", "api_app_id", "event", "type", "event_id", "event_time", "authorizations"}
    assert wanted <= desk.bodies[0].keys()
    assert desk.bodies[0]["type"] == "event_callback"


async def test_what_people_type_becomes_mentions_links_and_names(slack: SlackStandIn) -> None:
    ts = await slack.operator_says("anna", "@marco see https://x.example?a=1&b=2 in #urp 🙂 `code`")
    wire = slack.workspace.locate(ts).text
    marco, urp = slack.workspace.find_user("marco"), slack.channel
    link = "<https://x.example?a=1&amp;b=2>"
    assert wire == f"<@{marco}> see {link} in <#{urp}|urp> :slightly_smiling_face: `code`"
    assert slack.messages()[-1].text.startswith("@Marco (URP) see https://x.example?a=1&b=2")


async def test_the_bots_own_posts_come_back_with_its_bot_id(slack: SlackStandIn, web: AsyncWebClient) -> None:
    async with connected(slack):
        posted = await web.chat_postMessage(
            channel=slack.channel, text="one", username="Ada", icon_emoji=":x:"
        )
        await web.chat_update(channel=slack.channel, ts=posted["ts"], text="two")
        await web.chat_delete(channel=slack.channel, ts=posted["ts"])
        await slack.wait_for(lambda: len(slack.acks) >= 2)
    events = [d.payload["event"] for d in slack.socket_mode.deliveries]
    subtypes = [e["subtype"] for e in events]
    assert subtypes == ["bot_message", "message_changed", "message_deleted"]
    assert events[0]["bot_id"] and "user" not in events[0]
    assert events[1]["message"]["bot_id"] and events[1]["message"]["edited"]
    assert events[1]["previous_message"]["text"] == "one"
    assert events[2]["deleted_ts"] == posted["ts"] and events[2]["previous_message"]["bot_id"]


async def test_an_edit_a_preview_and_a_deletion_are_told_apart(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        ts = await slack.operator_says("anna", "old https://www.comune.example/")
        await slack.operator_edits(ts, "new")
        await slack.unfurl(ts)
        await slack.operator_deletes(ts)
        await slack.wait_for(lambda: len(desk.events) == 4)
    edit, preview, deletion = desk.events[1:]
    assert edit["message"]["text"] == "new" and edit["message"]["edited"]
    assert preview["subtype"] == "message_changed"
    assert (
        preview["message"]["attachments"]
        and preview["message"]["text"] == preview["previous_message"]["text"]
    )
    assert deletion["subtype"] == "message_deleted"
    assert slack.messages() == []


async def test_a_preview_of_a_message_nobody_edited_carries_no_edited(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        await slack.unfurl(await slack.operator_says("anna", "https://www.comune.example/"))
        await slack.wait_for(lambda: len(desk.events) == 2)
    assert "edited" not in desk.events[1]["message"]


async def test_a_post_without_previews_never_gets_one(slack: SlackStandIn, web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(
        channel=slack.channel, text="https://x.example", unfurl_links=False, unfurl_media=False
    )
    with pytest.raises(ValueError, match="without previews"):
        await slack.unfurl(posted["ts"])


async def test_a_root_with_replies_becomes_a_tombstone(slack: SlackStandIn, web: AsyncWebClient) -> None:
    async with connected(slack) as desk:
        root = await slack.operator_says("anna", "root")
        await slack.operator_says("marco", "reply", thread_ts=root)
        await slack.operator_deletes(root)
        await slack.wait_for(lambda: len(desk.events) == 3)
    assert desk.events[2]["message"]["subtype"] == "tombstone"
    thread = await web.conversations_replies(channel=slack.channel, ts=root)
    assert [m["text"] for m in thread["messages"]] == ["This message was deleted.", "reply"]


async def test_a_reply_shown_to_the_channel_too_is_a_thread_broadcast(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        root = await slack.operator_says("anna", "root")
        await slack.operator_says("anna", "look", thread_ts=root, broadcast=True)
        await slack.wait_for(lambda: len(desk.events) == 2)
    assert desk.events[1]["subtype"] == "thread_broadcast"
    assert [m.text for m in slack.messages()] == ["root", "look"]


async def test_a_reply_may_be_told_of_without_its_text_or_not_at_all(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    async with connected(slack) as desk:
        root = await slack.operator_says("anna", "root")
        await slack.operator_says("anna", "lost", thread_ts=root, delivered="lost")
        await slack.operator_says("anna", "hidden", thread_ts=root, delivered="hidden")
        await slack.wait_for(lambda: len(desk.events) == 2)
    assert desk.events[1]["subtype"] == "message_replied"
    assert desk.texts() == ["root"]
    thread = await web.conversations_replies(channel=slack.channel, ts=root)
    assert [m["text"] for m in thread["messages"]] == ["root", "lost", "hidden"]


async def test_reactions_reach_the_app_and_cannot_be_given_twice(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    async with connected(slack) as desk:
        ts = await slack.operator_says("anna", "ciao")
        await slack.operator_reacts("marco", ts, "eyes")
        await slack.operator_reacts("marco", ts, "eyes", remove=True)
        await slack.wait_for(lambda: len(desk.events) == 3)
    assert [e["type"] for e in desk.events[1:]] == ["reaction_added", "reaction_removed"]
    given = {"channel": slack.channel, "timestamp": ts, "name": "white_check_mark"}
    await web.reactions_add(**given)
    assert slack.messages()[0].reactions.keys() == {"white_check_mark"}
    assert await refusal(web.reactions_add(**given)) == "already_reacted"
    await web.reactions_remove(**given)
    assert await refusal(web.reactions_remove(**given)) == "no_reaction"


async def test_whom_a_message_calls_is_known(slack: SlackStandIn, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=slack.channel, text="&lt;!channel&gt; @channel <b>")
    await web.chat_postMessage(
        channel=slack.channel, text="x", blocks=[rich({"type": "text", "text": "<!channel>"})]
    )
    assert slack.workspace.mentioned == []
    loud = await web.chat_postMessage(channel=slack.channel, text="<!channel>")
    linked = await web.chat_postMessage(channel=slack.channel, text="@here", link_names=True)
    assert slack.workspace.mentioned == [(loud["ts"], "channel"), (linked["ts"], "here")]


# Buttons and modals


async def test_a_pressed_button_a_modal_and_the_answers(slack: SlackStandIn, web: AsyncWebClient) -> None:
    root = await web.chat_postMessage(
        channel=slack.channel, text="x", blocks=[section("x"), button(value="7")]
    )
    async with connected(slack) as desk, aiohttp.ClientSession() as session:
        await slack.operator_presses("anna", root["ts"], "take")
        await slack.wait_for(lambda: desk.actions)
        pressed = desk.actions[0]
        assert pressed["actions"][0]["value"] == "7"
        assert pressed["container"]["message_ts"] == root["ts"]
        view = {
            "type": "modal",
            "callback_id": "answer",
            "title": {"type": "plain_text", "text": "Pass on"},
            "blocks": [section("To whom?")],
        }
        opened = await web.views_open(trigger_id=pressed["trigger_id"], view=view)
        again = web.views_open(trigger_id=pressed["trigger_id"], view=view)
        assert await refusal(again) == "expired_trigger_id"
        await slack.operator_submits("anna", opened["view"]["id"], {"b": {"a": {"value": "anagrafe"}}})
        await slack.wait_for(lambda: desk.submitted)
        for body in ({"text": "only you"}, {"text": "taken", "replace_original": True}):
            async with session.post(pressed["response_url"], json=body) as answer:
                assert await answer.text() == "ok"
    assert desk.submitted[0]["view"]["state"]["values"] == {"b": {"a": {"value": "anagrafe"}}}
    assert [e.text for e in slack.ephemerals] == ["only you"]
    assert [m.text for m in slack.messages()] == ["taken"]


async def test_nobody_presses_a_button_that_is_not_there(slack: SlackStandIn, web: AsyncWebClient) -> None:
    root = await web.chat_postMessage(channel=slack.channel, text="no buttons")
    with pytest.raises(LookupError):
        await slack.operator_presses("anna", root["ts"], "take")


async def test_the_home_tab_is_opened_and_filled() -> None:
    async with SlackStandIn(events=frozenset({"app_home_opened"})) as slack:
        await slack.operator_opens_home("anna")
        event = slack.socket_mode.pending()[0].payload["event"]
        home = {"type": "home", "blocks": [section("Three wait")]}
        await client(slack).views_publish(user_id=event["user"], view=home)
        assert slack.homes[event["user"]]["blocks"] == home["blocks"]


# Files


async def test_a_file_goes_up_in_three_steps_and_comes_down_with_the_token(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    root = await slack.operator_says("anna", "send it")
    sent = await web.files_upload_v2(
        channel=slack.channel, thread_ts=root, filename="modulo.pdf", content=b"%PDF", initial_comment="here"
    )
    assert sent["files"][0].keys() == {"id", "title"}
    shared = await slack.wait_for(lambda: slack.thread(root)[1:])
    assert (shared[0].text, shared[0].files) == ("here", ("modulo.pdf",))
    facts = await web.files_info(file=sent["files"][0]["id"])
    assert facts["file"]["shares"]["public"][slack.channel][0]["ts"] == shared[0].ts
    url = facts["file"]["url_private_download"]
    async with aiohttp.ClientSession() as session:
        async with session.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"}) as answer:
            assert (await answer.read(), answer.content_type) == (b"%PDF", "application/pdf")
        async with session.get(url) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")


async def test_an_operators_file_arrives_as_a_file_share(slack: SlackStandIn) -> None:
    async with connected(slack) as desk:
        await slack.operator_says("anna", "see", files=[("a.png", b"png")])
        await slack.wait_for(lambda: desk.events)
    assert desk.events[0]["subtype"] == "file_share"
    assert desk.events[0]["files"][0]["mimetype"] == "image/png"


async def test_an_upload_that_is_not_whole_is_refused(slack: SlackStandIn, web: AsyncWebClient) -> None:
    assert await refusal(web.files_getUploadURLExternal(filename="a", length=0)) == "invalid_arguments"
    announced = await web.files_getUploadURLExternal(filename="a.txt", length=3)
    files = [{"id": announced["file_id"], "title": "a"}]
    assert await refusal(web.files_completeUploadExternal(files=files)) == "file_not_found"
    async with aiohttp.ClientSession() as session:
        async with session.post(announced["upload_url"], data=b"four") as answer:
            assert answer.status == 400
        async with session.post(announced["upload_url"], data=b"thr") as answer:
            assert answer.status == 200
    outside = slack.add_channel("elsewhere", bot=False)
    lost = web.files_completeUploadExternal(files=files, channel_id=outside)
    assert await refusal(lost) == "not_in_channel"


# Reading back


async def test_a_thread_is_read_page_by_page_from_a_moment_on(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    root = await slack.operator_says("anna", "root")
    stamps = [await slack.operator_says("anna", str(n), thread_ts=root) for n in range(5)]
    first = await web.conversations_replies(channel=slack.channel, ts=root, oldest=stamps[1], limit=2)
    assert [m["text"] for m in first["messages"]] == ["root", "2"]
    cursor = first["response_metadata"]["next_cursor"]
    second = await web.conversations_replies(
        channel=slack.channel, ts=root, oldest=stamps[1], limit=2, cursor=cursor
    )
    assert [m["text"] for m in second["messages"]] == ["3", "4"]
    assert not second["has_more"]
    history = await web.conversations_history(channel=slack.channel)
    assert [(m["text"], m["reply_count"]) for m in history["messages"]] == [("root", 5)]


async def test_metadata_comes_back_only_when_asked_for(slack: SlackStandIn, web: AsyncWebClient) -> None:
    mark = {"event_type": "hub_message", "event_payload": {"id": "7"}}
    root = await web.chat_postMessage(channel=slack.channel, text="x", metadata=mark)
    asked = await web.conversations_replies(channel=slack.channel, ts=root["ts"], include_all_metadata=True)
    unasked = await web.conversations_history(channel=slack.channel)
    assert asked["messages"][0]["metadata"] == mark
    assert "metadata" not in unasked["messages"][0]


async def test_new_text_replaces_blocks_and_marks_the_message_new_blocks_do_not(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    root = await web.chat_postMessage(channel=slack.channel, text="a", blocks=[section("a")])
    where = {"channel": slack.channel, "ts": root["ts"]}
    await web.chat_update(**where, text="b", blocks=[section("b")])
    assert [(m.text, m.edited) for m in slack.messages()] == [("b", False)]
    await web.chat_update(**where, text="c")
    assert [(m.text, m.edited) for m in slack.messages()] == [("c", True)]


async def test_people_channels_and_links_are_told(slack: SlackStandIn, web: AsyncWebClient) -> None:
    anna = slack.workspace.find_user("anna")
    profile = (await web.users_info(user=str(anna)))["user"]["profile"]
    assert (profile["real_name"], profile["first_name"]) == ("Anna Bianchi", "Anna")
    private = slack.add_channel("segreteria", private=True)
    assert (await web.conversations_info(channel=private))["channel"]["is_member"]
    listed = await web.conversations_list(types="public_channel,private_channel")
    assert [c["name"] for c in listed["channels"]] == ["urp", "segreteria"]
    assert anna in (await web.conversations_members(channel=slack.channel))["members"]
    root = await slack.operator_says("anna", "x")
    link = await web.chat_getPermalink(channel=slack.channel, message_ts=root)
    assert link["permalink"].endswith(f"/{slack.channel}/p{root.replace('.', '')}")
    assert (await web.auth_test())["bot_id"] == "B0LINEA001"


async def test_the_bot_joins_a_public_channel_by_itself_but_no_private_one(
    slack: SlackStandIn, web: AsyncWebClient
) -> None:
    public = slack.add_channel("public", bot=False)
    private = slack.add_channel("private", private=True, bot=False)
    assert await refusal(web.chat_postMessage(channel=public, text="x")) == "not_in_channel"
    assert await refusal(web.conversations_history(channel=public)) == "not_in_channel"
    assert await refusal(web.conversations_join(channel=private)) == "channel_not_found"
    await web.conversations_join(channel=public)
    await web.chat_postMessage(channel=public, text="x")
    assert [m.text for m in slack.messages(public)] == ["x"]
