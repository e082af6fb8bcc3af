"""Every state that a citizen or an operator can see, each with the way to it; looked at by axe and by eye."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from tests.browser.visits import BUTTON, messages, say, thread, write
from tests.hub import RunningHub
from tests.line import Line
from tests.platforms.slack import SlackStandIn
from texts import words

arabic = words("ar", {})


@dataclass
class Scene:
    """What a state is reached with."""

    page: Page
    office: RunningHub
    slack: SlackStandIn
    line: Line

    async def chat(self, path: str = "") -> None:
        """Open the citizen's page over the line that can be cut."""
        await self.page.goto(f"{self.line.url}/chat{path}")


FAQ: list[dict[str, str | dict[str, str]]] = [
    {
        "question": {"it": "Quando siete aperti?", "en": "When are you open?"},
        "answer": {"it": "Ogni mattina,\ndalle 8:30 alle 13.", "en": "Every morning,\nfrom 8:30 to 1 pm."},
    },
    {
        "question": "Dove si paga la TARI?",
        "answer": "Con il modello F24, in banca o alla posta: https://www.comune.example/tari",
    },
    {"question": "Come si rinnova la carta d'identità?", "answer": "Su appuntamento, con una foto."},
    {"question": "Quando passa il camion del vetro?", "answer": "Il martedì, dalle 6."},
    {"question": "Come si iscrivono i bambini alla mensa?", "answer": "In rete, fino al 15 dicembre."},
    {"question": "Dove si ritirano i sacchi?", "answer": "Alla biblioteca, con la tessera sanitaria."},
    {"question": "Come si prenota la sala civica?", "answer": "Con una e-mail all'ufficio cultura."},
    {"question": "Chi ripara un lampione?", "answer": "Basta dirci il numero sul palo."},
]
"""What a town's citizens ask most."""
CLOCK_OF_A_CLOSED_OFFICE = datetime(2099, 1, 1, 11, 0, tzinfo=UTC)
"""A Thursday."""
HOURS_OF_A_CLOSED_OFFICE = {"fri": "09:00-12:00"}


Way = Callable[[Scene], Awaitable[None]]


async def demo(scene: Scene) -> None:
    await scene.page.goto(scene.office.url)
    await expect(scene.page.get_by_role("button", name=BUTTON)).to_be_visible()


async def panel(scene: Scene) -> None:
    await demo(scene)
    await scene.page.get_by_role("button", name=BUTTON).click()
    await expect(scene.page.frame_locator("iframe").locator("h1")).to_be_visible()


async def start(scene: Scene) -> None:
    await scene.chat()
    await expect(scene.page.locator("#hint, #callback-title").last).to_be_attached()


async def quick_question(scene: Scene) -> None:
    await start(scene)
    await scene.page.locator(".question summary").nth(1).click()
    await expect(scene.page.locator(".question .body").nth(1)).to_be_visible()


async def search(scene: Scene) -> None:
    await start(scene)
    await scene.page.get_by_label(say("faq_search")).fill("si")
    await expect(scene.page.locator("#faq-found")).not_to_be_empty()


async def empty_message(scene: Scene) -> None:
    await start(scene)
    await write(scene.page, "")
    await expect(scene.page.locator("#text-error")).not_to_be_empty()


async def talking(scene: Scene) -> None:
    await start(scene)
    await write(scene.page, "Buongiorno, dove posso pagare la TARI? Ho visto https://www.comune.example/tari")
    root = await thread(scene.slack, "Buongiorno, dove posso pagare la TARI?")
    first = await scene.slack.operator_says("anna", "Allo sportello 2, dalle 9", thread_ts=root.ts)
    second = await scene.slack.operator_says("anna", "Le mando il modulo", thread_ts=root.ts)
    await scene.slack.operator_says(
        "anna", "", thread_ts=root.ts, files=[("modulo tari.pdf", b"%PDF-1.4\n%%EOF\n")]
    )
    await expect(messages(scene.page, "operator")).to_have_count(3)
    await scene.slack.operator_edits(first, "Allo sportello 2, dalle 8:30")
    await scene.slack.operator_deletes(second)
    await expect(scene.page.get_by_text(say("deleted"))).to_be_visible()


async def waiting(scene: Scene) -> None:
    await talking(scene)
    scene.line.cut()
    await write(scene.page, "E il sabato?")
    await expect(scene.page.locator(".message.waiting")).to_be_visible()
    await expect(scene.page.locator("#notice")).not_to_be_empty()


async def offered(scene: Scene) -> None:
    await start(scene)
    await write(scene.page, "Buongiorno, c'è qualcuno?")
    await thread(scene.slack, "Buongiorno, c'è qualcuno?")
    scene.office.clock.advance(timedelta(minutes=4))
    await scene.office.hub.remind_of_waiting()
    await expect(scene.page.get_by_role("button", name=say("live_to_callback"))).to_be_visible()


