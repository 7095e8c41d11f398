"""The application: addresses to pages, files of rows and drawings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dashboard import bundle, charts, filters, format, render
from dashboard.access import Access, Headers
from dashboard.model import Chart, Page, Table
from dashboard.pages import BY_ID, PAGES
from dashboard.settings import DashboardSettings
from dashboard.store import Generation, NoFile, Store, TooSlow

_FOLDER = Path(__file__).parent


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("dashboard"),
        autoescape=select_autoescape(["html"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def create(settings: DashboardSettings) -> Starlette:
    """Return the application over the published file of ``settings``."""
    store = Store(settings.publish_path)
    bundle.begin()
    pages = _Pages(store)
    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse("/overview")),
            Route("/healthz", pages.health),
            Route("/static/vega.js", _vega),
            Mount("/static", StaticFiles(directory=_FOLDER / "static")),
            Route("/data/{part}.csv", pages.rows),
            Route("/chart/{part}.{kind}", pages.picture),
            Route("/{page}", pages.page),
        ],
        middleware=[
            Middleware(Headers),
            Middleware(Access, token=settings.dashboard_token),
            Middleware(GZipMiddleware, minimum_size=1_000),
        ],
        exception_handlers={404: _not_found},
    )


def _vega(_: Request) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(bundle.script(), media_type="text/javascript", headers=headers)


def _not_found(_: Request, __: Exception) -> Response:
    return _words("There is no such page.", "Overview and the other pages are in the menu.", 404)


def _words(title: str, text: str, status: int) -> Response:
    body = _templates().get_template("words.html").render(title=title, text=text, pages=PAGES)
    return Response(body, status, media_type="text/html")


class _Pages:
    """What is answered from the published file; each answer is of one generation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, request: Request) -> Response:
        page = BY_ID.get(request.path_params["page"])
        if page is None:
            return _not_found(request, KeyError())
        return self._answer(lambda generation, known: _html(page, request, generation, known))

    def rows(self, request: Request) -> Response:
        part = _part(request)
        if part is None:
            return PlainTextResponse("There is no such table.", 404)
        return self._answer(lambda generation, known: _csv(part, request, generation, known))

    def picture(self, request: Request) -> Response:
        part, kind = _part(request), request.path_params["kind"]
        if not isinstance(part, Chart) or kind not in ("svg", "png"):
            return PlainTextResponse("There is no such chart.", 404)
        return self._answer(
            lambda generation, known: _drawn(part, kind, request, generation, known)
        )

    def health(self, _: Request) -> Response:
        try:
            with self._store.reading() as generation:
                generation.query("select 1")
        except NoFile as error:
            return JSONResponse({"status": "no file", "problem": str(error)}, 503)
        return JSONResponse({"status": "ok"})

    def _answer(self, make: Callable[[Generation, filters.Choices], Response]) -> Response:
        try:
            with self._store.reading() as generation:
                known = filters.choices(generation)
                if known is None:
                    return _words(
                        "Nothing is loaded yet.",
                        "The published file has no day of any report. Run claude-usage run, and"
                        " look at claude-usage status.",
                        200,
                    )
                return make(generation, known)
        except NoFile as error:
            return _words("There is nothing to show.", str(error), 503)
        except TooSlow as error:
            return _words(
                "That was too much.", f"A query was ended: {error}. Ask for fewer days.", 503
            )


def _part(request: Request) -> Table | None:
    name = request.path_params["part"]
    return next((page.parts[name] for page in PAGES if name in page.parts), None)


def _html(page: Page, request: Request, generation: Generation, known: filters.Choices) -> Response:
    asked = filters.read(request.query_params, known)
    if "from" not in request.query_params:
        # Every value stands in the address, so that it can be sent to somebody.
        return RedirectResponse(f"/{page.id}?{asked.address()}", 307)
    body = (
        _templates()
        .get_template("page.html")
        .render(
            page=page,
            pages=PAGES,
            asked=asked,
            known=known,
            presets=filters.presets(known),
            all=filters.ALL,
            version=bundle.VERSION,
            **render.page(page, generation, asked, known),
        )
    )
    return Response(body, media_type="text/html")


def _csv(part: Table, request: Request, generation: Generation, known: filters.Choices) -> Response:
    asked = filters.read(request.query_params, known)
    answer = generation.query(part.sql, asked.variables())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([[format.cell(value) for value in row] for row in answer.rows])
    name = f"{part.id}-{asked.first}-{asked.last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _drawn(
    chart: Chart, kind: str, request: Request, generation: Generation, known: filters.Choices
) -> Response:
    import vl_convert

    asked = filters.read(request.query_params, known)
    key = ("drawn", chart.id, kind, asked.address())
    drawn = generation.cache.get(key)
    if drawn is None:
        answer = generation.query(chart.sql, asked.variables())
        spec = charts.drawn_of(chart, render.values(answer), width=760)
        draw = vl_convert.vegalite_to_svg if kind == "svg" else vl_convert.vegalite_to_png
        drawn = generation.cache[key] = draw(spec)
    assert isinstance(drawn, str | bytes)
    return Response(drawn, media_type={"svg": "image/svg+xml", "png": "image/png"}[kind])
