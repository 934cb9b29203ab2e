"""The routes of the pages with forms."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount, Route

from app.compression import GZIP
from dashboard.served import (
    coverage,
    home,
    index,
    index_chart,
    indicator,
    method,
    peers,
    people,
    report,
    reporting,
    submission,
)
from dashboard.served.asked import House, kept, served
from dashboard.served.kept import KEPT_BYTES, KeptPages
from dashboard.served.single_sign_on import Provider, provider_app


class Ending(Convertor[str]):
    """The endings of the files of a chart."""

    regex = "svg|png"

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """As it stands."""
        return value


register_url_convertor("ending", Ending())
#: Pages and charts of what is published.
OPEN = {
    "/": home.home,
    "/index": index.index,
    "/city/{city}": index.city,
    "/indicator": indicator.indicator_list,
    "/indicator/{code}": indicator.indicator,
    "/report/{city}.pdf": report.report,
    "/peers": peers.peers,
    "/coverage": coverage.coverage,
    "/method": method.method,
    "/chart/index/{chart}.{ending:ending}": index_chart.index_chart,
    "/embed/index/{chart}": index_chart.index_embed,
    "/chart/indicator/{code}/{chart}.{ending:ending}": indicator.indicator_chart,
    "/embed/indicator/{code}/{chart}": indicator.indicator_embed,
    "/data": method.data,
}
# Of these the ones made anew each time: files of vintages appear between publications.
UNKEPT = ("/data",)
GET = {
    "/sign-in": people.sign_in,
    "/sign-in/invitation": people.invitation,
    "/account": people.account,
    "/admin": people.admin,
    "/submit": reporting.submit,
    "/submission/{submission}": submission.submission,
    "/review": reporting.review,
    "/status": reporting.status,
    "/receipt": reporting.verify,
    "/receipt/{submission}": reporting.receipt,
}
POST = {
    "/sign-in": people.do_sign_in,
    "/sign-in/invitation": people.do_invitation,
    "/sign-out": people.do_sign_out,
    "/account/tokens": people.do_token,
    "/account/tokens/{token:int}/revoke": people.do_revoke,
    "/account/browsers/{browser}/end": people.do_end_browser,
    "/account/password": people.do_password,
    "/admin/people": people.do_add_person,
    "/admin/people/{person:int}": people.do_person,
    "/admin/tasks/{task:int}/again": people.do_task,
    "/submit": reporting.do_submit,
    "/submission/{submission}": reporting.do_step,
    "/submission/{submission}/read": reporting.do_read,
    "/status": reporting.do_status,
    "/receipt": reporting.verify,
}


def form_routes(house: House, provider: Provider | None, *, kept_bytes: int = KEPT_BYTES) -> list[BaseRoute]:
    """Every page with a form, in the order they are tried; of open pages at most so many bytes are kept."""
    routes: list[BaseRoute] = []
    if provider is not None:
        routes.append(Mount("/sign-in/provider", provider_app(house, provider)))
    small = [Middleware(GZipMiddleware, **GZIP)]
    pages = KeptPages(kept_bytes)
    routes += [
        Route(path, kept(house, page, None if path in UNKEPT else pages), methods=["GET"], middleware=small)
        for path, page in OPEN.items()
    ]
    routes += [Route(path, served(house, handler), methods=["GET"]) for path, handler in GET.items()]
    routes += [Route(path, served(house, handler), methods=["POST"]) for path, handler in POST.items()]
    return routes
