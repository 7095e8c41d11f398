"""The application: addresses to pages, files of rows and drawings."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from dashboard.access import Headers, control
from dashboard.model import Chart, Page, Table
from dashboard.pages import BY_ID, PAGES
from dashboard.settings import DashboardSettings
from dashboard.store import Generation, NoFile, Store, TooBusy, TooSlow
from dashboard.viewers import EVERYBODY, Grant, User, Viewer, read_grants, viewer_of
from exports import prometheus

_FOLDER = Path(__file__).parent
MOST_SAMPLES = 1_000_000
_NOTHING_LOADED = (
    "Nothing is loaded yet.",
    "The published file has no day of any report. Run claude-usage run, and look at claude-usage"
    " status.",
)


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
    """Return the application over the published file of ``settings``.

    Raises:
        GrantsError: the file of grants cannot be used.
    """
    grants = read_grants(settings.dashboard_roles_path) if settings.dashboard_roles_path else ()
    bundle.begin()
    pages = _Pages(Store(settings.publish_path), grants)
    return Starlette(
        routes=[
            Route("/", pages.first),
            Route("/healthz", pages.health),
            Route("/metrics", pages.metrics),
            Route("/static/vega.js", _vega),
            Mount("/static", StaticFiles(directory=_FOLDER / "static")),
            Route("/data/{part}.csv", pages.rows),
            Route("/chart/{part}.{kind}", pages.picture),
            Route("/{page}", pages.page),
        ],
        middleware=[
            Middleware(Headers),
            control(settings),
            Middleware(GZipMiddleware, minimum_size=1_000),
        ],
        exception_handlers={404: _not_found},
    )


def _vega(request: Request) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    script = bundle.packed()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        script = gzip.decompress(script)
    return Response(script, media_type="text/javascript", headers=headers)


def _not_found(_: Request, __: Exception) -> Response:
    return _words("There is no such page.", "Overview and the other pages are in the menu.", 404)


def _words(title: str, text: str, status: int) -> Response:
    body = _templates().get_template("words.html").render(title=title, text=text, pages=PAGES)
    return Response(body, status, media_type="text/html")


@dataclass(frozen=True)
class _Asked:
    """What one answer is made of: a file, who looks, what they can choose and what they chose."""

    generation: Generation
    viewer: Viewer
    known: filters.Choices
    chosen: filters.Filters


class _Pages:
    """What is answered from the published file; each answer is of one generation."""

    def __init__(self, store: Store, grants: Sequence[Grant]) -> None:
        self._store, self._grants = store, grants

    def page(self, request: Request) -> Response:
        page = BY_ID.get(request.path_params["page"])
        if page is None:
            return _not_found(request, KeyError())
        return self._answer(request, lambda asked: _html(page, request, asked))

    def rows(self, request: Request) -> Response:
        part = _part(request)
        if part is None:
            return PlainTextResponse("There is no such table.", 404)
        return self._answer(request, lambda asked: _csv(part, asked), part)

    def picture(self, request: Request) -> Response:
        part, kind = _part(request), request.path_params["kind"]
        if not isinstance(part, Chart) or kind not in ("svg", "png"):
            return PlainTextResponse("There is no such chart.", 404)
        return self._answer(request, lambda asked: _drawn(part, kind, asked), part)

    def first(self, request: Request) -> Response:
        return self._answer(
            request,
            lambda asked: RedirectResponse(f"/{render.pages(PAGES, asked.viewer)[0].id}", 307),
        )

    def health(self, _: Request) -> Response:
        try:
            with self._store.reading() as generation:
                generation.query("select 1")
        except NoFile as error:
            return JSONResponse({"status": "no file", "problem": str(error)}, 503)
        return JSONResponse({"status": "ok"})

    def metrics(self, request: Request) -> Response:
        """Answer a scrape; what it tells is of all, so it is for those who see all."""
        user: User | None = getattr(request.state, "user", None)
        try:
            with self._store.reading() as generation:
                viewer = EVERYBODY if user is None else viewer_of(user, self._grants, generation)
                if viewer.role != "all":
                    return PlainTextResponse("This is of all: your role does not show it.", 403)
                body, media_type = prometheus.text(
                    # All of them: a part of the samples would be another sum.
                    lambda sql: generation.query(sql, most=MOST_SAMPLES).rows,
                    request.headers.get("accept", ""),
                )
        except (NoFile, TooSlow) as error:
            return PlainTextResponse(str(error), 503)
        except TooBusy:
            return PlainTextResponse("Many are reading.", 503)
        return Response(body, headers={"content-type": media_type})

    def _answer(
        self,
        request: Request,
        make: Callable[[_Asked], Response],
        part: Table | None = None,
    ) -> Response:
        user: User | None = getattr(request.state, "user", None)
        try:
            with self._store.reading() as generation:
                viewer = EVERYBODY if user is None else viewer_of(user, self._grants, generation)
                if part is not None and not viewer.sees(part.filters):
                    return PlainTextResponse(
                        "This is of others too: your role does not show it.", 403
                    )
                if viewer.lacks:
                    return _words("There is nothing of yours to show.", viewer.lacks, 200)
                known = filters.choices(generation, viewer)
                if known is None:
                    return _words(*_NOTHING_LOADED, 200)
                chosen = filters.read(request.query_params, known)
                return make(_Asked(generation, viewer, known, chosen))
        except NoFile as error:
            return _words("There is nothing to show.", str(error), 503)
        except TooSlow as error:
            return _words(
                "That was too much.", f"A query was ended: {error}. Ask for fewer days.", 503
            )
        except TooBusy:
            return _words("Many are reading.", "Load the page again in a moment.", 503)


def _part(request: Request) -> Table | None:
    name = request.path_params["part"]
    return next((page.parts[name] for page in PAGES if name in page.parts), None)


def _html(page: Page, request: Request, asked: _Asked) -> Response:
    seen = render.pages(PAGES, asked.viewer)
    if page not in seen:
        return _words(
            f"{page.title} is of others too.",
            f"Your role shows {', '.join(one.title for one in seen)}.",
            403,
        )
    if "from" not in request.query_params:
        # Every value stands in the address, so that it can be sent to somebody.
        return RedirectResponse(f"/{page.id}?{asked.chosen.address()}", 307)
    body = (
        _templates()
        .get_template("page.html")
        .render(
            page=page,
            pages=seen,
            viewer=asked.viewer,
            asked=asked.chosen,
            known=asked.known,
            presets=filters.presets(asked.known),
            all=filters.ALL,
            version=bundle.VERSION,
            level=format.level,
            **render.page(page, asked.generation, asked.viewer, asked.chosen, asked.known),
        )
    )
    return Response(body, media_type="text/html")


def _csv(part: Table, asked: _Asked) -> Response:
    answer = asked.generation.query(part.sql, asked.chosen.variables())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([[format.cell(value) for value in row] for row in answer.rows])
    name = f"{part.id}-{asked.chosen.first}-{asked.chosen.last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _drawn(chart: Chart, kind: str, asked: _Asked) -> Response:
    import vl_convert

    cache = asked.generation.cache
    key = ("drawn", chart.id, kind, asked.chosen.address())
    drawn = cache.get(key)
    if drawn is None:
        answer = asked.generation.query(chart.sql, asked.chosen.variables())
        models = asked.known.values["model"]
        spec = charts.drawn_of(chart, render.values(answer), models, width=760)
        draw = vl_convert.vegalite_to_svg if kind == "svg" else vl_convert.vegalite_to_png
        drawn = cache[key] = draw(spec)
    assert isinstance(drawn, str | bytes)
    return Response(drawn, media_type={"svg": "image/svg+xml", "png": "image/png"}[kind])
