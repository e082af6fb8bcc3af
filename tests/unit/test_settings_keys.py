"""Keys that are unknown, missing or there twice; and secrets, which have no place in the file."""

from pathlib import Path

import pytest

from tests.faulty import START, faults_in, told

DATABASE = "sqlite:///data/linea.db or postgresql://host/name"


class TestKeys:
    TOP = (
        "office, server, database, hours, bridges, departments, waiting, closing, callbacks, digest, limits, "
        "retention, replies, faq, widget, texts"
    )

    @pytest.mark.parametrize(
        ("lines", "key", "expected"),
        [
            (
                "server: {prot: 80}",
                "server.prot",
                "one of host, port, public_url, allowed_origins (did you mean port?)",
            ),
            ("bridge: {}", "bridge", f"one of {TOP} (did you mean bridges?)"),
            ("timezone: Europe/Rome", "timezone", f"one of {TOP} (timezone stands in office.timezone)"),
            ("colour: red", "colour", f"one of {TOP}"),
            ("bridges: {mattermost: {}}", "bridges.mattermost", "one of slack, telegram, email"),
            ("'': red", '""', f"one of {TOP}"),
            ("<<: {port: 1}", "<<", f"one of {TOP}"),
        ],
    )
    def test_one_that_is_not_known(self, tmp_path: Path, lines: str, key: str, expected: str) -> None:
        said = told(tmp_path, f"{START}{lines}\n")
        assert said == [f"config.yaml:3: {key}: found an unknown key, expected {expected}"]

    @pytest.mark.parametrize(
        ("written", "meant"),
        [("lunedì", "mon"), ("Tuesday", "tue"), ("mer", "wed"), ("DOM", "sun"), ("opens", "open")],
    )
    def test_a_day_by_another_name(self, tmp_path: Path, written: str, meant: str) -> None:
        said = told(tmp_path, f"office: {{name: URP}}\nhours:\n  {written}: 08:30-13:00\n")
        assert said[0].startswith(f"config.yaml:3: hours.{written}: found an unknown key")
        assert said[0].endswith(f"(did you mean {meant}?)")

    def test_one_that_stands_twice(self, tmp_path: Path) -> None:
        said = told(
            tmp_path, f"{START}waiting: {{}}\noffice: {{name: Other}}\nserver: {{port: 1, port: 2}}\n"
        )
        assert said == [
            "config.yaml:4: office: found this key again (it stands in line 1, too), expected it once",
            "config.yaml:5: server.port: found this key again (it stands in line 5, too), expected it once",
        ]

    def test_ones_that_are_missing(self, tmp_path: Path) -> None:
        assert told(tmp_path, "office:\n  button: Chat\n") == [
            "config.yaml:1: office.name: found nothing, expected a name",
            "config.yaml:1: hours: found nothing, expected opening hours, such as mon: 08:30-13:00 "
            "(an office that never closes: 00:00-24:00 each day)",
        ]

    def test_a_list_where_a_key_should_stand(self, tmp_path: Path) -> None:
        said = told(tmp_path, f"{START}server: {{{{ port }}: 1}}\n")
        expected = "the name of a key (a text that begins with { or [ needs quotes)"
        assert said == [f"config.yaml:3: server: found brackets, expected {expected}"]

    def test_every_fault_is_told_at_once_in_the_order_of_the_file(self, tmp_path: Path) -> None:
        said = faults_in(
            tmp_path,
            "office: {name: URP, language: xx, timezone: Roma}\n"
            "server: {port: 0, prot: 1}\n"
            "hours:\n"
            "  mon: 8-13\n"
            "  sat: 22:00-02:00\n"
            "  sun: 01:00-02:00\n"
            "departments:\n"
            "  - {name: A, slack: {channel: x}}\n"
            "  - {name: a}\n"
            "  - {name: A, token: abc}\n"
            "office: {}\n",
        )
        assert [(fault.line, fault.key) for fault in said] == [
            (1, "office.language"),
            (1, "office.timezone"),
            (2, "server.port"),
            (2, "server.prot"),
            (4, "hours.mon"),
            (5, "hours.sat"),
            (8, "departments.1.slack.channel"),
            (9, "departments.2.name"),
            (10, "departments.3.name"),
            (10, "departments.3.token"),
            (11, "office"),
        ]

    def test_columns_count_from_one(self, tmp_path: Path) -> None:
        assert [
            (fault.line, fault.column) for fault in faults_in(tmp_path, f"{START}server: {{port: 0}}\n")
        ] == [(3, 16)]


class TestSecrets:
    BELONG = (
        "found what looks like a secret (not repeated here), expected none in this file: "
        "secrets belong in the environment or in the file .env beside it"
    )

    @pytest.mark.parametrize(
        ("lines", "key"),
        [
            ("bridges: {slack: {channel: C01234567, token: Sesamo}}", "bridges.slack.token"),
            ("bridges: {slack: {channel: xoxb-12345678-Sesamo}}", "bridges.slack.channel"),
            (
                "bridges: {telegram: {chat: '123456789:AAESesamo-Sesamo_Sesamo-Sesamo_Ses'}}",
                "bridges.telegram.chat",
            ),
            ("SLACK_APP_TOKEN: xapp-1-A0123-456-Sesamo", "SLACK_APP_TOKEN"),
            ("database_url: postgresql://linea:Sesamo@db/linea", "database_url"),
            ("REDIS_URL: redis://:Sesamo@127.0.0.1", "REDIS_URL"),
            ("server: {password: [Sesamo]}", "server.password"),
            ("server: {allowed_origins: [xoxp-12345678-Sesamo]}", "server.allowed_origins.1"),
            ("xoxb-12345678-Sesamo: true", "…"),
        ],
    )
    def test_are_refused_and_not_repeated(self, tmp_path: Path, lines: str, key: str) -> None:
        said = told(tmp_path, f"{START}{lines}\n")
        assert said == [f"config.yaml:3: {key}: {self.BELONG}"]

    @pytest.mark.parametrize(
        "lines",
        [
            "database: postgresql://linea:Sesamo@db/linea",
            "database: postgresql://linea:Sesamo@db:port/linea",
            "database: postgres://linea:Sesamo@db/linea",
            "server: {public_url: https://me:Sesamo@a.example}",
            "office: {name: xoxb-12345678-Sesamo}",
            "? [xoxb-12345678-Sesamo]\n: 1",
            "token: 'xoxb-12345678-Sesamo",
            "token: *xoxb-12345678-Sesamo",
            "token: @xoxb-12345678-Sesamo: x",
            "token: [xoxb-12345678-Sesamo",
            "replies: [{name: a, text: {xoxb-12345678-Sesamo: x}}]",
        ],
    )
    def test_are_not_repeated_in_any_other_fault(self, tmp_path: Path, lines: str) -> None:
        said = "\n".join(told(tmp_path, f"{START}{lines}\n"))
        assert said.startswith("config.yaml:")
        assert "Sesamo" not in said

    def test_a_password_in_the_databases_address(self, tmp_path: Path) -> None:
        assert told(tmp_path, f"{START}database: postgresql://linea:pw@db/linea\n") == [
            "config.yaml:3: database: found a password in the address, expected an address without one: "
            "secrets belong in the environment or in the file .env, "
            "so write the whole address there, as DATABASE_URL"
        ]
