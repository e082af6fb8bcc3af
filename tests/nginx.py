"""A real nginx for tests, with the configuration that is shipped or documented, but for ports and folders."""

from pathlib import Path

from tests.run import found

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def nginx_words(folder: Path, server: str, *changes: tuple[str, str]) -> list[str]:
    """Write ``server`` down with these texts replaced; what starts nginx with it, in the foreground."""
    for old, new in changes:
        assert old in server
        server = server.replace(old, new)
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in _TEMPORARY)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{server}\n}}\n"
    )
    program = found("nginx")
    assert program, "nginx is not installed: ./linea test brings it"
    return [program, "-e", "stderr", "-p", str(folder), "-c", str(config)]
