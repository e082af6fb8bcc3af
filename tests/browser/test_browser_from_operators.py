"""What operators send and do besides words: pictures, other files, a thumb; on the citizen's page and at the desk."""

import re

import pytest
from playwright.async_api import Locator, Page, Response, expect

from tests.browser.visits import Visits, messages, say, thread, write
from tests.hub import RunningHub
from tests.pictures import png, scene
from tests.platforms.slack import Shown, SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = "Dove pago la TARI?"
THUMB = re.compile("👍$")
PLAN = png(scene(640, 400))
PREVIEW = 480
"""Pixels across: a preview is small."""
FORM = b"%PDF-1.4\n%%EOF\n" + b"%" * 20_000


async def asked(office: RunningHub, slack: SlackStandIn, page: Page) -> Shown:
    """A citizen has asked, and operators have it on Slack."""
    await page.goto(f"{office.url}/chat")
    await write(page, ASKED)
    root = await thread(slack, ASKED)
    await expect(page.locator(".message.visitor .marks")).to_have_text(say("live_delivered"))
    return root


async def at_the_desk(office: RunningHub, visits: Visits) -> Page:
    """An operator has opened the conversation at the desk, which hears of what happens."""
    desk = await visits.page()
    await desk.goto(office.desk_link)
    await desk.locator("#name").fill("Lucia Verdi")
    await desk.locator("button.primary").click()
    async with desk.expect_response(_read_again) as reading:
        await desk.locator("#list li a").click()
    await (await reading.value).finished()
    return desk


def _read_again(answer: Response) -> bool:
    """Whether the desk's page reads itself again, as it does once its line stands: from then on it draws by itself."""
    return answer.request.resource_type == "fetch" and bool(re.search(r"/desk/[^/]{16}$", answer.url))


async def shows(picture: Locator, wide: int) -> None:
    """Wait until a picture is seen, with all of its pixels."""
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", wide)


