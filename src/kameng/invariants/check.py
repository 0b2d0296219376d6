"""What must hold on live data at every moment: `kameng doctor`, the simulation and the tests ask here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from kameng.invariants import attention_queries as of_attention
from kameng.invariants import batch_queries as of_batches
from kameng.invariants import case_queries as of_cases
from kameng.invariants import delivery_queries as of_deliveries
from kameng.invariants import money_queries as of_money
from kameng.invariants import order_queries as queries
from kameng.kernel.database import Connection, Database
from kameng.orders.contact import IN_CLEAR


@dataclass(frozen=True)
class Violation:
    """A promise that is broken, in words, and some of the rows that break it."""

    name: str
    words: str
    samples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.words} ({', '.join(self.samples)})"


@dataclass(frozen=True)
class _Promise:
    words: str
    statement: str


_PROMISES: Mapping[str, _Promise] = {
    "cards_astray": _Promise("a card is with an order that must not hold it", queries.CARDS_ASTRAY),
    "cards_miscounted": _Promise("an order holds more or fewer cards than it is for", queries.CARDS_MISCOUNTED),
    "confirmed_without_receipt": _Promise(
        "a payment is confirmed without a receipt, or has one without being confirmed",
        queries.CONFIRMED_WITHOUT_RECEIPT,
    ),
    "delivered_unpaid": _Promise("goods went out that nobody paid for", queries.DELIVERED_UNPAID),
    "applied_to_nothing": _Promise("money counts as spent on an order that is not paid", queries.APPLIED_TO_NOTHING),
    "kept_too_much": _Promise("more was kept than the goods cost", queries.KEPT_TOO_MUCH),
    "surplus_kept": _Promise("money that was too much is not on its way back", queries.SURPLUS_KEPT),
    "held_and_forgotten": _Promise("money that was too little waits for nobody", queries.HELD_AND_FORGOTTEN),
    "refunded_too_much": _Promise("more was sent back than came in", queries.REFUNDED_TOO_MUCH),
    "refunds_disagree": _Promise("an order's state and its refunds disagree", queries.REFUNDS_DISAGREE),
    "not_all_refunded": _Promise("not all of what was paid goes back", queries.NOT_ALL_REFUNDED),
    "paid_and_forgotten": _Promise("an order stands still between money and goods", queries.PAID_AND_FORGOTTEN),
    "nobody_told": _Promise("an order waits for a person, and no alarm says so", queries.NOBODY_TOLD),
    "deliveries_oversold": _Promise(
        "more was asked of suppliers than an order is owed", of_deliveries.DELIVERIES_OVERSOLD
    ),
    "deliveries_disagree": _Promise("an order's state and its delivery disagree", of_deliveries.DELIVERIES_DISAGREE),
    "deliveries_forgotten": _Promise("a delivery waits and nobody looks after it", of_deliveries.DELIVERIES_FORGOTTEN),
    "attempts_forgotten": _Promise(
        "a supplier may have delivered, and nobody asks or knows", of_deliveries.ATTEMPTS_FORGOTTEN
    ),
    "refunds_forgotten": _Promise("a refund is neither planned nor known to anybody", queries.REFUNDS_FORGOTTEN),
    "payments_forgotten": _Promise("a payment waits and nobody will ask about it", queries.PAYMENTS_FORGOTTEN),
    "sweeps_asleep": _Promise("what was due an hour ago has not been done", queries.SWEEPS_ASLEEP),
    "resubmissions_forgotten": _Promise(
        "a resubmission is left half done, or its order says otherwise", queries.RESUBMISSIONS_FORGOTTEN
    ),
    "cases_forgotten": _Promise(
        "a case, or what is done about it, waits and nobody looks after it", of_cases.CASES_FORGOTTEN
    ),
    "ledger_unbalanced": _Promise("an entry in the ledger does not sum to zero", queries.LEDGER_UNBALANCED),
    "postings_astray": _Promise("a posting stands on an account that is not for it", of_money.POSTINGS_ASTRAY),
    "order_money_disagrees": _Promise(
        "what the ledger says of an order is not what came in and went back", of_money.ORDER_MONEY_DISAGREES
    ),
    "order_money_below_zero": _Promise(
        "more was taken from an order's money than there was", of_money.ORDER_MONEY_BELOW_ZERO
    ),
    "gateway_money_disagrees": _Promise(
        "a receipt or a refund is not in the ledger, or something else is", of_money.GATEWAY_MONEY_DISAGREES
    ),
    "requests_forgotten": _Promise(
        "a refund request waits for nobody, or money went out without enough agreeing", of_money.REQUESTS_FORGOTTEN
    ),
    "batches_astray": _Promise(
        "a batch has ended with something left to do, goes on without enough agreeing, or waits for ever",
        of_batches.BATCHES_ASTRAY,
    ),
    "batches_disagree": _Promise("what a batch says it did was not done, or twice", of_batches.BATCHES_DISAGREE),
    "balances_astray": _Promise("a balance is not the sum of what moved it", queries.BALANCES_ASTRAY),
    "balance_payments_disagree": _Promise(
        "a payment from a balance, or its refund, and the ledger disagree", queries.BALANCE_PAYMENTS_DISAGREE
    ),
    "merchant_orders_unpaid": _Promise("a merchant's order goes on without being paid", queries.MERCHANT_ORDERS_UNPAID),
    "stood_unseen": _Promise("an order stands too long, and nobody has been called", of_attention.STOOD_UNSEEN),
    "stuck_astray": _Promise("what was stuck has moved on or is forgotten", of_attention.STUCK_ASTRAY),
    "stories_broken": _Promise("an order's events do not lead to its state", queries.STORIES_BROKEN),
}


async def check_invariants(db: Database, *, now: datetime, secrets: Collection[str] = ()) -> list[Violation]:
    """Every promise that is broken at this moment. `secrets` are texts that must stand nowhere in clear.

    Reads every row: minutes on a large shop.
    """
    async with db.reading() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("SET LOCAL statement_timeout = 0")
        violations = [
            Violation(name, promise.words, samples)
            for name, promise in _PROMISES.items()
            if (samples := await _samples(connection, promise, now))
        ]
        if places := await _places_in_clear(connection, secrets):
            violations.append(Violation("in_clear", "a contact or a code can be read in the database", places))
    return violations


async def _samples(connection: Connection, promise: _Promise, now: datetime) -> tuple[str, ...]:
    rows = await connection.fetch(promise.statement, *([now] if "$1" in promise.statement else []))
    return tuple(row[0] for row in rows)


async def _places_in_clear(connection: Connection, secrets: Collection[str]) -> tuple[str, ...]:
    escaped = (secret.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") for secret in secrets)
    wanted = [f"%{secret}%" for secret in escaped]
    places = []
    for row in await connection.fetch(queries.TEXT_COLUMNS):
        statement = queries.in_clear(row["table_name"], row["column_name"])
        if place := await connection.fetchval(statement, IN_CLEAR, wanted):
            places.append(place)
    return tuple(places)
