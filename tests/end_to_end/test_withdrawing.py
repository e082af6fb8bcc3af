"""A citizen who has their data erased: what the platforms show of it goes, and what cannot go is said."""

import asyncio
from pathlib import Path

from sqlmodel import select

from models.engine import writer_engine
from models.tables import Conversation, Delivery, Entry, RemoteMessage
from tests import hub  # by its name: conftest says which database it is
from tests.both_office import Both, both_fixture, office_fixture  # noqa: F401 - used by name
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.platforms.faults import Hang
from tests.platforms.slack import Refused as SlackRefused
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name
from tests.visitors import PDF


async def sends_file(maria: Citizen) -> None:
    file = {"file": ("referto.pdf", PDF, "application/pdf")}
    assert (await maria.call("POST", "/files", data={"client_id": "f1"}, files=file)).status_code == 201


async def erases(maria: Citizen) -> None:
    assert (await maria.call("DELETE", "")).status_code == 204
    assert (await maria.call("GET", "/transcript")).status_code in (401, 404)


async def rows_of_citizens(folder: Path) -> list[object]:
    """What the record still has, apart from the office's own notices."""

    def read() -> list[object]:
        engine = writer_engine(hub.database_at(folder))
        try:
            with engine.connect() as connection:
                found: list[object] = []
                for table in (Conversation, Delivery, Entry, RemoteMessage):
                    rows = connection.execute(select(table.__table__)).all()  # type: ignore[attr-defined]
                    found += [
                        row for row in rows if "office" not in (row[0], getattr(row, "conversation_id", ""))
                    ]
                return found
        finally:
            engine.dispose()

    return await asyncio.to_thread(read)


async def nothing_is_kept(folder: Path) -> None:
    async with asyncio.timeout(PATIENCE):
        while await rows_of_citizens(folder):  # noqa: ASYNC110 - the record rings no bell
            await asyncio.sleep(0.05)


async def test_the_bots_posts_and_files_go_from_both_platforms_and_operators_words_stay(
    both: Both, tmp_path: Path
) -> None:
    await both.from_slack("Eccomi, mi dica")
    await both.maria.say("Ho una malattia rara")
    await sends_file(both.maria)
    await both.slack.wait_for(
        lambda: ("referto.pdf",) in [m.files for m in both.slack.thread(both.root)], PATIENCE
    )
    await both.telegram.wait_for(lambda: len(both.telegram.thread(both.topic.id)) >= 4, PATIENCE)
    await erases(both.maria)
    await both.slack.wait_for(
        lambda: "ha cancellato i suoi dati" in both.slack.thread(both.root)[0].text, PATIENCE
    )
    head, words = both.slack.thread(both.root)
    assert not head.buttons
    assert words.text == "Eccomi, mi dica"
    assert "malattia" not in str(both.slack.thread(both.root))
    assert "Maria" not in str(both.slack.thread(both.root))
    assert both.slack.workspace.files == {}
    await both.telegram.wait_for(lambda: not both.telegram.topics(), PATIENCE)
    await nothing_is_kept(tmp_path)


async def test_a_thread_in_which_no_operator_wrote_goes_as_a_whole(both: Both, tmp_path: Path) -> None:
    await both.maria.say("Non importa")
    await both.slack_shows("Maria Rossi: Non importa")
    await erases(both.maria)
    await both.slack.wait_for(lambda: not both.slack.messages(), PATIENCE)
    await nothing_is_kept(tmp_path)


async def test_without_the_right_to_delete_topics_the_topic_says_what_happened(both: Both) -> None:
    both.telegram.set_rights(can_delete_messages=False)
    await both.maria.say("Ho una malattia rara")
    await both.telegram_shows("Maria Rossi: Ho una malattia rara")
    await both.from_telegram("Mi dispiace")
    await both.settled()
    await erases(both.maria)
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].name == "🗑️ Cancellata", PATIENCE)
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].is_closed, PATIENCE)
    head, words = both.telegram.thread(both.topic.id)
    assert "ha cancellato i suoi dati" in head.text
    assert not head.buttons
    assert words.text == "Mi dispiace"


