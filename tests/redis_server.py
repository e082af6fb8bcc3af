"""A Redis of the tests' own: Debian's server (or Valkey's) on loopback, which keeps nothing on disk."""

import asyncio
import shutil

from tests.program import free_port


def program() -> str | None:
    """The server that is installed."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


class Redis:
    """A server that may be killed and started again on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Redis":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start it; returns when it takes connections."""
        found = program()
        assert found, "the tests need Redis' server (on Debian: the package redis-server)"
        self._process = await asyncio.create_subprocess_exec(
            found, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--daemonize", "no", stdout=asyncio.subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    async def kill(self) -> None:
        """As when its machine fails."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