async def form_of_a_chat(scene: Scene) -> None:
    await offered(scene)
    await scene.page.get_by_role("button", name=say("live_to_callback")).click()
    await scene.page.get_by_text(say("reference_title")).click()
    await expect(scene.page.locator("#asked")).to_be_visible()


async def options(scene: Scene) -> None:
    await talking(scene)
    await scene.page.get_by_text(say("options")).click()
    await scene.page.get_by_text(say("end")).click()


async def erasing(scene: Scene) -> None:
    await talking(scene)
    await scene.page.get_by_text(say("options")).click()
    await scene.page.get_by_text(say("erase")).click()


async def right_to_left(scene: Scene) -> None:
    await scene.chat("?lang=ar")
    box = scene.page.get_by_label(arabic("your_message"))
    await box.fill("صباح الخير، رقمي هو +39 055 883-3210")
    await box.press("Enter")
    root = await thread(scene.slack, "+39 055 883-3210")
    await scene.slack.operator_says(
        "anna", "اتصلوا على +39 055 883-3001 أو https://www.comune.example/tari", thread_ts=root.ts
    )
    await expect(messages(scene.page, "operator")).to_have_count(1)


async def ended(scene: Scene) -> None:
    await options(scene)
    await scene.page.get_by_role("button", name=say("end_confirm")).click()
    await expect(scene.page.locator("#ended")).to_be_visible()


async def rated(scene: Scene) -> None:
    await ended(scene)
    await scene.page.get_by_role("button", name=say("rating_score", score=4)).click()
    await expect(scene.page.locator("#rated")).not_to_be_empty()


async def form(scene: Scene) -> None:
    await scene.chat("/callback")
    await expect(scene.page.locator("#callback-title")).to_be_visible()


async def form_with_mistakes(scene: Scene) -> None:
    await form(scene)
    await scene.page.get_by_label(say("email")).fill("maria@")
    await scene.page.get_by_role("button", name=say("callback_send")).click()
    await expect(scene.page.locator("#callback-error")).not_to_be_empty()


async def received(scene: Scene) -> None:
    await form(scene)
    await scene.page.get_by_label(say("name")).fill("Maria Rossi")
    await scene.page.get_by_label(say("phone")).fill("055 123 4567")
    await scene.page.get_by_label(say("text"), exact=True).fill("Mi richiamate per la TARI?")
    await scene.page.get_by_label(say("consent")).check()
    await scene.page.get_by_role("button", name=say("callback_send")).click()
    await expect(scene.page.locator("#received")).to_be_visible()


async def not_found(scene: Scene) -> None:
    await scene.page.goto(f"{scene.office.url}/nothing")


async def desk_door(scene: Scene) -> None:
    await scene.page.goto(f"{scene.office.url}/desk")


async def desk_name(scene: Scene) -> None:
    await scene.page.goto(scene.office.desk_link)
    await expect(scene.page.locator("#name")).to_be_visible()


async def desk(scene: Scene) -> None:
    await received(scene)  # before the chat, which the form would else belong to
    await talking(scene)
    await desk_name(scene)
    await scene.page.locator("#name").fill("Luca Verdi")
    await scene.page.locator("button.primary").click()
    await expect(scene.page.locator("#list li")).not_to_have_count(0)


async def desk_conversation(scene: Scene) -> None:
    await desk(scene)
    await scene.page.locator("#list li a").first.click()
    await expect(scene.page.locator("#messages .message").first).to_be_visible()


async def sent_by_mail(scene: Scene) -> None:
    await ended(scene)
    field = scene.page.get_by_label(say("transcript_mail"))
    await field.fill("maria.rossi@posta.example")
    await field.press("Enter")
    await expect(scene.page.locator("#mailed")).not_to_be_empty()


OPEN: dict[str, Way] = {
    "demo": demo,
    "panel": panel,
    "start": start,
    "quick-question": quick_question,
    "search": search,
    "empty-message": empty_message,
    "conversation": talking,
    "waiting": waiting,
    "offered": offered,
    "form-of-a-chat": form_of_a_chat,
    "options": options,
    "erasing": erasing,
    "right-to-left": right_to_left,
    "ended": ended,
    "rated": rated,
    "form": form,
    "form-with-mistakes": form_with_mistakes,
    "received": received,
    "not-found": not_found,
    "desk-door": desk_door,
    "desk-name": desk_name,
    "desk": desk,
    "desk-conversation": desk_conversation,
}
"""What there is to see while the office is there."""
LETTERS: dict[str, Way] = {"sent-by-mail": sent_by_mail}
"""What there is where the town has a mail server."""
CLOSED: dict[str, Way] = {"closed-demo": demo, "closed-panel": panel, "closed": start}
"""What looks different while it is not."""
