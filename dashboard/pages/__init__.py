"""All pages, in the order of the menu. A new page is a module here and a line below."""

from __future__ import annotations

from dashboard.model import Page
from dashboard.pages import adoption, contribution, cost, efficiency, health, me, overview

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    cost.PAGE,
    contribution.PAGE,
    adoption.PAGE,
    efficiency.PAGE,
    health.PAGE,
    me.PAGE,
)
BY_ID = {page.id: page for page in PAGES}
