"""What the button and the pages say of the office: open or not, until when, and in which words."""

import hashlib
from zoneinfo import ZoneInfo

from routing.core import NOT_REACHABLE, Core
from settings.look import RED
from texts.hours import office_in_words
from web.schemas import ButtonLook, Status
from web.texts import button_texts


def office_of(hub: Core) -> dict[str, str | None]:
    """What templates show of the office itself."""
    office, look = hub.settings.office, hub.settings.widget
    privacy = str(office.privacy_notice) if office.privacy_notice else None
    return {
        "name": office.name,
        "privacy_notice": privacy,
        "timezone": office.timezone,
        "colour": look.color if look.color != RED else None,
        "logo": digest(look.logo.content) if look.logo and look.logo.content else None,
    }


def digest(content: bytes) -> str:
    """A short name for what is in a file, which changes when it does."""
    return hashlib.sha256(content).hexdigest()[:20]


def status_of(hub: Core, wanted_lang: str | None, department: str | None = None) -> Status:
    """The state now of the office, or of a department by its own hours.

    It is in the first of the wanted languages (`pl,uk`) that we speak, else the office's.

    The button has the town's own text of that language, else `office.button`, else ours.
    """
    settings = hub.settings
    words = hub.words_for(*(wanted_lang or "").split(","))
    zone = ZoneInfo(settings.office.timezone)
    state = hub.office_for_citizens(department)
    closed_way = settings.when_closed(department)
    until = state.until.astimezone(zone) if state.until else None
    reopens = state.reopens.astimezone(zone) if state.reopens else None
    message = office_in_words(
        words,
        hub.now().astimezone(zone),
        is_open=state.open,
        until=until,
        reopens=reopens,
        reason=state.reason,
    )
    if state.open and hub.is_unattended(department):
        message = words("open_nobody")
    if state.rule == NOT_REACHABLE:
        message = words("closed_unreachable")
    own = settings.texts.get(words.language.code, {})
    button = words("button") if "button" in own else settings.office.button or words("button")
    return Status(
        open=state.open,
        until=until,
        reopens=reopens,
        message=message,
        reason=state.reason,
        office=settings.office.name,
        button=button,
        departments=[one.name for one in settings.departments],
        department=department,
        when_closed=closed_way if closed_way in ("form", "no-button") else "page",
        contact_page=closed_way if closed_way not in ("form", "no-button") else None,
        lang=words.language.code,
        direction=words.language.direction,
        timezone=settings.office.timezone,
        privacy_notice=str(settings.office.privacy_notice) if settings.office.privacy_notice else None,
        look=ButtonLook.model_validate(settings.widget.model_dump(exclude={"logo"})),
        texts=dict(button_texts(words, is_open=state.open, button=button)),
    )
