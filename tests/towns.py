"""Several towns in one installation, for tests: the real program on a folder of offices, and citizens of each."""

import asyncio
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.citizen import Citizen
from tests.hub import configuration
from tests.program import Program


@dataclass
class Town:
    """One office of the installation."""

    name: str
    folder: Path
    program: "Installation"

    @property
    def host(self) -> str:
        """What browsers ask for."""
        return f"{self.name}.example:{self.program.port}"

    @property
    def config(self) -> Path:
        """Its file."""
        return self.folder / "config.yaml"

    @property
    def desk_link(self) -> str:
        """The path of the desk's one-time link, as it was printed last."""
        said = [line for line in self.program.lines if line.startswith(f"{self.name}: desk")]
        return re.findall(rf"http://{re.escape(self.host)}(/desk/login\?key=\S+?);", said[-1])[0]

    def rewrite(self, **changes: Any) -> None:
        """Change top-level keys of its file, as an administrator does."""
        whole = json.loads(self.config.read_text()) | changes
        self.config.write_text(json.dumps(whole, ensure_ascii=False, indent=1))

    def secrets(self, **given: str) -> None:
        """Write its ``.env``."""
        env = self.folder / ".env"
        env.touch(mode=0o600)
        env.write_text("".join(f"{key}={value}\n" for key, value in given.items()))

    def citizen(self) -> Citizen:
        """Somebody in front of this town's page."""
        someone = Citizen(self.program.url)
        someone.http.headers["Host"] = self.host
        return someone

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A browser on this town's pages."""
        return httpx.AsyncClient(
            base_url=self.program.url, headers={"Host": self.host} | headers, timeout=30, trust_env=False
        )


class Installation(Program):
    """``linea serve`` on a folder of offices."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.config.unlink()
        self.config = folder / "offices"
        self.config.mkdir()

    def is_ready(self) -> bool:
        """The last line says how many are served."""
        return bool(self.lines) and self.lines[-1].startswith("Serving ")

    def add(self, name: str, slack: Any = None, telegram: Any = None, **changes: Any) -> Town:
        """A further office, which answers from these stand-ins; its folder appears as a whole."""
        town = Town(name, self.config / name, self)
        making = self.config / f".{name}"
        making.mkdir()
        whole = configuration(slack, telegram, **changes)
        whole["office"] = {"name": f"URP di {name.title()}"}
        whole["server"] = {"port": self.port, "public_url": f"http://{town.host}"} | changes.get("server", {})
        (making / "config.yaml").write_text(json.dumps(whole, ensure_ascii=False, indent=1))
        given = {}
        if slack is not None:
            given |= {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
        if telegram is not None:
            given["TELEGRAM_BOT_TOKEN"] = telegram.token
        Town(name, making, self).secrets(**given)
        making.rename(town.folder)
        return town

    def remove(self, town: Town) -> None:
        """The office's folder is taken away."""
        away = self.config / f".{town.name}"
        shutil.rmtree(away, ignore_errors=True)
        town.folder.rename(away)

    async def ask(self, path: str, **headers: str) -> httpx.Response:
        """What whoever runs it asks, on the machine itself."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            return await http.get(path, headers=headers)

    async def said(self, beginning: str) -> str:
        """The next line on standard output that begins so."""
        assert self._process is not None
        assert self._process.stdout is not None
        while True:
            line = await asyncio.wait_for(self._process.stdout.readline(), 60)
            assert line, self.errors.decode()
            self.lines.append(line.decode().rstrip("\n"))
            if self.lines[-1].startswith(beginning):
                return self.lines[-1]
