"""Everything that can be set, in one table; read once from the environment when a process starts."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kameng.aftersales.case import CaseRules
from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.crypto import Keyring, keyring_from_file, keyring_of
from kameng.payment.request import RefundRules
from kameng.resubmission.resubmission import ResubmissionRules
from kameng.risk.guard import GuardRules
from kameng.web.design.doorway import Network
from kameng.web.design.web_settings import WebSettings
from kameng.wholesale.buy import WholesaleRules

PREFIX = "KAMENG_"
TEST_PREFIX = "KAMENG_TEST_"
DATABASE_URL = "KAMENG_DATABASE_URL"
KEYS = "KAMENG_KEYS"


class SettingWrong(Exception):
    """A variable can't be used as it is; the message names it and says why, never its value."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


@dataclass(frozen=True)
class Variable:
    """One environment variable: what it means, and how its text is read (`read` raises ValueError with the reason)."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any]


def _text(text: str) -> str:
    return text


def _maybe(text: str) -> str | None:
    return text or None


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            msg = f"must be a whole number from {least} to {most}"
            raise ValueError(msg)
        return int(text)

    return read


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=_number(1, 24 * 60)(text))


def _hours(text: str) -> timedelta:
    return timedelta(hours=_number(1, 24 * 30)(text))


def _days(text: str) -> timedelta:
    return timedelta(days=_number(1, 365)(text))


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        msg = "must be like https://shop.example.com, without a path"
        raise ValueError(msg)
    return text.rstrip("/")


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        msg = "must be addresses or networks with commas between, like 127.0.0.1,10.0.0.0/8"
        raise ValueError(msg) from None


def _level(text: str) -> str:
    if text not in ("debug", "info", "warning", "error"):
        msg = "must be debug, info, warning or error"
        raise ValueError(msg)
    return text


VARIABLES: tuple[Variable, ...] = (
    Variable(DATABASE_URL, "", "PostgreSQL to use (postgresql://…); empty: an own one in the data folder", _maybe),
    Variable("KAMENG_DATA", "var", "folder for the embedded database and the key file", Path),
    Variable(KEYS, "", "root keys, `id:base64,id:base64`; empty: the key file", _maybe),
    Variable(
        "KAMENG_KEY_FILE", "", "file with root keys, made 0600 on first start; empty: `keys` in the data folder", _maybe
    ),
    Variable(
        "KAMENG_PUBLIC_URL", "http://localhost:8000", "address under which buyers and gateways reach us", _address
    ),
    Variable("KAMENG_HOST", "127.0.0.1", "address the web server listens on", _text),
    Variable("KAMENG_PORT", "8000", "port the web server listens on", _number(1, 65535)),
    Variable("KAMENG_WEB_PROCESSES", "1", "web processes on this host", _number(1, 64)),
    Variable(
        "KAMENG_POOL_SIZE", "4", "database connections a process; more than twice the cores is slower", _number(2, 64)
    ),
    Variable("KAMENG_PAY_WITHIN_MINUTES", "15", "time to pay before an order is cancelled", _minutes),
    Variable("KAMENG_OPEN_ORDERS_MAX", "5", "unpaid orders one contact may have at once", _number(1, 1000)),
    Variable(
        "KAMENG_REFUND_APPROVE_ABOVE_FEN",
        "50000",
        "refunds of one order up to this sum go out at once; above it somebody else has to agree",
        _number(0, 10**9 - 1),
    ),
    Variable(
        "KAMENG_REFUND_TWO_ABOVE_FEN",
        "200000",
        "above this sum two different people, the one who asked not among them, have to agree",
        _number(0, 10**9 - 1),
    ),
    Variable("KAMENG_GUARD_WINDOW_MINUTES", "10", "length of a window in which failed lookups are counted", _minutes),
    Variable(
        "KAMENG_GUARD_ADDRESS_PROOF_AFTER",
        "5",
        "failures of an address before a proof of work is asked",
        _number(0, 10**6),
    ),
    Variable(
        "KAMENG_GUARD_ADDRESS_WAITS_AFTER", "30", "failures of an address before it has to wait", _number(1, 10**6)
    ),
    Variable(
        "KAMENG_GUARD_ORDER_PROOF_AFTER",
        "3",
        "failures on one order before a proof of work is asked",
        _number(0, 10**6),
    ),
    Variable(
        "KAMENG_GUARD_ORDER_WHOLE_CONTACT_AFTER",
        "12",
        "failures on one order in a day before only the whole contact will do",
        _number(1, 10**6),
    ),
    Variable(
        "KAMENG_GUARD_GLOBAL_PROOF_AFTER",
        "300",
        "failures of everybody before a proof of work is asked",
        _number(1, 10**7),
    ),
    Variable("KAMENG_GUARD_ALARM_AFTER", "30", "failures of an address before staff are told", _number(1, 10**6)),
    Variable("KAMENG_CASE_ANSWER_MINUTES", "60", "time to answer a buyer's case first; buyers see it", _minutes),
    Variable("KAMENG_CASE_SOLVE_MINUTES", "120", "time to solve a case; buyers see it", _minutes),
    Variable(
        "KAMENG_CASE_CLOSES_HOURS", "72", "time after which a case closes when its buyer says nothing more", _hours
    ),
    Variable("KAMENG_RESUBMIT_WITHIN_HOURS", "24", "for so long a buyer may resubmit an order (补交)", _hours),
    Variable("KAMENG_RESUBMISSIONS_MAX", "3", "resubmissions of one order before a person takes over", _number(1, 100)),
    Variable(
        "KAMENG_EXCHANGES_MAX", "3", "orders of a contact whose codes are exchanged unseen in 30 days", _number(0, 1000)
    ),
    Variable("KAMENG_CORRECT_WITHIN_HOURS", "24", "for so long a buyer is waited for to put an account right", _hours),
    Variable(
        "KAMENG_CANCEL_WITHIN_MINUTES", "5", "for so long after payment an untouched order can be taken back", _minutes
    ),
    Variable("KAMENG_CONFIRM_AFTER_DAYS", "7", "a delivered order nobody touches confirms itself after this", _days),
    Variable("KAMENG_TRUSTED_PROXIES", "", "proxies whose X-Forwarded-For and -Proto are believed", _networks),
    Variable(
        "KAMENG_METRICS_TOKEN", "", "bearer token for /metrics; empty: only the machine itself may read it", _maybe
    ),
    Variable(
        "KAMENG_CALLBACK_NETWORKS",
        "",
        "private networks that merchants' callbacks may go to all the same (shops side by side, tests)",
        _networks,
    ),
    Variable("KAMENG_LOG_LEVEL", "info", "debug, info, warning or error", _level),
)


@dataclass(frozen=True)
class Settings:
    """What a process runs with; `checkout`, `wholesale`, `guard`, `cases`, `refunds` and `web` are handed on."""

    database_url: str | None
    data: Path
    keys: str | None
    key_file: Path
    host: str
    port: int
    web_processes: int
    pool_size: int
    log_level: str
    trusted_proxies: tuple[Network, ...]
    checkout: CheckoutRules
    wholesale: WholesaleRules
    guard: GuardRules
    cases: CaseRules
    refunds: RefundRules
    resubmission: ResubmissionRules
    web: WebSettings

    @property
    def public_url(self) -> str:
        return self.web.public_url

    def keyring(self) -> Keyring:
        """The root keys; makes the key file when there is none. Raises SettingWrong or PermissionError."""
        if self.keys:
            return _keyring_of(self.keys)
        self.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return keyring_from_file(self.key_file)

    def __repr__(self) -> str:
        shown = {f.name for f in fields(self)} - {"keys", "database_url", "web"}
        return f"Settings({', '.join(f'{name}={getattr(self, name)!r}' for name in sorted(shown))})"


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Settings of this environment. Raises SettingWrong, also for a KAMENG_ variable that does not exist."""
    known = {variable.name for variable in VARIABLES}
    for name in sorted(environment):
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in known:
            raise SettingWrong(name, "there is no such setting")
    value = {variable.name.removeprefix(PREFIX): _read(variable, environment) for variable in VARIABLES}
    if value["KEYS"]:
        _keyring_of(value["KEYS"])
    checkout = CheckoutRules(pay_within=value["PAY_WITHIN_MINUTES"], open_orders_max=value["OPEN_ORDERS_MAX"])
    return Settings(
        database_url=value["DATABASE_URL"],
        data=value["DATA"],
        keys=value["KEYS"],
        key_file=Path(value["KEY_FILE"] or value["DATA"] / "keys"),
        host=value["HOST"],
        port=value["PORT"],
        web_processes=value["WEB_PROCESSES"],
        pool_size=value["POOL_SIZE"],
        log_level=value["LOG_LEVEL"],
        trusted_proxies=value["TRUSTED_PROXIES"],
        checkout=checkout,
        wholesale=WholesaleRules(checkout, value["CALLBACK_NETWORKS"]),
        guard=_guard(value),
        refunds=RefundRules(
            approve_above_fen=value["REFUND_APPROVE_ABOVE_FEN"],
            two_above_fen=value["REFUND_TWO_ABOVE_FEN"],
        ),
        cases=CaseRules(
            answer_within=value["CASE_ANSWER_MINUTES"],
            solve_within=value["CASE_SOLVE_MINUTES"],
            closes_after=value["CASE_CLOSES_HOURS"],
        ),
        resubmission=ResubmissionRules(
            within=value["RESUBMIT_WITHIN_HOURS"],
            tries_max=value["RESUBMISSIONS_MAX"],
            exchanges_max=value["EXCHANGES_MAX"],
            correct_within=value["CORRECT_WITHIN_HOURS"],
            cancel_within=value["CANCEL_WITHIN_MINUTES"],
            confirm_after=value["CONFIRM_AFTER_DAYS"],
        ),
        web=WebSettings(
            public_url=value["PUBLIC_URL"],
            metrics_token=value["METRICS_TOKEN"],
        ),
    )


def _guard(value: Mapping[str, Any]) -> GuardRules:
    return GuardRules(
        window=value["GUARD_WINDOW_MINUTES"],
        address_proof_after=value["GUARD_ADDRESS_PROOF_AFTER"],
        address_waits_after=value["GUARD_ADDRESS_WAITS_AFTER"],
        order_proof_after=value["GUARD_ORDER_PROOF_AFTER"],
        order_whole_contact_after=value["GUARD_ORDER_WHOLE_CONTACT_AFTER"],
        global_proof_after=value["GUARD_GLOBAL_PROOF_AFTER"],
        alarm_after=value["GUARD_ALARM_AFTER"],
    )


def _read(variable: Variable, environment: Mapping[str, str]) -> Any:
    try:
        return variable.read(environment.get(variable.name, "").strip() or variable.default)
    except ValueError as error:
        raise SettingWrong(variable.name, str(error)) from None


def _keyring_of(text: str) -> Keyring:
    try:
        return keyring_of(text)
    except (ValueError, AssertionError):
        raise SettingWrong(KEYS, "must be `id:base64` entries of 32 bytes with commas between") from None
