"""What Flask's documentation promises holds on the loop, for sync and for async code."""

import asyncio
import sys
from typing import Any

import pytest
from flask import (
    Blueprint,
    Response,
    abort,
    after_this_request,
    current_app,
    g,
    got_request_exception,
    jsonify,
    redirect,
    render_template_string,
    request,
    session,
    stream_with_context,
    url_for,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from werkzeug.exceptions import HTTPException

from tests.asgi.serving import served
from web.asgi import LoopFlask, wait


def flask() -> LoopFlask:
    app = LoopFlask(__name__, static_folder=None)
    app.secret_key = "of the tests"
    return app


async def soon(value: Any) -> Any:
    """Something that takes a turn of the loop."""
    await asyncio.sleep(0)
    return value


async def test_a_sync_view_answers() -> None:
    app = flask()
    app.add_url_rule("/", view_func=lambda: {"hello": request.args["name"]}, endpoint="hello")
    async with served(app) as site:
        answer = await site.http.get("/", params={"name": "Città"})
    assert answer.status_code == 200
    assert answer.json() == {"hello": "Città"}
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_an_async_view_awaits_on_the_servers_own_loop() -> None:
    app = flask()
    loops = []

    @app.get("/")
    async def view() -> str:
        loops.append(asyncio.get_running_loop())
        return str(await soon("done"))

    async with served(app) as site:
        assert (await site.http.get("/")).text == "done"
    assert loops == [asyncio.get_running_loop()]


async def test_sync_code_can_wait_for_a_coroutine_and_for_a_future() -> None:
    app = flask()

    @app.get("/")
    def view() -> str:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, "future")
        return f"{wait(soon('coroutine'))}, {wait(future)}"

    async with served(app) as site:
        assert (await site.http.get("/")).text == "coroutine, future"


async def test_a_templates_function_can_wait() -> None:
    app = flask()
    app.jinja_env.globals["later"] = lambda: wait(soon("<late>"))

    @app.get("/")
    async def view() -> str:
        await asyncio.sleep(0)
        return render_template_string("it is {{ later() }}")

    async with served(app) as site:
        assert (await site.http.get("/")).text == "it is &lt;late&gt;"


async def test_what_is_awaited_raises_into_the_view_and_leaves_no_trace_once_handled() -> None:
    app = flask()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise KeyError("missing")

    @app.get("/async")
    async def in_async() -> str:

        try:
            await fails()
        except KeyError as error:
            caught = repr(error)
        return f"{caught} {sys.exc_info()[0]}"

    @app.get("/sync")
    def in_sync() -> str:
        try:
            wait(fails())
        except KeyError as error:
            return repr(error)
        return "nothing was raised"

    async with served(app) as site:
        assert (await site.http.get("/async")).text == "KeyError('missing') None"
        assert (await site.http.get("/sync")).text == "KeyError('missing')"


async def test_timeouts_and_task_groups_work_in_an_async_view() -> None:
    app = flask()

    @app.get("/")
    async def view() -> dict[str, Any]:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            waited = False
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(soon(n)) for n in range(3)]
        return {"waited": waited, "found": [task.result() for task in tasks]}

    async with served(app) as site:
        assert (await site.http.get("/")).json() == {"waited": False, "found": [0, 1, 2]}


async def test_handlers_run_in_flasks_order_sync_or_async() -> None:
    app = flask()
    heard: list[str] = []

    @app.before_request
    async def first() -> None:
        heard.append(await soon("before, async"))

    @app.before_request
    def second() -> None:
        heard.append(wait(soon("before, sync")))

    @app.after_request
    async def last(response: Response) -> Response:
        heard.append(await soon("after, async"))
        return response

    @app.after_request
    def last_but_one(response: Response) -> Response:
        heard.append("after, sync")
        response.headers["X-After"] = "yes"
        return response

    @app.teardown_request
    async def end(error: BaseException | None) -> None:
        heard.append(f"{await soon('teardown')} {error}")

    @app.teardown_appcontext
    def very_end(error: BaseException | None) -> None:
        heard.append(f"app teardown {error}")

    @app.get("/")
    def view() -> str:
        @after_this_request
        def once(response: Response) -> Response:
            heard.append("after this")
            return response

        heard.append("view")
        return "ok"

    async with served(app) as site:
        assert (await site.http.get("/")).headers["X-After"] == "yes"
    assert heard == [
        "before, async",
        "before, sync",
        "view",
        "after this",
        "after, sync",
        "after, async",
        "teardown None",
        "app teardown None",
    ]


