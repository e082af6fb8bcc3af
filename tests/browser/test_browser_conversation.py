"""A citizen writes from the red button, operators answer from Slack, and the network is what it is."""

import pytest
from playwright.async_api import Route, expect

from tests.browser.visits import (
    Visits,
    kept,
    messages,
    press_button,
    say,
    stored_anywhere,
    thread,
    times_said,
    write,
)
from tests.hub import RunningHub
from tests.line import Line
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_message_from_the_red_button_reaches_slack_and_replies_lost_on_the_way_arrive_once_in_order(
    slack: SlackStandIn, line: Line, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(line.url)
    chat = await press_button(page)
    assert await stored_anywhere(page) == []
    await write(chat, "Dove pago la TARI?")
    root = await thread(slack, "Dove pago la TARI?")

    await slack.operator_says("anna", "Allo sportello 2", thread_ts=root.ts)
    await expect(messages(chat, "operator")).to_have_text(["Allo sportello 2"])
    assert await page.context.cookies() == []

    line.cut()
    await expect(chat.locator("#notice")).to_contain_text(say("live_connecting"))
    await slack.operator_says("anna", "oppure dal sito", thread_ts=root.ts)
    await slack.operator_says("anna", "con il bollettino", thread_ts=root.ts)
    await slack.wait_for(lambda: not slack.socket_mode.pending())
    line.mend()

    await expect(messages(chat, "operator")).to_have_text(
        ["Allo sportello 2", "oppure dal sito", "con il bollettino"]
    )
    await expect(messages(chat, "visitor")).to_have_text(["Dove pago la TARI?"])


async def test_a_message_written_without_a_network_waits_is_shown_as_waiting_and_is_sent_once(
    slack: SlackStandIn, line: Line, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{line.url}/chat")
    await write(page, "Buongiorno")
    await thread(slack, "Buongiorno")

    line.cut()
    await write(page, "C'è ancora qualcuno?")
    await expect(page.locator(".message.waiting .body")).to_have_text("C'è ancora qualcuno?")
    await expect(page.locator(".message.waiting .marks")).to_contain_text(say("live_waiting"))
    line.mend()

    await thread(slack, "C'è ancora qualcuno?")
    await expect(page.locator(".message.waiting, .message.sending")).to_have_count(0)
    await expect(messages(page, "visitor")).to_have_text(["Buongiorno", "C'è ancora qualcuno?"])
    assert times_said(slack, "C'è ancora qualcuno?") == 1


async def test_a_message_whose_acknowledgement_was_lost_is_sent_again_and_arrives_once(
    office: RunningHub, slack: SlackStandIn, line: Line, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{line.url}/chat")
    line.loses_answers = True
    await write(page, "Mi sentite?")
    await thread(slack, "Mi sentite?")
    await expect(page.locator(".message.waiting .body")).to_have_text("Mi sentite?")

    line.loses_answers = False
    await page.reload()
    await expect(page.locator(".message.waiting, .message.sending")).to_have_count(0)
    await expect(messages(page, "visitor")).to_have_text(["Mi sentite?"])
    await write(page, "Sono sempre io")
    root = await thread(slack, "Sono sempre io")
    assert [times_said(slack, text) for text in ("Mi sentite?", "Sono sempre io")] == [1, 1]
    assert "Mi sentite?" in "".join(said.text for said in slack.thread(root.ts))


async def test_a_waiting_message_outlives_a_reload_and_is_sent_under_the_same_id(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Buongiorno")
    await thread(slack, "Buongiorno")

    async def fail(route: Route) -> None:
        await route.abort()

    await page.route("**/messages", fail)
    await write(page, "Serve la marca da bollo?")
    await expect(page.locator(".message.waiting")).to_have_count(1)
    before = await kept(page)
    await page.reload()
    await expect(page.locator(".message.waiting .body")).to_have_text("Serve la marca da bollo?")
    await page.unroute("**/messages", fail)

    await thread(slack, "Serve la marca da bollo?")
    await expect(page.locator(".message.waiting, .message.sending")).to_have_count(0)
    assert times_said(slack, "Serve la marca da bollo?") == 1
    records = await office.hub.store.entries(before["id"])
    (sent,) = [record for record in records if record.text == "Serve la marca da bollo?"]
    assert sent.origin_key == f"{before['id']}/{before['queue'][0]['client_id']}"


async def test_a_reload_resumes_the_conversation_where_it_was(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await slack.operator_says("anna", "Buongiorno a lei", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_text(["Buongiorno a lei"])

    await page.reload()
    await expect(messages(page)).to_have_text(
        ["Buongiorno", say("operator_joined", name="Anna"), "Buongiorno a lei"]
    )
    await slack.operator_says("anna", "Mi dica", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_text(["Buongiorno a lei", "Mi dica"])


async def test_what_an_operator_edits_or_deletes_changes_on_the_page(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "A che ora?")
    root = await thread(slack, "A che ora?")
    first = await slack.operator_says("anna", "Alle 9", thread_ts=root.ts)
    second = await slack.operator_says("anna", "Non lo so", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_text(["Alle 9", "Non lo so"])

    await slack.operator_edits(first, "Alle 10, scusi")
    await slack.operator_deletes(second)
    await expect(messages(page, "operator")).to_have_text(["Alle 10, scusi", say("deleted")])
    await expect(page.locator(".message.operator .marks").first).to_have_text(say("edited"))


async def test_a_conversation_is_ended_rated_downloaded_and_erased(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Grazie di tutto")
    root = await thread(slack, "Grazie di tutto")
    await slack.operator_says("anna", "Di niente", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_text(["Di niente"])

    await page.get_by_text(say("options")).click()
    async with page.expect_download() as downloading:
        await page.get_by_text(say("transcript")).click()
    text = (await (await downloading.value).path()).read_text()
    assert "Grazie di tutto" in text
    assert "Di niente" in text

    await page.get_by_text(say("end")).click()
    await page.get_by_role("button", name=say("end_confirm")).click()
    await expect(page.locator("#ended")).to_be_visible()
    await expect(page.get_by_label(say("your_message"))).to_be_hidden()
    await page.get_by_role("button", name=say("rating_score", score=5)).click()
    await expect(page.locator("#rated")).to_contain_text(say("rating_thanks"))
    (await slack.wait_for(lambda: [said for said in slack.thread(root.ts) if "5" in said.text], timeout=15))

    conversation = (await kept(page))["id"]
    await page.get_by_text(say("options")).click()
    await page.get_by_text(say("erase")).click()
    await page.get_by_role("button", name=say("erase_confirm")).click()
    await expect(messages(page)).to_have_count(0)
    assert await office.hub.store.conversation(conversation) is None
    assert await stored_anywhere(page) == []


async def test_an_operator_ends_the_conversation_and_the_next_one_is_a_new_one(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Una domanda")
    root = await thread(slack, "Una domanda")
    await slack.operator_says("anna", "!close", thread_ts=root.ts)
    await expect(page.locator("#ended")).to_be_visible()
    await page.get_by_role("button", name=say("new_conversation")).click()
    await expect(messages(page)).to_have_count(0)
    await write(page, "Un'altra domanda")
    other = await thread(slack, "Un'altra domanda")
    assert other.ts != root.ts


async def test_behind_a_proxy_that_holds_streams_back_replies_arrive_all_the_same(
    slack: SlackStandIn, line: Line, visits: Visits
) -> None:
    line.buffers = True
    page = await visits.page()
    await page.clock.install()
    await page.goto(f"{line.url}/chat")
    await write(page, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#notice")).to_contain_text(say("live_connecting"))
    await page.clock.fast_forward(2_000)
    for number, text in enumerate(("Salve", "Mi dica", "La ascolto"), 1):
        await slack.operator_says("anna", text, thread_ts=root.ts)
        await expect(messages(page, "operator")).to_have_count(number)
    await expect(messages(page, "operator")).to_have_text(["Salve", "Mi dica", "La ascolto"])
    await expect(page.locator("#notice")).to_contain_text(say("live_connected"))


async def test_two_tabs_show_the_same_conversation(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    async with page.context.expect_page() as opening:  # a tab opened from this one has its memory
        await page.evaluate("window.open(location.href)")
    other = await opening.value
    await expect(messages(other, "visitor")).to_have_text(["Buongiorno"])
    await write(other, "Scrivo da qui")
    await expect(messages(page, "visitor")).to_have_text(["Buongiorno", "Scrivo da qui"])
    await slack.operator_says("anna", "La leggo in tutte e due", thread_ts=root.ts)
    for tab in (page, other):
        await expect(messages(tab, "operator")).to_have_text(["La leggo in tutte e due"])


async def test_a_screen_reader_is_told_of_a_reply_and_of_nothing_else(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await expect(page.locator(".message.visitor .marks")).to_have_text(say("live_delivered"))
    log = page.get_by_role("log")
    await log.evaluate(
        """(log) => {
          window.told = [];
          new MutationObserver((changes) => window.told.push(
            ...changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.nodeName === "LI")
              .map((node) => node.textContent))
          ).observe(log, { childList: true, subtree: true });
        }"""
    )
    await slack.operator_says("anna", "Buongiorno a lei", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_text(["Buongiorno a lei"])
    told = await page.evaluate("window.told")
    assert len(told) == 2
    assert told[0] == say("operator_joined", name="Anna")
    assert "Anna" in told[1]
    assert "Buongiorno a lei" in told[1]
    await expect(log).to_match_aria_snapshot(
        f"""
        - log "{say("conversation")}":
          - list:
            - listitem
            - listitem: {say("operator_joined", name="Anna")}
            - listitem:
              - paragraph:
                - text: Anna
                - time
              - text: Buongiorno a lei
        """
    )
    await expect(log).to_have_attribute("aria-live", "polite")


async def test_a_message_is_signed_as_delivered_when_it_is_with_the_operators_and_not_before(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await slack.stop()
    await write(page, "C'è qualcuno?")
    signs = page.locator(".message.visitor .marks")
    await expect(signs).to_have_text(say("live_sent"))
    await slack.start()
    await thread(slack, "C'è qualcuno?")
    await expect(signs).to_have_text(say("live_delivered"))
    await page.reload()
    await expect(signs).to_have_text(say("live_delivered"))
