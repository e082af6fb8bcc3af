"""A value that cannot be: its line and key, what was found, what was expected."""

from pathlib import Path

import pytest

from tests.faulty import START, told

RATE = "a rate such as 60/min, 20/s or 1000/h, or the word unlimited"
DURATION = "a number with its unit (s, m, h or d), such as 3m, 1h30m or 180d"
SITE = "a site such as https://www.comune.example"
PAGE = "an address that begins with https:// or http://"
CHANNEL = "a channel's id such as C0123456789 (in Slack, a click on the channel's name shows it)"
GROUP = "a group's id, a whole number such as -1001234567890"
PATTERN = 'a pattern for the page\'s address, in quotes, such as "*/anagrafe/*"'
DATABASE = "sqlite:///data/linea.db or postgresql://host/name"
HOST = "127.0.0.1 (this machine), 0.0.0.0 (all of its addresses), or one of its addresses or names"
ANSWER = "some text, or one for each language: {it: …, en: …}"
COLOUR = 'a colour as # and six figures from 0 to f, in quotes: "#b3122b"'
LOGO = "a picture beside this file: .svg, .png or .webp, such as logo.svg"


@pytest.mark.parametrize(
    ("line", "key", "found", "expected"),
    [
        ("server: {port: 80000}", "server.port", "80000", "a whole number from 1 to 65535"),
        ("server: {port: 0}", "server.port", "0", "a whole number from 1 to 65535"),
        ('server: {port: "80"}', "server.port", "“80”", "a whole number from 1 to 65535, without quotes"),
        ("server: {port: 80.5}", "server.port", "“80.5”", "a whole number from 1 to 65535"),
        ("server: {port: true}", "server.port", "true", "a whole number from 1 to 65535"),
        ("server: {port: }", "server.port", "nothing", "a whole number from 1 to 65535"),
        ('server: {host: "http://x"}', "server.host", "“http://x”", HOST),
        ("server: {host: 127.0.0.300}", "server.host", "“127.0.0.300”", HOST),
        ("server: {public_url: ftp://a.example}", "server.public_url", "“ftp://a.example”", SITE),
        (
            "server: {public_url: https://a.example/chat}",
            "server.public_url",
            "“https://a.example/chat”",
            f"{SITE}, with nothing after the name",
        ),
        ("server: {public_url: https://a:99999}", "server.public_url", "“https://a:99999”", SITE),
        ('server: {public_url: "https://[1"}', "server.public_url", "“https://[1”", SITE),
        (
            "server: {public_url: https://me:pw@a.example}",
            "server.public_url",
            "a name or password in the address",
            f"{SITE}, without a name or password in it",
        ),
        (
            "server: {allowed_origins: [www.a.example]}",
            "server.allowed_origins.1",
            "“www.a.example”",
            "https:// before it: https://www.a.example",
        ),
        (
            'server: {allowed_origins: [https://a.example, "*"]}',
            "server.allowed_origins.2",
            "“*”",
            "each site by its name, such as https://www.comune.example: * would let every site in",
        ),
        (
            "server: {allowed_origins: https://a.example}",
            "server.allowed_origins",
            "“https://a.example”",
            "a list: [ … ], or lines that begin with a dash",
        ),
        ("server: 8000", "server", "8000", "keys under it: host, port, public_url, allowed_origins"),
        (
            "server: [8000]",
            "server",
            "a list",
            "keys under it: host, port, public_url, allowed_origins",
        ),
        ("database: mysql://db/linea", "database", "“mysql://db/linea”", DATABASE),
        ("database: data/linea.db", "database", "“data/linea.db”", DATABASE),
        ("database: postgres://db/linea", "database", "postgres://…", f"{DATABASE}: postgresql:// in full"),
        ("database: postgresql://db", "database", "“postgresql://db”", DATABASE),
        (
            "database: 'sqlite:///:memory:'",
            "database",
            "“sqlite:///:memory:”",
            "a file, such as sqlite:///data/linea.db: what is only in memory is lost at a restart",
        ),
        ("database: sqlite:///a.db?x=1", "database", "“sqlite:///a.db?x=1”", "a file's name, without ?"),
        ("bridges: {slack: {channel: '#urp'}}", "bridges.slack.channel", "“#urp”", CHANNEL),
        ("bridges: {slack: {channel: D0123456789}}", "bridges.slack.channel", "“D0123456789”", CHANNEL),
        ("bridges: {slack: {}}", "bridges.slack.channel", "nothing", "a channel's id such as C0123456789"),
        (
            "bridges: {slack: C0123456789}",
            "bridges.slack",
            "“C0123456789”",
            "keys under it: channel, api_url",
        ),
        (
            "bridges: {slack: {channel: C0123456789, api_url: slack.com}}",
            "bridges.slack.api_url",
            "“slack.com”",
            PAGE,
        ),
        (
            'bridges: {telegram: {chat: "-100"}}',
            "bridges.telegram.chat",
            "“-100”",
            f"{GROUP}, without quotes",
        ),
        ("bridges: {telegram: {chat: '@urp'}}", "bridges.telegram.chat", "“@urp”", GROUP),
        (
            "bridges: {telegram: {chat: 12345}}",
            "bridges.telegram.chat",
            "12345",
            f"{GROUP}: those of groups begin with a minus",
        ),
        (
            "departments: Anagrafe",
            "departments",
            "“Anagrafe”",
            "a list: [ … ], or lines that begin with a dash",
        ),
        ("departments: [{name: ' '}]", "departments.1.name", "an empty text", "some text, not a blank one"),
        ("departments: [{name: 118}]", "departments.1.name", "118", 'some text, in quotes: "…"'),
        ("departments: [{when: {page: '*'}}]", "departments.1.name", "nothing", "a name"),
        (
            "departments: [{name: A}, {name: a}]",
            "departments.2.name",
            "“a” again",
            "each name once in this list",
        ),
        (
            "departments: [{name: A, when: {page: /anagrafe}}]",
            "departments.1.when.page",
            "“/anagrafe”",
            f"{PATTERN}: one that begins with * or https://, for addresses do",
        ),
        (
            "departments: [{name: A, when: {}}]",
            "departments.1.when",
            "{}",
            "at least one of page, language, words and open",
        ),
        (
            "departments: [{name: A, when: {language: english}}]",
            "departments.1.when.language",
            "“english”",
            "a language by its two small letters, or several: [en, fr]",
        ),
        (
            "departments: [{name: A, when: {words: [730]}}]",
            "departments.1.when.words",
            "a list",
            'words, in quotes where they are numbers: ["730", tari]',
        ),
        (
            "departments: [{name: A, when: {words: ['tri*buti']}}]",
            "departments.1.when.words",
            "“tri*buti”",
            "words or short phrases of up to 60 characters, a * only at the end",
        ),
        (
            "departments: [{name: A, when: {open: 'yes'}}]",
            "departments.1.when.open",
            "“yes”",
            "true (while the department is open) or false (while it is closed), without quotes",
        ),
        (
            "departments: [{name: A, when: {page: '*', match: some}}]",
            "departments.1.when.match",
            "“some”",
            "all or any",
        ),
        (
            "departments: [{name: A, slack: {channel: urp}}]",
            "departments.1.slack.channel",
            "“urp”",
            CHANNEL,
        ),
        ("waiting: {nobody_answers_after: 3}", "waiting.nobody_answers_after", "3", DURATION),
        ("waiting: {nobody_answers_after: 3 min}", "waiting.nobody_answers_after", "“3 min”", DURATION),
        ("waiting: {nobody_answers_after: -3m}", "waiting.nobody_answers_after", "“-3m”", DURATION),
        (
            "waiting: 3m",
            "waiting",
            "“3m”",
            "keys under it: nobody_answers_after, escalate_to, escalate_after",
        ),
        (
            "waiting: {escalate_to: Tributi}",
            "waiting.escalate_to",
            "“Tributi”",
            "the name of one of the departments: there are none yet",
        ),
        (
            "retention: {callbacks: 0d}",
            "retention.callbacks",
            "“0d”",
            "a duration longer than nothing, such as 3m",
        ),
        (
            "retention: {callbacks: 99999d}",
            "retention.callbacks",
            "“99999d”",
            "a duration shorter than a century",
        ),
        ("limits: {per_address: 60}", "limits.per_address", "60", RATE),
        ("limits: {per_address: 60/week}", "limits.per_address", "“60/week”", RATE),
        ("limits: {proof_of_work: sometimes}", "limits.proof_of_work", "“sometimes”", "off, flood or always"),
        ("limits: {per_address: }", "limits.per_address", "nothing", RATE),
        (
            "limits: {per_address: 0/s}",
            "limits.per_address",
            "“0/s”",
            "at least one: a rate of nothing would let nobody write",
        ),
        (
            "limits: 60/min",
            "limits",
            "“60/min”",
            "per_address, per_conversation and proof_of_work under it, or the word unlimited",
        ),
        ("replies: [{name: a}]", "replies.1.text", "nothing", "the text of the answer"),
        ("replies: [{name: a, text: 5}]", "replies.1.text", "5", ANSWER),
        ("replies: [{name: a, text: [x]}]", "replies.1.text", "a list", ANSWER),
        ("replies: [{name: a, text: ''}]", "replies.1.text", "an empty text", "some text"),
        (
            "replies: [{name: a, text: {}}]",
            "replies.1.text",
            "{}",
            "a text for at least one language: {it: …, en: …}",
        ),
        (
            "replies: [{name: a, text: {italiano: x}}]",
            "replies.1.text",
            "“italiano”",
            "languages by their two small letters: {it: …, en: …}",
        ),
        (
            "replies: [{name: a, text: x}, {name: A, text: y}]",
            "replies.2.name",
            "“A” again",
            "each name once in this list",
        ),
        (
            f"replies: [{{name: a, text: {'x' * 4001}}}]",
            "replies.1.text",
            f"“{'x' * 60}…”",
            "at most 4000 characters, not 4001",
        ),
        ("widget: {color: red}", "widget.color", "“red”", COLOUR),
        ("widget: {color: }", "widget.color", "nothing", COLOUR),
        ("widget: {color: '#12345'}", "widget.color", "“#12345”", COLOUR),
        (
            "widget: {color: '#ffcc00'}",
            "widget.color",
            "#ffffff on #ffcc00, a contrast of 1.51 to 1",
            'a contrast of at least 4.5 to 1 (text_color: "#000000" would have 13.88)',
        ),
        (
            "widget: {text_color: '#f99'}",
            "widget.text_color",
            "#ff9999 on #b3122b, a contrast of 3.37 to 1",
            'a contrast of at least 4.5 to 1 (text_color: "#ffffff" would have 6.91)',
        ),
        ("widget: {position: top}", "widget.position", "“top”", "right or left"),
        ("widget: {logo: https://a.example/l.png}", "widget.logo", "“https://a.example/l.png”", LOGO),
        ("widget: {logo: logo.gif}", "widget.logo", "“logo.gif”", LOGO),
        ("faq: [{question: Dove?}]", "faq.1.answer", "nothing", "the answer to it"),
        ("faq: [{question: 5, answer: Qui}]", "faq.1.question", "5", ANSWER),
        (
            f"faq: [{{question: {'x' * 201}, answer: Qui}}]",
            "faq.1.question",
            f"“{'x' * 60}…”",
            "at most 200 characters, not 201",
        ),
        (
            "faq: [{question: {it: Dove?, en: Where?}, answer: {it: Qui}}]",
            "faq.1",
            "en, it and it",
            "question and answer in the same languages",
        ),
        (f"faq: [{'{question: a, answer: b}, ' * 101}]", "faq", "a list", "at most 100 questions, not 101"),
    ],
)
def test_a_value_that_cannot_be(tmp_path: Path, line: str, key: str, found: str, expected: str) -> None:
    assert told(tmp_path, f"{START}{line}\n") == [f"config.yaml:3: {key}: found {found}, expected {expected}"]


