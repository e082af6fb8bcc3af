"""A look at the bot and its chats: for ``./linea check``, and for the bridge's own health."""

from dataclasses import dataclass, field

from telegram import Bot, BotCommand, BotCommandScopeAllGroupChats, ChatMember
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bridges.telegram import errors
from bridges.telegram.client import Client
from settings import Settings

_COMMANDS = {
    "it": {
        "take": "Prendo io la conversazione",
        "close": "Chiudi la conversazione",
        "pass": "Passa a un altro ufficio",
        "note": "Nota interna, il cittadino non la vede",
        "reply": "Invia una risposta pronta",
        "who": "Chi è il cittadino",
        "block": "Blocca il cittadino per un giorno, o quanto dici",
        "unblock": "Togli il blocco",
        "offline": "Chiudi la linea, anche fino a un'ora",
        "here": "Ci sono: per oggi, o fino a quando dici",
        "away": "Torno subito: per un quarto d'ora, o quanto dici",
        "online": "Riapri la linea secondo l'orario",
        "hours": "L'ufficio è aperto?",
        "help": "Che cosa si può scrivere",
    },
    "en": {
        "take": "I take the conversation",
        "close": "Close the conversation",
        "pass": "Pass it to a department",
        "note": "Internal note, the citizen does not see it",
        "reply": "Send a ready answer",
        "who": "Who the citizen is",
        "block": "Block the citizen for a day, or as long as you say",
        "unblock": "Lift the block",
        "offline": "Close the line, also until a time",
        "here": "I am here: for today, or until you say",
        "away": "Back soon: for 15 minutes, or as long as you say",
        "online": "Back to the office hours",
        "hours": "Is the office open?",
        "help": "What can be written",
    },
}
_DEAF = (ChatMember.MEMBER, ChatMember.RESTRICTED)


@dataclass(slots=True)
class Look:
    """What a look at a chat found; None or nothing for what Telegram would not say."""

    has_topics: bool | None = None
    moved_to: str | None = None
    faults: list[str] = field(default_factory=list)


async def look_at(bot: Bot, chat: str, own_id: int | None, *, sees_all: bool) -> Look:
    """Look at a chat and the bot's rights in it; never raises.

    ``sees_all``: the bot's privacy mode is off, so that it sees messages without being administrator.
    """
    look = Look()
    try:
        found = await bot.get_chat(int(chat))
    except ChatMigrated as error:
        look.moved_to = str(error.new_chat_id)
        return look
    except Forbidden:
        look.faults.append(errors.kicked(chat))
        return look
    except BadRequest as error:
        if errors.no_such_chat(error):
            look.faults.append(errors.unknown_chat(chat))
        return look
    except Exception:  # a server that does not know the call, or answers in a shape of its own
        return look
    look.has_topics = bool(found.is_forum)
    if own_id is not None:
        look.faults += await _rights(bot, chat, own_id, topics=look.has_topics, sees_all=sees_all)
    return look


async def _rights(bot: Bot, chat: str, own_id: int, *, topics: bool, sees_all: bool) -> list[str]:
    try:
        member = await bot.get_chat_member(int(chat), own_id)
    except Exception:  # what Telegram does not tell is no fault
        return []
    if member.status in (ChatMember.LEFT, ChatMember.BANNED):
        return [errors.kicked(chat)]
    if topics and not getattr(member, "can_manage_topics", member.status == ChatMember.OWNER):
        return [errors.no_rights(chat)]
    if member.status in _DEAF and not sees_all:
        return [errors.deaf(chat)]
    return []


async def offer_commands(bot: Bot, language: str) -> None:
    """Let Telegram show the operators' commands as one types ``/``.

    Raises
    ------
    TelegramError
        If Telegram does not take them.
    """
    words = _COMMANDS.get(language.partition("-")[0].lower(), _COMMANDS["en"])
    await bot.set_my_commands(
        [BotCommand(name, text) for name, text in words.items()], scope=BotCommandScopeAllGroupChats()
    )


async def check(settings: Settings, token: str) -> list[str]:
    """Talk to Telegram once: every fault in words, none when the bridge can work."""
    telegram = settings.bridges.telegram
    if telegram is None:
        return []
    client = Client(telegram, token)
    try:
        me = await client.bot.get_me()
    except InvalidToken:
        return [errors.UNAUTHORISED]
    except TelegramError as error:
        return [f"Telegram at {telegram.api_url} cannot be asked: {error.message.replace(token, '…')}"]
    else:
        others = (part.telegram.chat for part in settings.departments if part.telegram)
        chats = dict.fromkeys(str(number) for number in (telegram.chat, *others))
        sees_all = bool(me.can_read_all_group_messages)
        faults = [await _faults(client.bot, chat, me.id, sees_all=sees_all) for chat in chats]
        return [fault for found in faults for fault in found]
    finally:
        await client.close()


async def _faults(bot: Bot, chat: str, own_id: int, *, sees_all: bool) -> list[str]:
    look = await look_at(bot, chat, own_id, sees_all=sees_all)
    if look.moved_to:
        return [f"The Telegram chat {chat} is now {look.moved_to}: write the new number into config.yaml."]
    if look.has_topics is None and not look.faults:
        return [f"Telegram does not say what the chat {chat} is; try again later."]
    return look.faults
