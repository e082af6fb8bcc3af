"""A configuration file that is right: what it says, and what holds for everything it leaves out."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from settings import LANGUAGES, Rate, Secrets, Settings, Span, YearDay, database_url, load, restart_keys
from settings.recurring import Rule
from settings.values import parse_duration, parse_spans
from texts import LANGUAGES as SPOKEN

ROOT = Path(__file__).parents[2]
MINIMAL = """\
office: {name: URP – Comune di Prova}
hours:
  mon: 08:30-13:00
"""
CONTRACT = """\
office:
  name: URP – Comune di Calenzano
  button: Linea diretta con l'URP        # text on the red button
  language: it                           # default; the widget follows the page
  timezone: Europe/Rome
  privacy_notice: https://www.comune.example/privacy
server:
  host: 127.0.0.1
  port: 8000
  public_url: https://chat.comune.example
  allowed_origins: [https://www.comune.example]
database: sqlite:///data/linea.db        # or postgresql://…
hours:                                   # a day left out is closed; 00:00-24:00 is all day
  mon: 08:30-13:00, 15:00-18:00
  tue: 08:30-13:00
  wed: 08:30-13:00
  thu: 08:30-13:00, 15:00-18:00
  fri: 08:30-13:00
  holidays: {country: IT, extra: [09-08]}          # public holidays + the town's patron saint
  closed: [{from: 2026-12-24, to: 2026-12-26, reason: Chiusura natalizia}]
  open:   [{on: 2026-12-05, hours: 09:00-12:00}]   # a special opening wins over everything else
bridges:
  slack:    {channel: C0123456789}       # optional api_url, e.g. https://slack.com/api/
  telegram: {chat: -1001234567890}       # optional api_url, e.g. http://127.0.0.1:8081
departments:                                       # optional; the first rule that fits wins
  - {name: Anagrafe, when: {page: "*/anagrafe/*"}, telegram: {chat: -1009876543210}}
waiting: {nobody_answers_after: 3m}
limits: {per_address: 60/min, per_conversation: 20/min}   # or `unlimited`
retention: {conversations: 180d, callbacks: 365d}
"""


def read(folder: Path, text: str) -> Settings:
    """The configuration in ``text``."""
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def changed(folder: Path, old: str, new: str) -> Settings:
    """The contract's example with one place changed."""
    assert old in CONTRACT
    return read(folder, CONTRACT.replace(old, new))


class TestTheContract:
    def test_is_read_to_the_letter(self, tmp_path: Path) -> None:
        found = read(tmp_path, CONTRACT)
        assert found.office.name == "URP – Comune di Calenzano"
        assert found.office.button == "Linea diretta con l'URP"
        assert (found.server.host, found.server.port) == ("127.0.0.1", 8000)
        assert found.server.public_url == "https://chat.comune.example"
        assert found.server.allowed_origins == ("https://www.comune.example",)
        assert found.hours.mon == (Span(510, 780), Span(900, 1080))
        assert found.hours.sat == ()
        assert found.hours.holidays.country == "IT"
        assert found.hours.holidays.extra == (Rule("09-08", YearDay(9, 8)),)
        assert found.hours.closed[0].first == date(2026, 12, 24)
        assert found.hours.closed[0].last == date(2026, 12, 26)
        assert found.hours.closed[0].reason == "Chiusura natalizia"
        assert found.hours.open[0].on == date(2026, 12, 5)
        assert found.hours.open[0].hours == (Span(540, 720),)
        assert found.bridges.slack is not None
        assert found.bridges.slack.channel == "C0123456789"
        assert found.bridges.telegram is not None
        assert found.bridges.telegram.chat == -1001234567890
        assert found.departments[0].when is not None
        assert found.departments[0].when.page == "*/anagrafe/*"
        assert found.departments[0].telegram is not None
        assert found.departments[0].telegram.chat == -1009876543210
        assert found.waiting.nobody_answers_after == timedelta(minutes=3)
        assert found.limits.per_address == Rate(60, 60)
        assert found.limits.per_conversation == Rate(20, 60)
        assert found.retention.conversations == timedelta(days=180)
        assert found.retention.callbacks == timedelta(days=365)

    def test_cannot_be_changed_in_memory(self, tmp_path: Path) -> None:
        found = read(tmp_path, CONTRACT)
        with pytest.raises(ValidationError):
            found.server.port = 1

    def test_the_file_shipped_works_as_it_is(self) -> None:
        found = load(ROOT / "config.yaml")
        assert found.bridges.slack is None
        assert found.bridges.telegram is None
        assert found.server.public_url == "http://127.0.0.1:8000"


class TestLeftOut:
    def test_a_name_and_the_hours_are_enough(self, tmp_path: Path) -> None:
        found = read(tmp_path, MINIMAL)
        assert found.office.button is None
        assert (found.office.language, found.office.timezone) == ("it", "Europe/Rome")
        assert found.office.show_operators_as == "first-name"
        assert found.server.public_url == "http://127.0.0.1:8000"
        assert found.server.allowed_origins == ()
        assert found.database == "sqlite:///data/linea.db"
        assert (found.bridges.slack, found.bridges.telegram) == (None, None)
        assert (found.departments, found.replies) == ((), ())
        assert found.waiting.nobody_answers_after == timedelta(minutes=3)
        assert (found.limits.per_address, found.limits.per_conversation) == (Rate(60, 60), Rate(20, 60))
        assert found.hours.holidays.country is None

    def test_sections_with_nothing_under_them_are_left_out(self, tmp_path: Path) -> None:
        empty = "bridges:\n  slack:\n  # telegram: {chat: -1}\ndepartments:\nreplies:\nserver:\n"
        assert read(tmp_path, MINIMAL + empty) == read(tmp_path, MINIMAL)

    @pytest.mark.parametrize(
        ("server", "url"),
        [
            ("{port: 8080}", "http://127.0.0.1:8080"),
            ("{host: 0.0.0.0}", "http://127.0.0.1:8000"),
            ("{host: '::1'}", "http://[::1]:8000"),
            ("{host: '::'}", "http://[::1]:8000"),
            ("{host: chat.comune.example}", "http://chat.comune.example:8000"),
        ],
    )
    def test_the_public_address_is_the_local_one(self, tmp_path: Path, server: str, url: str) -> None:
        assert read(tmp_path, f"{MINIMAL}server: {server}\n").server.public_url == url


class TestWays:
    """Ways of writing that mean what they seem to."""

    def test_on_and_no_are_words_not_yes_and_no(self, tmp_path: Path) -> None:
        found = read(
            tmp_path,
            "office: {name: yes}\n"
            "hours: {holidays: {country: NO}, open: [{on: 2026-12-05, hours: 9:00-12:00}]}\n",
        )
        assert found.office.name == "yes"
        assert found.hours.holidays.country == "NO"
        assert found.hours.open[0].on == date(2026, 12, 5)

    def test_quotes_make_no_difference_to_dates_and_hours(self, tmp_path: Path) -> None:
        found = changed(
            tmp_path,
            "{on: 2026-12-05, hours: 09:00-12:00}",
            '{"on": "2026-12-05", "hours": "09:00-12:00, 14:00-16:00"}',
        )
        assert found.hours.open[0].hours == (Span(540, 720), Span(840, 960))

    def test_a_single_day_is_closed_with_on(self, tmp_path: Path) -> None:
        found = changed(
            tmp_path, "{from: 2026-12-24, to: 2026-12-26, reason: Chiusura natalizia}", "{on: 2026-08-14}"
        )
        assert (found.hours.closed[0].first, found.hours.closed[0].last) == (
            date(2026, 8, 14),
            date(2026, 8, 14),
        )

    def test_a_night_ends_on_the_next_day(self, tmp_path: Path) -> None:
        assert changed(tmp_path, "fri: 08:30-13:00", "fri: 22:00-02:00").hours.fri == (Span(1320, 1560),)

    def test_all_day_is_all_day(self, tmp_path: Path) -> None:
        assert changed(tmp_path, "fri: 08:30-13:00", "fri: 00:00-24:00").hours.fri == (Span(0, 1440),)

    def test_spans_may_stand_in_any_order(self, tmp_path: Path) -> None:
        found = changed(tmp_path, "fri: 08:30-13:00", "fri: 15:00–18:00,8:30 - 13:00")
        assert found.hours.fri == (Span(510, 780), Span(900, 1080))

    def test_limits_may_be_unlimited_as_a_whole_or_one_by_one(self, tmp_path: Path) -> None:
        limits = "{per_address: 60/min, per_conversation: 20/min}"
        whole = changed(tmp_path, limits, "unlimited").limits
        assert (whole.per_address, whole.per_conversation) == (None, None)
        one = changed(tmp_path, limits, "{per_address: unlimited, per_conversation: 20/s}").limits
        assert (one.per_address, one.per_conversation) == (None, Rate(20, 1))

    def test_a_rate_counts_an_hour(self, tmp_path: Path) -> None:
        assert changed(tmp_path, "60/min", "1000/h").limits.per_address == Rate(1000, 3600)

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("https://www.comune.example/", "https://www.comune.example"),
            ("https://WWW.Comune.Example:443", "https://www.comune.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://www.comune.forlì.example", "https://www.comune.xn--forl-tpa.example"),
            ("http://[::1]:8000", "http://[::1]:8000"),
        ],
    )
    def test_a_site_is_kept_as_browsers_send_it(self, tmp_path: Path, written: str, meant: str) -> None:
        found = changed(tmp_path, "[https://www.comune.example]", f'["{written}"]')
        assert found.server.allowed_origins == (meant,)

    def test_api_addresses_end_as_each_platform_wants(self, tmp_path: Path) -> None:
        found = read(
            tmp_path,
            f"{MINIMAL}bridges:\n  slack: {{channel: C1234, api_url: 'http://127.0.0.1:1/api'}}\n"
            "  telegram: {chat: -1, api_url: 'http://127.0.0.1:2/'}\n",
        ).bridges
        assert found.slack is not None
        assert found.slack.api_url == "http://127.0.0.1:1/api/"
        assert found.telegram is not None
        assert found.telegram.api_url == "http://127.0.0.1:2"

    def test_one_days_hours_may_be_another_days(self, tmp_path: Path) -> None:
        found = changed(
            tmp_path,
            "mon: 08:30-13:00, 15:00-18:00\n  tue: 08:30-13:00",
            "mon: &usual 08:30-13:00\n  tue: *usual",
        )
        assert found.hours.mon == found.hours.tue == (Span(510, 780),)

    def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(self, tmp_path: Path) -> None:
        path = tmp_path / "config.yaml"
        path.write_bytes(b"\xef\xbb\xbf" + CONTRACT.replace("\n", "\r\n").encode())
        assert load(path) == read(tmp_path, CONTRACT)

    def test_a_provinces_own_holidays_count(self, tmp_path: Path) -> None:
        found = changed(tmp_path, "{country: IT,", "{country: IT, subdivision: FI,").hours.holidays
        assert found.public(date(2026, 6, 24)) is not None
        assert (
            changed(tmp_path, "{country: IT,", "{country: IT,").hours.holidays.public(date(2026, 6, 24))
            is None
        )


