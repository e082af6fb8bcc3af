"""The program ends, by a signal or by a crash: what was under way is finished, or known to be unsure."""

import os
import signal
from pathlib import Path

from routing.files import FileStore
from tests.citizen import Citizen
from tests.platforms.slack import Hang, SlackStandIn
from tests.program import Program

PATIENCE = 60.0


async def test_a_post_that_slack_is_slow_to_answer_at_the_end_is_there_once_after_the_start(
    tmp_path: Path,
) -> None:
    async with SlackStandIn() as slack:
        program = Program(tmp_path, slack=slack)
        await program.start()
        slack.faults.add("chat.postMessage", Hang(done=True))
        async with Citizen(program.url) as maria:
            assert (await maria.start("Buongiorno")).status_code == 201
            await slack.wait_for(slack.messages, PATIENCE)
            await program.stop(signal.SIGTERM)
            slack.faults.clear()
            await program.start()
            try:
                assert (await maria.say("Ci siete?")).status_code == 201
                root = slack.messages()[0]
                await slack.wait_for(lambda: len(slack.thread(root.ts)) == 2, PATIENCE)
                assert len(slack.messages()) == 1
            finally:
                await program.stop()


def names_in(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


async def test_what_a_crash_leaves_of_files_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    kept = await files.save(b"named by an entry")
    lost = await files.save(b"the program died before an entry named it")
    fresh = await files.save(b"just being sent")
    half = tmp_path / f"{'a' * 32}.part"
    half.write_bytes(b"half a fi")
    (tmp_path / "notes.txt").write_text("not ours")
    for path in (tmp_path / kept, tmp_path / lost, half):
        os.utime(path, (1, 1))
    assert await files.tidy({kept}) == 2
    assert names_in(tmp_path) == {kept, fresh, "notes.txt"}