async def test_a_picture_from_an_operator_is_seen_with_its_caption_also_after_a_reload(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    root = await asked(office, slack, page)
    sent = await slack.operator_says(
        "anna", "Lo sportello è *qui*", thread_ts=root.ts, files=[("pianta.png", PLAN)]
    )
    line = page.locator(".message.operator")
    for reloaded in (False, True):
        if reloaded:
            await page.reload()
        await shows(line.get_by_role("img", name="pianta.png"), PREVIEW)
        await expect(line.locator(".caption")).to_have_text("Lo sportello è qui")
        await expect(line.locator(".caption b")).to_have_text("qui")
        await expect(line).to_have_count(1)

    await slack.operator_edits(sent, "Lo sportello è al primo piano")
    for reloaded in (False, True):
        if reloaded:
            await page.reload()
        await expect(line.locator(".caption")).to_have_text("Lo sportello è al primo piano")
        await shows(line.get_by_role("img", name="pianta.png"), PREVIEW)


async def test_any_other_file_is_its_name_and_size_and_can_be_saved(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    root = await asked(office, slack, page)
    await slack.operator_says("anna", "", thread_ts=root.ts, files=[("modulo.pdf", FORM)])
    line = page.locator(".message.operator")
    for reloaded in (False, True):
        if reloaded:
            await page.reload()
        button = line.get_by_role("button", name=say("live_download", name="modulo.pdf"))
        await expect(button).to_be_visible()
        await expect(line.locator("small")).to_have_text(re.compile(r"^\s*20.kB$"))
        await expect(line.get_by_role("img")).to_have_count(0)
        async with page.expect_download() as downloading:
            await button.click()
        download = await downloading.value
        assert download.suggested_filename == "modulo.pdf"
        assert (await download.path()).read_bytes() == FORM


async def test_a_thumb_is_seen_under_the_citizens_message_until_it_is_taken_away(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    root = await asked(office, slack, page)
    line = page.locator(".message.visitor")
    await expect(line.locator(".reactions")).to_have_count(0)

    await slack.operator_reacts("anna", root.ts, "+1")
    await expect(line.locator(".reactions")).to_have_text(f"{say('live_reactions')} 👍")
    await expect(line.locator(".marks")).to_have_text(say("live_delivered"))
    await page.reload()
    await expect(line.locator(".reactions")).to_have_text(THUMB)
    await expect(line.locator(".body")).to_have_text(ASKED)

    await slack.operator_reacts("anna", root.ts, "+1", remove=True)
    await expect(line.locator(".reactions")).to_have_count(0)
    await page.reload()
    await expect(line.locator(".body")).to_have_text(ASKED)
    await expect(line.locator(".reactions")).to_have_count(0)


async def test_a_thumb_on_a_picture_leaves_the_picture_as_it_is(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    root = await asked(office, slack, page)
    chosen = {"name": "buca.png", "mimeType": "image/png", "buffer": PLAN}
    await page.locator("input[type=file]:not([capture])").set_input_files(chosen)
    picture = page.locator(".message.visitor").get_by_role("img", name="buca.png")
    await shows(picture, PREVIEW)
    line = page.locator(".message.visitor").last
    await expect(line.locator(".marks")).to_have_text(say("live_delivered"))
    await picture.evaluate("(one) => one.toggleAttribute('data-before')")
    (shown,) = [said for said in slack.thread(root.ts) if said.files]
    await slack.operator_reacts("anna", shown.ts, "heart")
    await expect(line.locator(".reactions")).to_have_text(re.compile("❤"))
    await expect(line.locator("img[data-before]")).to_be_visible()


async def test_without_javascript_all_of_it_is_there_after_a_reload(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(java_script_enabled=False)
    await page.goto(f"{office.url}/chat")
    await page.get_by_label(say("your_message")).fill(ASKED)
    await page.get_by_role("button", name=say("send"), exact=True).click()
    root = await thread(slack, ASKED)
    await slack.operator_says("anna", "Lo sportello è *qui*", thread_ts=root.ts, files=[("pianta.png", PLAN)])
    await slack.operator_says("anna", "", thread_ts=root.ts, files=[("modulo.pdf", FORM)])
    await slack.wait_for(lambda: not slack.socket_mode.pending())
    await page.get_by_role("button", name=say("reload")).click()
    plan, form = page.locator(".message.operator").nth(0), page.locator(".message.operator").nth(1)
    await shows(plan.get_by_role("img", name="pianta.png"), PREVIEW)
    await expect(plan.locator(".caption")).to_have_text("Lo sportello è qui")
    await expect(form.get_by_role("link", name="modulo.pdf")).to_be_visible()
    await expect(form.locator("small")).to_have_text(re.compile(r"^20.[Kk]B$"))
    await expect(form.get_by_role("img")).to_have_count(0)
    for taken_away in (False, True):
        await slack.operator_reacts("anna", root.ts, "+1", remove=taken_away)
        await slack.wait_for(lambda: not slack.socket_mode.pending())
        await page.get_by_role("button", name=say("reload")).click()
        await expect(messages(page, "visitor")).to_have_text([ASKED])
        await expect(page.locator(".message.visitor .reactions")).to_have_text([] if taken_away else [THUMB])


async def test_the_desk_shows_the_citizens_picture_and_what_colleagues_put_on_a_message(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    root = await asked(office, slack, page)
    desk = await at_the_desk(office, visits)
    chosen = {"name": "buca.png", "mimeType": "image/png", "buffer": PLAN}
    await page.locator("input[type=file]:not([capture])").set_input_files(chosen)
    await slack.operator_says("anna", "Eccola", thread_ts=root.ts, files=[("pianta.png", PLAN)])
    await slack.operator_reacts("anna", root.ts, "+1")
    question = desk.locator(".message.visitor").first
    hole = desk.locator(".message.visitor").last
    plan = desk.locator(".message.operator")
    for reloaded in (False, True):
        if reloaded:
            await desk.reload()
        await shows(hole.get_by_role("img", name="buca.png"), PREVIEW)
        await expect(hole.get_by_role("link", name="buca.png")).to_be_visible()
        await expect(hole.locator("small")).to_have_text(re.compile("[Kk]B$"))
        await shows(plan.get_by_role("img", name="pianta.png"), PREVIEW)
        await expect(plan.locator(".caption")).to_have_text("Eccola")
        await expect(question.locator(".reactions")).to_have_text(THUMB)

    await slack.operator_reacts("anna", root.ts, "+1", remove=True)
    await expect(desk.locator(".reactions")).to_have_count(0)


async def test_at_the_desk_a_picture_stays_when_its_caption_is_edited(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    root = await asked(office, slack, page)
    desk = await at_the_desk(office, visits)
    sent = await slack.operator_says("anna", "Qui", thread_ts=root.ts, files=[("pianta.png", PLAN)])
    plan = desk.locator(".message.operator")
    await expect(plan.locator(".caption")).to_have_text("Qui")
    await slack.operator_edits(sent, "Al primo piano")
    await expect(plan.locator(".caption")).to_have_text("Al primo piano")
    await expect(plan.locator(".marks")).to_have_text(say("edited"))
    await shows(plan.get_by_role("img", name="pianta.png"), PREVIEW)
    await slack.operator_deletes(sent)
    await expect(messages(desk, "operator")).to_have_text([say("deleted")])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_narrow_phone_a_picture_and_a_thumb_fit(
    office: RunningHub, slack: SlackStandIn, visits: Visits, scheme: str
) -> None:
    page = await visits.page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    root = await asked(office, slack, page)
    await slack.operator_reacts("anna", root.ts, "+1")
    await slack.operator_says(
        "anna",
        "Lo sportello è qui",
        thread_ts=root.ts,
        files=[("pianta-del-municipio-primo-piano.png", PLAN)],
    )
    picture = page.locator(".message.operator img")
    await shows(picture, PREVIEW)
    await expect(page.locator(".reactions")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    for part in (picture, page.locator(".message.operator .file"), page.locator(".reactions")):
        box = await part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