async def test_a_before_handler_can_answer_in_the_views_place() -> None:
    app = flask()

    @app.before_request
    async def refuse() -> tuple[str, int]:
        return await soon("closed"), 503

    @app.get("/")
    def view() -> str:
        raise AssertionError("the view was called")

    async with served(app) as site:
        answer = await site.http.get("/")
    assert (answer.status_code, answer.text) == (503, "closed")


async def test_g_lasts_one_request() -> None:
    app = flask()

    @app.before_request
    async def count() -> None:
        g.seen = g.get("seen", 0) + await soon(1)

    @app.get("/")
    async def view() -> str:
        await asyncio.sleep(0)
        return f"{g.seen} {current_app.name == __name__}"

    async with served(app) as site:
        assert [(await site.http.get("/")).text for _ in range(3)] == ["1 True"] * 3


async def test_url_for_knows_blueprints_the_host_and_where_a_proxy_put_us() -> None:
    app = flask()
    desk = Blueprint("desk", __name__, url_prefix="/desk")

    @desk.get("/<name>")
    async def page(name: str) -> dict[str, str]:
        await asyncio.sleep(0)
        return {
            "here": url_for(".page", name="è uno", page=2),
            "outside": url_for("desk.page", name=name, _external=True),
            "path": request.path,
        }

    app.register_blueprint(desk)
    async with served(app, root_path="/linea") as site:
        found = (await site.http.get("/desk/caffè", headers={"Host": "urp.example"})).json()
    assert found == {
        "here": "/linea/desk/%C3%A8%20uno?page=2",
        "outside": "http://urp.example/linea/desk/caff%C3%A8",
        "path": "/desk/caffè",
    }


async def test_sessions_and_redirects() -> None:
    app = flask()

    @app.post("/login")
    async def login() -> Any:
        session["name"] = await soon(request.form["name"])
        return redirect(url_for("who"))

    @app.get("/who")
    def who() -> str:
        return str(session.get("name"))

    async with served(app) as site:
        moved = await site.http.post("/login", data={"name": "Anna"})
        assert (moved.status_code, moved.headers["location"]) == (302, "/who")
        assert (await site.http.get("/who")).text == "Anna"


async def test_error_handlers_sync_and_async() -> None:
    app = flask()

    @app.errorhandler(404)
    async def lost(error: HTTPException) -> tuple[Response, int]:
        return jsonify(lost=await soon(request.path)), 404

    @app.errorhandler(ZeroDivisionError)
    def divided(error: ZeroDivisionError) -> tuple[str, int]:
        return wait(soon("no such number")), 422

    @app.get("/divide")
    async def divide() -> str:
        return str(1 // await soon(0))

    @app.get("/abort")
    async def stop() -> str:
        await asyncio.sleep(0)
        abort(409, "already")

    async with served(app) as site:
        assert (await site.http.get("/nowhere")).json() == {"lost": "/nowhere"}
        divided_answer = await site.http.get("/divide")
        assert (divided_answer.status_code, divided_answer.text) == (422, "no such number")
        assert (await site.http.get("/abort")).status_code == 409
        assert "GET" in (await site.http.put("/abort")).headers["allow"]


async def test_an_exception_is_signalled_logged_answered_with_500_and_given_to_teardown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = flask()
    heard: list[Any] = []

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        heard.append(("teardown", str(error)))

    @app.errorhandler(500)
    async def sorry(error: Any) -> tuple[str, int]:
        return f"sorry: {await soon(error.original_exception)}", 500

    @app.get("/")
    async def view() -> str:
        await asyncio.sleep(0)
        raise ValueError("broken")

    def signalled(sender: Any, exception: BaseException, **_: Any) -> None:
        heard.append(("signal", str(exception)))

    with got_request_exception.connected_to(signalled, app):
        async with served(app) as site:
            answer = await site.http.get("/")
            still = await site.http.get("/")
    assert (answer.status_code, answer.text) == (500, "sorry: broken")
    assert still.status_code == 500
    assert heard == [("signal", "broken"), ("teardown", "broken")] * 2
    assert "Exception on / [GET]" in caplog.text


async def test_propagated_exceptions_reach_the_server(caplog: pytest.LogCaptureFixture) -> None:
    app = flask()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    ended: list[str] = []
    app.teardown_request(lambda error: ended.append(str(error)))

    @app.get("/")
    async def view() -> str:
        raise ValueError("for the server")

    async with served(app) as site:
        answer = await site.http.get("/")
    assert answer.status_code == 500
    assert ended == ["for the server"]
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]


