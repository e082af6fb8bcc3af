"""Slack's building blocks, made only of plain text: nothing in them is read as markup or as a mention."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bridges.slack.format import escape, one_line, split, unmarked, whole
from bridges.slack.ids import Choice
from routing.blocking import LENGTHS
from routing.pages import host_of

Json = dict[str, Any]

SECTION_LIMIT = 3_000
"""Characters in the text of a section."""
SECTIONS_IN_POST = 3
"""In practice Slack refuses more than about 13,200 characters over all blocks (bolt-js#2509)."""
_HEADER_LIMIT = 150
_BUTTON_LIMIT = 75
_TITLE_LIMIT = 150
_OPTION_LIMIT = 60
_OPTIONS = 50
"""More departments than anyone finds in a list; the rest is reached by ``!pass NAME``."""
_ELEMENTS_IN_CONTEXT = 10
_OPTIONS_IN_WINDOW = 100
_VALUE = 150


@dataclass(slots=True, frozen=True)
class Link:
    """A remark that leads somewhere: ``label`` as plain words, ``title`` as a link, and its host if it has one."""

    label: str
    title: str
    address: str

    def element(self) -> Json:
        """Marked up, since plain text has no links; the host stands beside a title that anyone may have made up."""
        host = host_of(self.address)
        # A number or an address was checked, and is to be copied letter by letter.
        shown = unmarked if host else escape
        title = shown(one_line(self.title, _TITLE_LIMIT)).replace("|", "∣")
        target = escape(self.address).replace("|", "%7C")
        text = f"{unmarked(self.label)}: <{target}|{title}>" + (f" ({unmarked(host)})" if host else "")
        return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": whole(text), "emoji": False}


def header(text: str) -> Json:
    """A title."""
    return {"type": "header", "text": _plain(one_line(text, _HEADER_LIMIT))}


def section(text: str) -> Json:
    """A paragraph of at most ``SECTION_LIMIT`` characters."""
    return {"type": "section", "text": _plain(text)}


def context(texts: Iterable[str | Link]) -> Json:
    """A line of small remarks, none of them empty."""
    elements = [text.element() if isinstance(text, Link) else _plain(text) for text in texts]
    return {"type": "context", "elements": elements[:_ELEMENTS_IN_CONTEXT]}


def buttons(
    conversation_id: str, labels: dict[str, str], departments: tuple[str, ...], say: Callable[[str], str]
) -> Json:
    """A button for each of ``labels``, by action. With departments, ``pass`` is a list of them.

    ``block`` is a list of how long, and Slack asks whether it is meant: it stands beside what is pressed all day.
    """
    value = Choice(conversation_id).value()
    elements = []
    for action, label in labels.items():
        if action == "pass" and departments:
            elements.append(_departments(conversation_id, label, departments))
        elif action == "block":
            elements.append(_lengths(conversation_id, label, say))
        else:
            elements.append(_button(action, label, value))
    return {"type": "actions", "elements": elements}


def _lengths(conversation_id: str, label: str, say: Callable[[str], str]) -> Json:
    options = [
        {"text": _plain(say(f"block_{length}")), "value": Choice(conversation_id, length).value()}
        for length in LENGTHS
    ]
    sure = {
        "title": _plain(say("block_sure")),
        "text": _plain(say("block_what")),
        "confirm": _plain(say("block_confirm")),
        "deny": _plain(say("menu_cancel")),
    }
    return {
        "type": "static_select",
        "action_id": "block",
        "placeholder": _plain(label),
        "options": options,
        "confirm": sure,
    }


def _button(action: str, label: str, value: str) -> Json:
    text = _plain(one_line(label, _BUTTON_LIMIT))
    return {"type": "button", "action_id": action, "text": text, "value": value}


def plain_buttons(labels: dict[str, str]) -> Json:
    """A button for each of ``labels``, by action, that concern no conversation."""
    return {
        "type": "actions",
        "elements": [_button(action, label, action) for action, label in labels.items()],
    }


def link_button(action: str, label: str, address: str) -> Json:
    """A button that leads somewhere, to stand beside a text."""
    return {**_button(action, label, action), "url": address}


def answers(conversation_id: str, names: Iterable[str]) -> Json:
    """A button for each ready answer that fits the question."""
    elements = [
        _button(f"reply-{number}", f"💡 {name}", Choice(conversation_id, name).value())
        for number, name in enumerate(names)
    ]
    return {"type": "actions", "elements": elements}


def answer_window(
    callback: str, chosen: str, where: str, names: list[str], preview: str, say: Callable[[str], str]
) -> Json:
    """The window with the list of ready answers, which Slack lets one search by typing.

    Slack takes 100 at most; the others are reached by ``!reply NAME``.
    """
    options = [
        {"text": _plain(one_line(name, _OPTION_LIMIT)), "value": name[:_VALUE]}
        for name in names[:_OPTIONS_IN_WINDOW]
    ]
    element = {
        "type": "static_select",
        "action_id": chosen,
        "placeholder": _plain(say("menu_choose")),
        "options": options,
    }
    question = {
        "type": "input",
        "block_id": chosen,
        "dispatch_action": True,
        "label": _plain(say("menu_title")),
        "element": element,
    }
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": where,
        "title": _plain(say("menu_title")),
        "submit": _plain(say("menu_send")),
        "close": _plain(say("menu_cancel")),
        "blocks": [
            question,
            *(section(piece) for piece in split(preview or say("menu_preview"), SECTION_LIMIT)),
        ],
    }


def _departments(conversation_id: str, label: str, departments: tuple[str, ...]) -> Json:
    options = [
        {
            "text": _plain(one_line(name, _OPTION_LIMIT)),
            "value": Choice(conversation_id, name).value(),
        }
        for name in departments[:_OPTIONS]
    ]
    placeholder = _plain(one_line(label, _BUTTON_LIMIT))
    return {"type": "static_select", "action_id": "pass", "placeholder": placeholder, "options": options}
