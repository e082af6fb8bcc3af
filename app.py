"""Puts the rooms together, and is the command line: ``./linea serve``, ``check``, ``hours`` and the rest."""

import argparse
import gc
import os
import shlex
import signal
import sys
from pathlib import Path

DESCRIPTION = "Linea Diretta: live chat for a town's public relations office, from Slack or Telegram."
SHIPPED = Path(__file__).parent / "config.yaml"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 a fault, 2 the configuration or the words were wrong."""
    options = _parser().parse_args(arguments)
    # Not before the words are understood: "--help" works where nothing is installed yet.
    from running.errors import StartError
    from settings import ConfigError

    os.umask(0o077)  # whatever a command writes is for this user alone
    config = Path(options.config).absolute()
    try:
        return _run(options, config)
    except ConfigError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        if not config.exists():
            words = shlex.join(["cp", str(SHIPPED), str(config)])
            print(f"linea: to begin with the configuration as it is shipped: {words}", file=sys.stderr)
        return 2
    except StartError as error:
        print(f"linea: {error}", file=sys.stderr)
    except BrokenPipeError:  # "export | head" has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"linea: {where}{(error.strerror or str(error)).lower()}", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace, config: Path) -> int:
    """Each command brings its own imports: "hours" needs no Slack, and a start must take under 2 s."""
    if config.is_dir():
        return _run_for_all(options, config)
    from settings import read

    loaded = read(config)
    settings = loaded.settings
    for note in loaded.notes:
        print(note, file=sys.stderr)
    if options.command == "serve":
        gc.disable()  # what a start makes stays: looking through it again and again is a fifth of its time
        from running.serve import serve

        return serve(settings, config, options.role)
    if options.command == "check":
        from running.check import check

        return check(settings, config) or int(any(not note.warning for note in loaded.notes))
    if options.command == "hours":
        from running.hours import print_hours

        return print_hours(settings)
    if options.command == "route":
        from routing.rules import Asked
        from running.route import print_route

        asked = Asked(
            options.department, options.page, options.lang or settings.office.language, options.text
        )
        return print_route(settings, asked, options.at)
    if options.command == "setup":
        from running.wizard.run import set_up

        return set_up(settings, config, options.platform, options.api_url)
    if options.command == "move":
        from running.move import move

        return move(settings, config, options.to)
    if options.command in ("backup", "restore"):
        from running import backups

        work = backups.backup if options.command == "backup" else backups.restore
        return work(settings, config, options.file)
    from running import records

    if options.command == "export":
        return records.export(settings, config, options.to)
    return records.erase(settings, config, options.conversation, options.reference)


def _run_for_all(options: argparse.Namespace, folder: Path) -> int:
    """A command on a folder of many offices, each in a folder of its own."""
    from running.installation import serve_all, some_offices_in

    offices = some_offices_in(folder)
    if options.command == "serve":
        gc.disable()
        return serve_all(folder, options.role)
    if options.command == "check":
        from running.check import check_all

        return check_all(offices)
    listed = "\n".join(f"  --config {shlex.quote(str(config))}" for config in offices.values())
    print(f"linea: {options.command} is for one office at a time, one of:\n{listed}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./linea",
        description=DESCRIPTION,
        epilog="Also: ./linea test (sets up and runs all tests), ./linea bench (measures the speed).",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        default=str(SHIPPED),
        metavar="FILE",
        help="the configuration (default: config.yaml beside this program); serve and check also take a folder of "
        "many offices, each with its own NAME/config.yaml",
    )
    for name, words in (
        ("serve", "serve the chat, the desk and the demo page"),
        ("check", "check the configuration, and talk to each platform once"),
        ("hours", "print the coming two weeks' opening hours, and the rule that decided each day"),
    ):
        command = commands.add_parser(name, help=words, description=words, parents=[common])
        if name == "serve":
            command.add_argument(
                "--role",
                choices=("all", "web", "bridges"),
                default="all",
                help="where several hubs share a PostgreSQL: web serves citizens and never talks to the platforms, "
                "bridges does nothing else, all (the default) does both when it is its turn",
            )
    words = "explain to which department a conversation would go, and by which rule"
    route = commands.add_parser("route", help=words, description=words, parents=[common])
    route.add_argument("--page", metavar="URL", help="the page it begins on")
    route.add_argument("--text", metavar="TEXT", help="the citizen's first message")
    route.add_argument("--lang", metavar="CODE", help="the citizen's language (default: the office's)")
    route.add_argument("--department", metavar="NAME", help="the citizen's own choice")
    route.add_argument(
        "--at", metavar="MOMENT", help='when, such as "2026-12-24 15:00" or 15:00 (default: now)'
    )
    words = "lead through joining Slack or Telegram step by step, and write down what was checked"
    setup = commands.add_parser("setup", help=words, description=words, parents=[common])
    setup.add_argument("platform", choices=("slack", "telegram"), help="which of them to join")
    setup.add_argument(
        "--api-url",
        metavar="URL",
        help="a server of your own in the place of the platform's (see api_url in docs/configuration.md)",
    )
    _add_records(commands, common)
    return parser


def _add_records(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    """The commands about what the town keeps."""
    words = "write every conversation as JSON, one a line"
    export = commands.add_parser("export", help=words, description=words, parents=[common])
    export.add_argument("--to", metavar="FILE", type=Path, help="where to (default: standard output)")
    words = "erase one conversation or callback for good"
    erase = commands.add_parser("erase", help=words, description=words, parents=[common])
    which = erase.add_mutually_exclusive_group(required=True)
    which.add_argument("--conversation", metavar="ID", help="the conversation's id (see export)")
    which.add_argument("--reference", metavar="REF", help="a callback's reference, such as KT-4071")
    words = "copy everything, or the database alone, to a file while the service runs"
    backup = commands.add_parser("backup", help=words, description=words, parents=[common])
    backup.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help="must not exist yet; a name that ends in .tar takes the database, the files and the key, any other "
        "the database alone",
    )
    words = "put a backup in the database's place, and what was there aside"
    restore = commands.add_parser("restore", help=words, description=words, parents=[common])
    restore.add_argument(
        "file", metavar="FILE", type=Path, help="what backup made; the service must be stopped"
    )
    words = "carry the record over from a SQLite file to PostgreSQL, checked row by row"
    move = commands.add_parser("move", help=words, description=words, parents=[common])
    move.add_argument(
        "--to",
        metavar="URL",
        required=True,
        help="a new, empty database, such as postgresql://linea@db.comune.example/linea; a password may stand in "
        "PGPASSWORD or ~/.pgpass instead. After an interruption the same command goes on where it was",
    )


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until it serves, Ctrl-C just ends it, without a traceback
    sys.exit(main())