async def test_a_sync_generator_streams_keeps_its_context_and_can_wait() -> None:
    app = flask()
    heard: list[str] = []
    app.teardown_request(lambda error: heard.append("teardown"))

    @app.get("/")
    def view() -> Any:
        g.word = "parola"

        def lines() -> Any:
            for number in range(3):
                yield f"{wait(soon(number))} {request.args['of']} {g.word} {url_for('view')}\n"
            heard.append("end of the stream")

        return stream_with_context(lines()), {"Content-Type": "text/plain"}

    async with served(app) as site:
        answer = await site.http.get("/", params={"of": "3"})
    assert answer.text.splitlines() == [f"{number} 3 parola /" for number in range(3)]
    assert answer.headers["transfer-encoding"] == "chunked"
    assert heard == [
        "teardown",
        "end of the stream",
        "teardown",
    ]  # as Flask 3.1 has it: the context is pushed again


async def test_a_head_has_the_headers_of_the_get_and_no_body() -> None:
    app = flask()
    app.add_url_rule("/", view_func=lambda: "ciao", endpoint="view")
    async with served(app) as site, site.wire() as wire:
        await wire.ask("HEAD /", "Connection: close")
        status, headers = await wire.head()
        assert (status, headers["content-length"]) == (200, "4")
        assert await wire.rest() == b""


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_has_none(status: int) -> None:
    app = flask()
    app.add_url_rule("/", view_func=lambda: ("", status), endpoint="view")
    async with served(app) as site, site.wire() as wire:
        await wire.ask("GET /", "Connection: close")
        found, headers = await wire.head()
        assert found == status
        assert "transfer-encoding" not in headers
        assert await wire.rest() == b""


async def test_options_are_answered_without_a_view() -> None:
    app = flask()
    app.add_url_rule("/", view_func=lambda: "ciao", endpoint="view", methods=["POST"])
    async with served(app) as site:
        answer = await site.http.options("/")
    assert sorted(answer.headers["allow"].split(", ")) == ["OPTIONS", "POST"]


async def test_wsgi_middleware_goes_around_the_application() -> None:
    app = flask()
    inner: Any = app.wsgi_app

    def shouting(environ: Any, start_response: Any) -> Any:
        environ["HTTP_X_SEEN"] = "middleware"
        return [chunk.upper() for chunk in inner(environ, start_response)]

    app.wsgi_app = shouting  # type: ignore[method-assign]

    @app.get("/")
    async def view() -> str:
        return str(await soon(request.headers["X-Seen"]))

    async with served(app) as site:
        assert (await site.http.get("/")).text == "MIDDLEWARE"


async def test_the_legacy_write_function_of_wsgi_works() -> None:
    app = flask()

    def legacy(environ: Any, start_response: Any) -> Any:
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"one, ")
        write(b"two, ")
        return [b"three"]

    app.wsgi_app = legacy  # type: ignore[method-assign]
    async with served(app) as site:
        assert (await site.http.get("/")).text == "one, two, three"


async def test_sqlalchemys_sessions_are_awaited_in_async_and_waited_for_in_sync_views() -> None:
    app = flask()
    engine = create_async_engine("sqlite+aiosqlite://")

    @app.get("/async")
    async def in_async() -> str:
        async with AsyncSession(engine) as database:
            return str(await database.scalar(text("select 6 * 7")))

    @app.get("/sync")
    def in_sync() -> str:
        database = AsyncSession(engine)
        found = database.sync_session.scalar(text("select 6 * 7"))  # SQLAlchemy waits by itself, in here
        wait(database.close())
        return str(found)

    async with served(app) as site:
        assert (await site.http.get("/async")).text == "42"
        assert (await site.http.get("/sync")).text == "42"
    await engine.dispose()
