"""What operators command, by a typed line or a button: take, close, pass on, note, offline, and so on."""

import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models.journal import Draft, Transaction
from models.tables import OFFICE_ID, Author, Callback, Conversation, Kind, State, Switch, What
from routing import commands
from routing.answers import by_name, filled
from routing.blocking import BLOCKED_FOR
from routing.bridge import ConversationInfo
from routing.callbacks import Callbacks
from routing.changes import office_row
from routing.commands import Command
from routing.fanout import EVERYWHERE, Live
from routing.glance import moment
from routing.inbound import Arrival
from routing.office import end_of, in_force, next_opening
from routing.passing import Passing
from routing.presence import end_of_day
from routing.texts import say
from routing.until import until
from routing.visitors import Visitors
from settings import Reply

COFFEE = timedelta(minutes=15)
"""How long ``away`` lasts, where the operator does not say."""
_BEGINNING = 80
"""Characters of a ready answer in the list of them: enough to know it."""
_EARLIER = 10
"""Earlier conversations of the citizen that ``who`` lists."""
_InConversation = Callable[[Arrival, ConversationInfo, str], Awaitable[None]]
_Anywhere = Callable[[Arrival, str, str], Awaitable[None]]


class Gestures(Visitors, Callbacks, Passing):
    """Operators' commands. Each leaves a row in the journal and, arriving twice, counts once."""

    async def operator_commanded(
        self, arrival: Arrival, conversation_id: str | None, command: Command
    ) -> None:
        """Do what an operator commanded; the answer, if any, comes back to where it was written."""
        info = await self.conversation(conversation_id) if conversation_id else None
        inside: dict[str, _InConversation] = {
            "take": self._take,
            "close": self._close,
            "done": self._done,
            "tried": self._tried,
            "note": self._note,
            "block": self._block,
            "unblock": self._unblock,
            "who": self._who,
            "reply": self._ready_answer,
        }
        anywhere: dict[str, _Anywhere] = {
            "here": self._here,
            "offline": self._offline,
            "away": self._away,
            "online": self._online,
            "hours": self._hours,
            "help": self._help,
        }
        where = info.id if info is not None else await self._office_conversation()
        if command.name in anywhere:
            await anywhere[command.name](arrival, where, command.argument)
        elif command.name not in (*inside, "pass"):
            names = ", ".join(commands.NAMES)
            await self._say(arrival, where, "unknown_command", name=command.name, names=names)
        elif info is None or info.kind == Kind.OFFICE:
            await self._say(arrival, where, "needs_conversation", name=command.name)
        elif command.name == "pass":
            await self._pass(arrival, info, command)
        else:
            await inside[command.name](arrival, info, command.argument)

    async def _say(self, arrival: Arrival, where: str, key: str, **values: object) -> None:
        await self.answer(arrival, where, say(self.operators_language, key, **values))

    async def _office_conversation(self) -> str:
        """The office's own conversation, for answers to commands written outside any other."""
        if await self.conversation(OFFICE_ID) is None:
            await self.journal.run(office_row)
        return OFFICE_ID

    async def _take(self, arrival: Arrival, info: ConversationInfo, _argument: str) -> None:
        if info.taken_by == arrival.operator.name and info.state == State.ACTIVE:
            return

        def change(row: Conversation) -> None:
            row.taken_by = arrival.operator.name
            row.state = State.ACTIVE

        await self._change(arrival, info, What.OPERATOR, change)

    async def _close(self, arrival: Arrival, info: ConversationInfo, argument: str) -> None:
        if argument and info.kind == Kind.CHAT:
            last = replace(arrival, key=f"{arrival.key}/last-word")
            await self.operator_wrote(last, info.id, argument, marked=True)
        await self.close(
            info, author=Author.OPERATOR, origin=arrival.bridge, key=arrival.key, name=arrival.operator.name
        )

    async def _done(self, arrival: Arrival, info: ConversationInfo, argument: str) -> None:
        """The citizen was called back: what was said may stand beside it, for colleagues."""
        if await self.store.callback_of(info.id) is None:
            await self._say(arrival, info.id, "needs_callback", name="done")
            return
        if argument:
            await self.note(replace(arrival, key=f"{arrival.key}/note", message=None), info, argument)
        await self._close(arrival, info, "")

    async def _tried(self, arrival: Arrival, info: ConversationInfo, _argument: str) -> None:
        """Nobody answered the call; whoever called has it from now on."""
        callback = await self.store.callback_of(info.id)
        if callback is None:
            await self._say(arrival, info.id, "needs_callback", name="tried")
            return
        draft = Draft(
            info.id, What.TRIED, arrival.bridge, arrival.key, Author.OPERATOR, "", arrival.operator.name,
            data={"tries": callback.tries + 1}, deliver_to=self.destinations(info.department),
        )  # fmt: skip

        def work(tx: Transaction) -> Conversation | None:
            row = tx.conversation(info.id)
            kept = tx.session.get(Callback, callback.reference)
            if row is not None and kept is not None and tx.find(draft) is None:
                kept.tries += 1
                draft.data["tries"] = kept.tries
                tx.append(draft)
                row.taken_by = arrival.operator.name
                row.state = State.ACTIVE
            return row

        row = await self.journal.run(work)
        if row is not None:
            self.remember(row)

    async def _note(self, arrival: Arrival, info: ConversationInfo, argument: str) -> None:
        if not argument:
            await self._say(arrival, info.id, "empty_note")
            return
        await self.note(arrival, info, argument)
        await self._say(arrival, info.id, "noted")

    async def _block(self, arrival: Arrival, info: ConversationInfo, argument: str) -> None:
        now = self.now()
        try:
            end = until(argument, now, ZoneInfo(self.settings.office.timezone)) or now + BLOCKED_FOR
        except ValueError:
            await self._say(arrival, info.id, "bad_time", text=argument, name="block")
            return
        await self.block(arrival, info, end, self._moment(end))

    async def _unblock(self, arrival: Arrival, info: ConversationInfo, _argument: str) -> None:
        await self.unblock(arrival, info)

    async def _who(self, arrival: Arrival, info: ConversationInfo, _argument: str) -> None:
        language = self.operators_language
        text = say(
            language,
            "who",
            name=info.name or say(language, "anonymous"),
            department=info.department or "–",
            lang=info.lang,
            page=info.page or "–",
            taken_by=info.taken_by or say(language, "nobody"),
        )
        desk = f"{self.settings.server.public_url.rstrip('/')}/desk"
        zone = ZoneInfo(self.settings.office.timezone)
        for one in await self.earlier(info, _EARLIER):
            text += f"\n🔁 {moment(one.created_at, zone)} {one.department or ''}: {desk}/{one.id}"
        await self.answer(arrival, info.id, text)

    async def _ready_answer(self, arrival: Arrival, info: ConversationInfo, argument: str) -> None:
        replies = self.settings.replies
        names = ", ".join(reply.name for reply in replies)
        if not replies:
            await self._say(arrival, info.id, "no_replies")
            return
        if not argument:
            await self.answer(arrival, info.id, await self._list_of_answers(info))
            return
        reply = by_name(replies, argument)
        if reply is None:
            await self._say(arrival, info.id, "no_reply", name=argument, names=names)
            return
        await self.operator_wrote(arrival, info.id, await self.ready_answer(info, reply), marked=True)
        await self._say(arrival, info.id, "replied", name=reply.name)

    async def ready_answer(self, info: ConversationInfo, reply: Reply) -> str:
        """A ready answer as this citizen would read it now: in the language they write in, else in the page's."""
        spoken = await self.spoken(info)
        if spoken is not None and not isinstance(reply.text, str) and spoken in reply.text:
            info = replace(info, lang=spoken)
        return filled(reply, info, self.settings, self.words_for(info.lang), self.now())

    async def _list_of_answers(self, info: ConversationInfo) -> str:
        """Each by its name, with how it begins for this citizen."""
        lines = [say(self.operators_language, "replies_are")]
        for reply in self.settings.replies:
            beginning = " ".join((await self.ready_answer(info, reply)).split())
            lines.append(f"• {reply.name}: {textwrap.shorten(beginning, _BEGINNING, placeholder='…')}")
        return "\n".join(lines)

    async def _offline(self, arrival: Arrival, where: str, argument: str) -> None:
        await self._go(arrival, where, "offline", argument, next_opening(self.settings, self.now()))

    async def _here(self, arrival: Arrival, where: str, argument: str) -> None:
        """An operator is there, for today or until the moment named; back from a coffee, they open the line again."""
        now, zone = self.now(), ZoneInfo(self.settings.office.timezone)
        try:
            end = until(argument, now, zone) or end_of_day(now, zone)
        except ValueError:
            await self._say(arrival, where, "bad_time", text=argument, name="here")
            return
        name = arrival.operator.name
        await self.attendance.say_here(f"{arrival.bridge}/{arrival.key}", name, now, end)
        if self.switch is not None and self.switch.by == name and in_force(self.switch, now):
            await self._set_switch(arrival, None, None)
        if await self.attendance.found_somebody():
            self.publish_status()
        await self.answer(arrival, where, self._who_is_here())

    def _who_is_here(self) -> str:
        return self._say_of("here_are", names=", ".join(self.attendance.here(self.now())))

    async def _away(self, arrival: Arrival, where: str, argument: str) -> None:
        """Gone for a moment: while others said that they are there, the line stays open."""
        now, name = self.now(), arrival.operator.name
        others = [one for one in self.attendance.here(now) if one != name]
        try:
            end = until(argument, now, ZoneInfo(self.settings.office.timezone)) or now + COFFEE
        except ValueError:
            await self._say(arrival, where, "bad_time", text=argument, name="away")
            return
        await self.attendance.say_away(f"{arrival.bridge}/{arrival.key}", name, end)
        if not others:
            await self._go(arrival, where, "away", argument, now + COFFEE)
            return
        text = self._say_of("away_others", name=name, until=self._moment(end), names=", ".join(others))
        await self.announce(f"away/{arrival.bridge}/{arrival.key}", text)

    async def _go(
        self, arrival: Arrival, where: str, how: str, argument: str, otherwise: datetime | None
    ) -> None:
        """Close the line until the moment the operator named, ``otherwise`` until that one."""
        now = self.now()
        try:
            end = until(argument, now, ZoneInfo(self.settings.office.timezone)) or otherwise
        except ValueError:
            await self._say(arrival, where, "bad_time", text=argument, name=how)
            return
        switch = Switch(
            open=False,
            until=int(end.timestamp() * 1000) if end else None,
            by=arrival.operator.name,
            set_at=int(now.timestamp() * 1000),
        )
        words = self._moment(end)
        text = say(self.operators_language, f"went_{how}", name=arrival.operator.name, until=words)
        await self._set_switch(arrival, switch, text)

    async def _online(self, arrival: Arrival, _where: str, _argument: str) -> None:
        await self._set_switch(arrival, None, None)

    async def _set_switch(self, arrival: Arrival, switch: Switch | None, text: str | None) -> None:
        """Put an operator's word in force and tell everybody: operators and open pages."""
        await self._office_conversation()
        key = f"{arrival.bridge}/{arrival.key}"
        mark = Draft(
            OFFICE_ID, What.NOTE, "hub", f"switch/{key}", Author.OPERATOR, name=arrival.operator.name
        )

        def work(tx: Transaction) -> bool:
            if tx.append(mark).repeated:
                return False
            old = tx.session.get(Switch, 1)
            if old is not None:
                tx.session.delete(old)
                tx.session.flush()
            if switch is not None:
                tx.session.add(Switch(**switch.model_dump()))
            return True

        if not await self.journal.run(work):
            return
        self.switch = await self.store.switch()
        if text is None:
            name = "went_online" if self.office().open else "stays_closed"
            text = say(self.operators_language, name, name=arrival.operator.name)
        await self.announce(f"announced/{key}", text)
        self.publish_status()

    def publish_status(self) -> None:
        """Tell every open page whether the office is there now."""
        self.fanout.publish(EVERYWHERE, Live("status"))

    async def _hours(self, arrival: Arrival, where: str, _argument: str) -> None:
        await self.answer(arrival, where, self.office_in_words())

    def office_in_words(self) -> str:
        """For operators: open or not, until when, by whose word; departments with hours of their own as well."""
        lines = []
        for department in self.settings.with_own_hours:
            state = self.office(department)
            if state.open:
                text = self._say_of("hours_open", until=self._moment(state.until))
            else:
                text = self._say_of("hours_closed", reopens=self._moment(state.reopens))
            lines.append(f"{department}: {text}" if department else text)
        if self.attendance.here(self.now()):
            lines.append(self._who_is_here())
        if self.is_unattended():
            lines.append(self._say_of("nobody_here"))
        if self.switch is not None and in_force(self.switch, self.now()):
            end = self._moment(end_of(self.switch))
            lines.append(self._say_of("hours_switch", name=self.switch.by, until=end))
        return "\n".join(lines)

    def _say_of(self, key: str, **values: object) -> str:
        return say(self.operators_language, key, **values)

    async def _help(self, arrival: Arrival, where: str, _argument: str) -> None:
        await self._say(arrival, where, "help")

    def _moment(self, moment: datetime | None) -> str:
        """`` until 15:00``, with the day where it is not today's; nothing where there is no moment."""
        if moment is None:
            return ""
        zone = ZoneInfo(self.settings.office.timezone)
        local = moment.astimezone(zone)
        today = self.now().astimezone(zone).date()
        key = "until_time" if local.date() == today else "until_day"
        return say(self.operators_language, key, day=f"{local:%d/%m/%Y}", time=f"{local:%H:%M}")
