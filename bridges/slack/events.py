"""What Slack tells of its people's doings, as typed objects; unknown fields are passed over."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Anything of Slack's: it may grow fields at any time, and leaves out what is empty."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Edited(Part):
    """That a person changed a message, and when; previews of links leave no such mark."""

    ts: str = ""


class Profile(Part):
    """The author's profile as some events carry it."""

    real_name: str | None = None
    display_name: str | None = None


class File(Part):
    """A file in a message. ``mode`` is ``tombstone`` once it is deleted."""

    id: str
    name: str | None = None
    title: str | None = None
    mimetype: str | None = None
    size: int | None = None
    mode: str | None = None
    is_external: bool = False
    file_access: str | None = None
    permalink: str | None = None
    url_private: str | None = None
    url_private_download: str | None = None

    @property
    def shown_name(self) -> str:
        """The name that people know it by."""
        return self.name or self.title or self.id


class Metadata(Part):
    """What an app attached to its message."""

    event_type: str = ""
    event_payload: dict[str, Any] = Field(default_factory=dict)


class Message(Part):
    """A message; ``text`` is in Slack's own notation."""

    ts: str = ""
    user: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    text: str | None = None
    thread_ts: str | None = None
    parent_user_id: str | None = None
    edited: Edited | None = None
    files: tuple[File, ...] = ()
    blocks: tuple[Any, ...] = ()
    attachments: tuple[Any, ...] = ()
    user_profile: Profile | None = None
    metadata: Metadata | None = None

    @property
    def thread(self) -> str | None:
        """The root of the thread it is a reply in; None for a message of the channel itself."""
        return self.thread_ts if self.thread_ts != self.ts else None


class MessageEvent(Message):
    """Something happened to a message; what, says ``subtype``."""

    channel: str
    message: Message | None = None
    previous_message: Message | None = None
    deleted_ts: str | None = None


class Item(Part):
    """What a reaction is about: a message, a file."""

    channel: str = ""
    ts: str = ""


class Reaction(Part):
    """Somebody put an emoji on something, or took it away; which, says ``type``."""

    type: str
    user: str
    reaction: str
    item: Item = Item()
    event_ts: str = ""


class Option(Part):
    """An option of a list."""

    value: str = ""


class Action(Part):
    """A press of a button, or a choice from a list."""

    action_id: str = ""
    action_ts: str = ""
    value: str | None = None
    selected_option: Option | None = None


class Person(Part):
    """Who pressed."""

    id: str
    name: str | None = None


class Container(Part):
    """The message that carries the button."""

    channel_id: str | None = None
    message_ts: str = ""
    thread_ts: str | None = None


class HomeOpened(Part):
    """Somebody opened the app's page: its home, or the messages with it."""

    user: str
    tab: str = ""


class Chosen(Part):
    """What stands in an element of a window."""

    selected_option: Option | None = None


class ViewState(Part):
    """What stands in a window's elements, by block and action."""

    values: dict[str, dict[str, Chosen]] = Field(default_factory=dict)


class Room(Part):
    """The channel that a gesture was made in."""

    id: str = ""


class Shortcut(Part):
    """Someone chose one of the app's shortcuts from a message's menu."""

    user: Person
    channel: Room = Room()
    message: Message = Message()


class View(Part):
    """A window. ``hash`` names its present look: a change of an older look is refused."""

    id: str
    hash: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    state: ViewState = ViewState()


class Submitted(Part):
    """Someone sent a window."""

    user: Person
    view: View


class Pressed(Part):
    """Someone used the elements of a message."""

    user: Person
    container: Container = Container()
    actions: tuple[Action, ...] = ()
    trigger_id: str = ""
    view: View | None = None