class TestReadyAnswers:
    TEXTS = """\
replies:
  - {name: orari, text: {it: Siamo aperti., en: We are open.}}
  - {name: ok, text: Va bene.}
"""

    def test_speak_the_citizens_language_or_the_offices(self, tmp_path: Path) -> None:
        hours, fine = read(tmp_path, MINIMAL + self.TEXTS).replies
        assert hours.text_in("en", "it") == "We are open."
        assert hours.text_in("de", "it") == "Siamo aperti."
        assert hours.text_in("de", "fr") == "Siamo aperti."
        assert fine.text_in("en", "it") == "Va bene."


class TestDatabase:
    def test_a_relative_file_is_beside_the_configuration(self, tmp_path: Path) -> None:
        found = read(tmp_path, MINIMAL)
        assert database_url(found, tmp_path, Secrets()) == f"sqlite:///{tmp_path}/data/linea.db"

    def test_an_absolute_file_is_where_it_says(self, tmp_path: Path) -> None:
        found = read(tmp_path, f"{MINIMAL}database: sqlite:////var/lib/linea.db\n")
        assert database_url(found, tmp_path, Secrets()) == "sqlite:////var/lib/linea.db"

    def test_postgresql_is_left_as_it_is(self, tmp_path: Path) -> None:
        found = read(tmp_path, f"{MINIMAL}database: postgresql://db.comune.example:5433/linea\n")
        assert database_url(found, tmp_path, Secrets()) == "postgresql://db.comune.example:5433/linea"

    def test_the_environment_wins(self, tmp_path: Path) -> None:
        secrets = Secrets(database_url=SecretStr("postgresql://linea:pass@db/linea"))
        found = database_url(read(tmp_path, MINIMAL), tmp_path, secrets)
        assert found == "postgresql://linea:pass@db/linea"


