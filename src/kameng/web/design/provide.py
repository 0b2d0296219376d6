"""What handlers may ask for by name; see `app.py` for where it comes from."""

from litestar import Request
from litestar.datastructures import State
from litestar.di import Provide

from kameng.aftersales.case import CaseRules
from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.payment.gateways import Gateways
from kameng.resubmission.desk import Desk
from kameng.risk.guard import GuardRules
from kameng.sites.directory import SiteDirectory
from kameng.sites.site import Site
from kameng.supply.suppliers import Suppliers
from kameng.tracking.live import LiveEvents
from kameng.web.design.assets import Assets
from kameng.web.design.event_stream import Streams
from kameng.web.design.metrics import Metrics
from kameng.web.design.pages import Pages
from kameng.web.design.visit import Visit, visit_of
from kameng.web.design.web_settings import WebSettings

AnyRequest = Request[object, object, State]


def _db(state: State) -> Database:
    db: Database = state.db
    return db


def _keyring(state: State) -> Keyring:
    keyring: Keyring = state.keyring
    return keyring


def _gateways(state: State) -> Gateways:
    gateways: Gateways = state.gateways
    return gateways


def _suppliers(state: State) -> Suppliers:
    suppliers: Suppliers = state.suppliers
    return suppliers


def _directory(state: State) -> SiteDirectory:
    directory: SiteDirectory = state.directory
    return directory


def _assets(state: State) -> Assets:
    assets: Assets = state.assets
    return assets


def _pages(state: State) -> Pages:
    pages: Pages = state.pages
    return pages


def _live(state: State) -> LiveEvents:
    live: LiveEvents = state.live
    return live


def _streams(state: State) -> Streams:
    streams: Streams = state.streams
    return streams


def _metrics(state: State) -> Metrics:
    metrics: Metrics = state.metrics
    return metrics


def _web_settings(state: State) -> WebSettings:
    settings: WebSettings = state.web_settings
    return settings


def _checkout_rules(state: State) -> CheckoutRules:
    rules: CheckoutRules = state.checkout_rules
    return rules


def _guard_rules(state: State) -> GuardRules:
    rules: GuardRules = state.guard_rules
    return rules


def _case_rules(state: State) -> CaseRules:
    rules: CaseRules = state.case_rules
    return rules


def _desk(state: State) -> Desk:
    return Desk(state.db, state.keyring, state.gateways, state.resubmission_rules, state.checkout_rules)


def _visit(request: AnyRequest) -> Visit:
    return visit_of(request.scope)


def _site(request: AnyRequest) -> Site:
    return visit_of(request.scope).site


DEPENDENCIES = {
    "db": Provide(_db, sync_to_thread=False),
    "keyring": Provide(_keyring, sync_to_thread=False),
    "suppliers": Provide(_suppliers, sync_to_thread=False),
    "gateways": Provide(_gateways, sync_to_thread=False),
    "directory": Provide(_directory, sync_to_thread=False),
    "assets": Provide(_assets, sync_to_thread=False),
    "pages": Provide(_pages, sync_to_thread=False),
    "live": Provide(_live, sync_to_thread=False),
    "streams": Provide(_streams, sync_to_thread=False),
    "metrics": Provide(_metrics, sync_to_thread=False),
    "web_settings": Provide(_web_settings, sync_to_thread=False),
    "checkout_rules": Provide(_checkout_rules, sync_to_thread=False),
    "guard_rules": Provide(_guard_rules, sync_to_thread=False),
    "case_rules": Provide(_case_rules, sync_to_thread=False),
    "resubmission_desk": Provide(_desk, sync_to_thread=False),
    "visit": Provide(_visit, sync_to_thread=False),
    "site": Provide(_site, sync_to_thread=False),
}