async def test_a_file_past_telegrams_48_hours_stays_and_operators_are_told(both: Both) -> None:
    both.telegram.set_rights(can_delete_messages=False)
    await sends_file(both.maria)
    await both.maria.say("Ho una malattia rara")
    await both.telegram.wait_for(lambda: len(both.telegram.thread(both.topic.id)) == 3, PATIENCE)
    for message in both.telegram.world.present(both.telegram.chat).messages.values():
        message.too_old = True
    await erases(both.maria)
    await both.telegram.wait_for(
        lambda: any("resta qualcosa" in message.text for message in both.telegram.messages()), PATIENCE
    )
    texts = [message.text for message in both.telegram.thread(both.topic.id)]
    assert "malattia" not in str(texts)
    assert "(messaggio cancellato)" in texts
    (told,) = [message.text for message in both.telegram.messages() if "resta qualcosa" in message.text]
    assert "Telegram" in told
    assert "1 messaggi o file" in told


async def test_what_slack_does_not_let_the_app_delete_loses_its_words(both: Both) -> None:
    await both.maria.say("Ho una malattia rara")
    await both.slack_shows("Maria Rossi: Ho una malattia rara")
    both.slack.faults.add("chat.delete", SlackRefused("cant_delete_message"), times=None)
    await erases(both.maria)
    await both.slack.wait_for(
        lambda: [message.text for message in both.slack.thread(both.root)] == ["(messaggio cancellato)"] * 2,
        PATIENCE,
    )


async def test_it_is_done_once_the_platform_is_back_even_by_another_run_of_the_program(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    async with hub_at(tmp_path, slack=slack, telegram=telegram) as office:
        await listening(telegram)
        async with Citizen(office.url) as maria:
            await maria.start("Ho una malattia rara", name="Maria Rossi")
            (root,) = await slack.wait_for(slack.messages, PATIENCE)
            await telegram.wait_for(
                lambda: telegram.topics() and telegram.thread(telegram.topics()[0].id), PATIENCE
            )
            await slack.stop()
            await erases(maria)
            await telegram.wait_for(lambda: not telegram.topics(), PATIENCE)
    kept = str(await rows_of_citizens(tmp_path))
    assert root.ts in kept
    assert "malattia" not in kept
    assert "Maria" not in kept
    await slack.start()
    async with hub_at(tmp_path, slack=slack, telegram=telegram):
        await slack.wait_for(lambda: not slack.messages(), PATIENCE)
        await nothing_is_kept(tmp_path)


async def test_a_message_that_was_being_posted_meanwhile_goes_too(
    office: RunningHub, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    late, topic = Hang(done=True), Hang(done=True)
    slack.faults.add("chat.postMessage", late)
    telegram.faults.add("sendMessage", topic)
    async with Citizen(office.url) as maria:
        await maria.start("Ho una malattia rara", name="Maria Rossi")
        await slack.wait_for(slack.messages, PATIENCE)
        await telegram.wait_for(
            lambda: telegram.topics() and telegram.thread(telegram.topics()[0].id), PATIENCE
        )
        await erases(maria)
        late.release()
        topic.release()
        await slack.wait_for(lambda: not slack.messages(), PATIENCE)
        await telegram.wait_for(
            lambda: not telegram.topics() or not telegram.thread(telegram.topics()[0].id), PATIENCE
        )


async def test_retention_leaves_the_platforms_to_their_own_rules(
    tmp_path: Path, slack: SlackStandIn, both: Both
) -> None:
    async with asyncio.timeout(PATIENCE):  # what is being posted just then would be taken away
        while await both.office.hub.store.delivery_counts():  # noqa: ASYNC110 - the record rings no bell
            await asyncio.sleep(0.01)
    await both.office.hub.erase(both.maria.id, everywhere=False)
    await nothing_is_kept(tmp_path)
    assert "Buongiorno" in slack.thread(both.root)[0].text