class TestRestart:
    @pytest.mark.parametrize(
        ("old", "new", "keys"),
        [
            ("port: 8000", "port: 8001", ["server.port"]),
            ("host: 127.0.0.1", "host: 0.0.0.0", ["server.host"]),
            ("linea.db", "other.db", ["database"]),
            ("  slack:    {channel: C0123456789}", "  #", ["bridges.slack"]),
            (
                "{chat: -1001234567890}",
                "{chat: -1001234567890, api_url: http://127.0.0.1}",
                ["bridges.telegram.api_url"],
            ),
            ("C0123456789", "C9876543210", []),
            ("-1001234567890", "-1", []),
            ("fri: 08:30-13:00", "fri: 08:30-12:00", []),
            ("60/min", "unlimited", []),
        ],
    )
    def test_only_what_is_bound_at_the_start_needs_one(
        self, tmp_path: Path, old: str, new: str, keys: list[str]
    ) -> None:
        before, after = read(tmp_path, CONTRACT), changed(tmp_path, old, new)
        assert before != after
        assert restart_keys(before, after) == keys
        assert restart_keys(after, before) == keys
        assert restart_keys(after, after) == []


def test_operators_are_spoken_to_in_languages_that_citizens_are_spoken_to_in() -> None:
    assert set(LANGUAGES) <= set(SPOKEN)


@given(st.integers(1, 99_999), st.sampled_from([("s", 1), ("m", 60), ("h", 3600)]))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: tuple[str, int]) -> None:
    assert parse_duration(f"{number}{unit[0]}") == timedelta(seconds=number * unit[1])


@given(
    st.lists(st.integers(0, 1440), min_size=2, max_size=8, unique=True).filter(
        lambda times: len(times) % 2 == 0
    )
)
def test_any_spans_in_order_are_read_as_they_are_written(times: list[int]) -> None:
    pairs = [*zip(*[iter(sorted(times))] * 2, strict=True)]
    text = ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs)
    assert parse_spans(text) == tuple(Span(a, b) for a, b in pairs)
