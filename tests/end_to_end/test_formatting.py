"""What an operator makes bold is bold for the citizen and on the other platform; every letter arrives."""

from tests.both_office import Both, both_fixture, office_fixture  # noqa: F401 - used by name
from tests.office import next_answer, texts, until
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, telegram_fixture  # noqa: F401 - used by name


async def test_bold_on_slack_is_bold_for_the_citizen_and_on_telegram(both: Both) -> None:
    async with both.maria.listening() as stream:
        said = await both.from_slack("Porti *due foto* e `codice`", "anna")
        answer = await next_answer(stream)
        assert answer["text"] == "Porti due foto e codice"
        assert answer["marks"] == [[6, 14, "bold"], [17, 23, "code"]]
        await both.telegram_shows("Anna Bianchi: Porti due foto e codice")
        entities = both.telegram.thread(both.topic.id)[-1].wire.entities
        assert [(e["type"], e["offset"], e["length"]) for e in entities] == [
            ("bold", 0, 12),
            ("bold", 20, 8),
            ("code", 31, 6),
        ]
        await both.slack.operator_edits(said, "Porti due _foto_")
        edited = (await stream.next("edited")).data
        assert (edited["text"], edited["marks"]) == ("Porti due foto", [[10, 14, "italic"]])
        await both.telegram_shows("Anna Bianchi: Porti due foto (modificato)")
    assert "*" not in (await both.maria.call("GET", "/transcript")).text


async def test_bold_on_telegram_is_bold_for_the_citizen_and_on_slack(both: Both) -> None:
    async with both.maria.listening() as stream:
        entities = [{"type": "bold", "offset": 9, "length": 4}]
        await both.telegram.operator_says(
            "marco", "😀 venga *le* 9 subito", thread=both.topic.id, entities=entities
        )
        answer = await next_answer(stream)
        assert answer["text"] == "😀 venga *le* 9 subito"
        assert [(answer["text"][a:b], kind) for a, b, kind in answer["marks"]] == [("*le*", "bold")]
    await both.slack.wait_for(both.on_slack, PATIENCE)
    (block,) = both.slack.thread(both.root)[-1].wire.blocks
    assert block["type"] == "rich_text"
    (section,) = block["elements"]
    assert "".join(e["text"] for e in section["elements"]) == "Marco Rossi: 😀 venga *le* 9 subito"
    assert [e["text"] for e in section["elements"] if e.get("style") == {"bold": True}] == ["*le*"]


async def test_a_colleague_who_is_mentioned_is_a_plain_name(both: Both) -> None:
    both.slack.add_user("zeno", "Zeno Verdi")
    await both.from_slack("Chieda a @zeno o a *tutti*", "anna")
    found = await until(both.office, both.maria, lambda found: len(texts(found)) == 2)
    assert texts(found)[-1] == "Chieda a Zeno Verdi o a tutti"
