"""The inline keyboards under a conversation's first message: take, close, pass on, block, and what they ask next."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bridges.telegram.format import one_line
from bridges.telegram.ids import Button, mark_of
from bridges.telegram.render import Words
from models.tables import State
from routing.answers import suggested
from routing.blocking import LENGTHS
from routing.bridge import ConversationInfo

BACK = "back"
"""The action of the button that leaves the list of departments."""
MENU = "menu"
"""The action of the buttons that show a page of the ready answers."""
_LABEL = 60
_ON_PAGE = 8
"""Ready answers on a page: as many as a phone shows under a message."""


_ON_CHAT = ("take", "close", "pass")
_ON_CALLBACK = ("take", "done", "tried", "pass")


def keyboard(
    info: ConversationInfo, words: Words, *, is_callback: bool, blocked: bool, question: str = ""
) -> InlineKeyboardMarkup | None:
    """Take it, close it, pass it on, block; for a callback: it is done, nobody answered. None where it is closed.

    Under it the ready answers: all of them behind one button, and those that fit the ``question``.
    """
    if info.state == State.CLOSED:
        return None
    actions = (*(_ON_CALLBACK if is_callback else _ON_CHAT), "unblock" if blocked else "block")
    row = [_button(words.say(f"button_{action}"), Button(action, info.id)) for action in actions]
    rows = [row[at : at + 2] for at in range(0, len(row), 2)]
    if words.replies and not is_callback:
        rows.append([_button(words.say("button_menu"), Button(MENU, info.id, "0"))])
        rows += [
            [_button(f"💡 {name}", Button("reply", info.id, mark_of(name)))]
            for name in suggested(words.replies, question)
        ]
    return InlineKeyboardMarkup(rows)


def answers(conversation_id: str, names: list[str], page: int) -> InlineKeyboardMarkup:
    """A page of the ready answers, a button each, and the way to the other pages and back."""
    pages = [names[at : at + _ON_PAGE] for at in range(0, len(names), _ON_PAGE)] or [[]]
    page = min(page, len(pages) - 1)
    rows = [[_button(name, Button("reply", conversation_id, mark_of(name)))] for name in pages[page]]
    ways = [_button("←", Button(BACK, conversation_id))]
    if page > 0:
        ways.append(_button("‹", Button(MENU, conversation_id, str(page - 1))))
    if page + 1 < len(pages):
        ways.append(_button(f"› {page + 2}/{len(pages)}", Button(MENU, conversation_id, str(page + 1))))
    return InlineKeyboardMarkup([*rows, ways])


def lengths(conversation_id: str, words: Words) -> InlineKeyboardMarkup:
    """How long a block is to last: asked for, so that none is put by a slip of the thumb."""
    rows = [
        [_button(words.say(f"block_{length}"), Button("block", conversation_id, length))]
        for length in LENGTHS
    ]
    return InlineKeyboardMarkup([*rows, [_button("←", Button(BACK, conversation_id))]])


def _button(label: str, button: Button) -> InlineKeyboardButton:
    return InlineKeyboardButton(one_line(label, _LABEL), callback_data=button.data())


def departments(conversation_id: str, names: list[str]) -> InlineKeyboardMarkup:
    """A button for each department that the conversation can be passed to, and one to go back."""
    rows = [
        [
            InlineKeyboardButton(
                one_line(name, _LABEL),
                callback_data=Button("pass", conversation_id, mark_of(name)).data(),
            )
        ]
        for name in names
    ]
    rows.append([InlineKeyboardButton("←", callback_data=Button(BACK, conversation_id).data())])
    return InlineKeyboardMarkup(rows)