@pytest.mark.parametrize(
    ("line", "key", "found", "expected"),
    [
        ("name: ''", "name", "an empty text", "some text, not a blank one"),
        ('name: "a\\nb"', "name", "“a b”", "text on a single line"),
        (f"name: {'x' * 201}", "name", f"“{'x' * 60}…”", "at most 200 characters, not 201"),
        ("language: de", "language", "“de”", "it or en"),
        ("timezone: Roma", "timezone", "“Roma”", "a time zone such as Europe/Rome"),
        (
            "timezone: europe/rome",
            "timezone",
            "“europe/rome”",
            "a time zone such as Europe/Rome (did you mean Europe/Rome?)",
        ),
        ("privacy_notice: www.a.example", "privacy_notice", "“www.a.example”", PAGE),
        ("show_operators_as: nobody", "show_operators_as", "“nobody”", "first-name or office"),
    ],
)
def test_an_office_that_cannot_be(tmp_path: Path, line: str, key: str, found: str, expected: str) -> None:
    name = "" if key == "name" else "  name: URP\n"
    text = f"hours: {{mon: 08:30-13:00}}\noffice:\n  {line}\n{name}"
    assert told(tmp_path, text) == [f"config.yaml:3: office.{key}: found {found}, expected {expected}"]


def test_a_mistyped_department_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    departments = "departments: [{name: Anagrafe}, {name: Tributi}]"
    assert told(tmp_path, f"{START}{departments}\nwaiting: {{escalate_to: tributti}}\n") == [
        "config.yaml:4: waiting.escalate_to: found “tributti”, expected the name of one of the departments: "
        "Anagrafe, Tributi (did you mean Tributi?)"
    ]
