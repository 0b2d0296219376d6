"""One table a state machine: the database knows the same states, and every pair of state and event is decided."""

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import Any

import asyncpg
import pytest

from kameng.aftersales import case
from kameng.aftersales.remedy import RemedyStage
from kameng.attention.bounds import Thing
from kameng.attention.claim import Queue
from kameng.batches import batch
from kameng.catalogue.filling import ChooseBy, Delivers, FilledBy
from kameng.fulfilment import attempt as delivery_attempt
from kameng.fulfilment.attempt import AttemptState as DeliveryAttemptState
from kameng.journey import FOLLOWING
from kameng.kernel.lifecycle import IllegalTransition, Lifecycle
from kameng.ledger.entry import AccountKind, EntryKind
from kameng.orders import lifecycle
from kameng.orders.lifecycle import ActorKind, OrderEvent, OrderState
from kameng.orders.order import ContactKind
from kameng.payment import attempt
from kameng.payment.attempt import AttemptState, HeardFrom, ReceiptUse, RefundCause, RefundState
from kameng.payment.request import REQUEST_LIFECYCLE, RequestState
from kameng.radar.radar import Sign
from kameng.resubmission import resubmission
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Listed, Verdict
from kameng.risk.subjects import SubjectKind
from kameng.staff.roles import Role
from kameng.stock.card import BatchState, CardState, FileKind
from kameng.supply.goods import GoodsKind
from kameng.supply.troubles import TroubleKind
from tests.architecture.source import SOURCE, name_of, python_files
from tools import write_docs

ENUMS = {
    ("orders", "state"): OrderState,
    ("orders", "contact_kind"): ContactKind,
    ("order_events", "actor_kind"): ActorKind,
    ("cards", "state"): CardState,
    ("card_batches", "state"): BatchState,
    ("card_batches", "upload_kind"): FileKind,
    ("payment_attempts", "state"): AttemptState,
    ("receipts", "use"): ReceiptUse,
    ("receipts", "heard_from"): HeardFrom,
    ("refunds", "state"): RefundState,
    ("refunds", "cause"): RefundCause,
    ("refund_requests", "state"): RequestState,
    ("refund_requests", "asker_kind"): ActorKind,
    ("staff", "role"): Role,
    ("products", "delivers"): Delivers,
    ("sku_versions", "delivers"): Delivers,
    ("skus", "filled_by"): FilledBy,
    ("skus", "choose_by"): ChooseBy,
    ("supplier_goods", "kind"): GoodsKind,
    ("troubles", "kind"): TroubleKind,
    ("radar_streams", "sign"): Sign,
    ("delivery_attempts", "state"): DeliveryAttemptState,
    ("deliveries", "state"): delivery_attempt.DeliveryState,
    ("attempt_answers", "asked_by"): delivery_attempt.AskedBy,
    ("risk_scores", "stage"): Stage,
    ("risk_scores", "verdict"): Verdict,
    ("risk_lists", "list"): Listed,
    ("risk_lists", "subject_kind"): SubjectKind,
    ("case_remedies", "stage"): RemedyStage,
    ("cases", "state"): case.CaseState,
    ("cases", "kind"): case.CaseKind,
    ("cases", "outcome"): case.Outcome,
    ("cases", "due_for"): case.Clock,
    ("case_events", "actor_kind"): case.Actor,
    ("case_messages", "author"): case.Author,
    ("answers", "delivers"): Delivers,
    ("resubmissions", "kind"): resubmission.Kind,
    ("resubmissions", "state"): resubmission.ResubmissionState,
    ("resubmissions", "verdict"): resubmission.Verdict,
    ("resubmissions", "actor_kind"): ActorKind,
    ("stuck", "thing"): Thing,
    ("claims", "queue"): Queue,
    ("order_batches", "action"): batch.Action,
    ("order_batches", "state"): batch.BatchState,
    ("order_batch_items", "state"): batch.ItemState,
    ("ledger_accounts", "kind"): AccountKind,
    ("ledger_entries", "kind"): EntryKind,
    ("ledger_entries", "actor_kind"): ActorKind,
}

# A new event is either in the journey, or here because somebody decided so.
NOTHING_FOLLOWS = {
    lifecycle.Placed,
    lifecycle.PaymentStarted,
    lifecycle.PaidTooLittle,
    lifecycle.SurplusReceived,
    lifecycle.SurplusReturned,
    lifecycle.DeliveryStarted,
    lifecycle.SentToSupplier,
    lifecycle.ResultInDoubt,
    lifecycle.PartlyDelivered,
    lifecycle.AttemptFailed,
    lifecycle.ProofAsked,
    lifecycle.HeldForReview,
    lifecycle.Refunded,
    lifecycle.PartRefunded,
    # Its refunds are opened by whoever agreed to it; the goods stay with the buyer.
    lifecycle.RefundAfterDelivery,
    lifecycle.RefundStuck,
    lifecycle.Revealed,
    lifecycle.Resubmitted,
    lifecycle.CorrectionGiven,
    lifecycle.ArrivalConfirmed,
    lifecycle.StoodTooLong,
    lifecycle.TakenInHand,
}

MACHINES: dict[str, tuple[type[StrEnum], Lifecycle[Any]]] = {
    "order": (OrderState, lifecycle.LIFECYCLE),
    "payment attempt": (AttemptState, attempt.ATTEMPT_LIFECYCLE),
    "refund": (RefundState, attempt.REFUND_LIFECYCLE),
    "refund request": (RequestState, REQUEST_LIFECYCLE),
    "resubmission": (resubmission.ResubmissionState, resubmission.RESUBMISSION_LIFECYCLE),
    "delivery attempt": (DeliveryAttemptState, delivery_attempt.ATTEMPT_LIFECYCLE),
    "case": (case.CaseState, case.CASE_LIFECYCLE),
    "batch": (batch.BatchState, batch.BATCH_LIFECYCLE),
}

CHECKS = """
SELECT c.conrelid::regclass::text AS on_table, a.attname AS on_column, pg_get_constraintdef(c.oid) AS definition
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
WHERE c.contype = 'c' AND pg_get_constraintdef(c.oid) LIKE '%ANY (ARRAY[%'
"""


def event_classes(base: type[OrderEvent]) -> Iterator[type[OrderEvent]]:
    for child in base.__subclasses__():
        yield child
        yield from event_classes(child)


ORDER_EVENTS = list(event_classes(OrderEvent))


def pairs() -> list[tuple[Lifecycle[Any], StrEnum, type]]:
    return [
        (machine, state, event)
        for states, machine in MACHINES.values()
        for state, event in product(states, dict.fromkeys(event for _, event in machine.moves))
    ]


@pytest.mark.anyio
async def test_the_database_knows_the_same_states_as_the_code(template_url: str) -> None:
    connection = await asyncpg.connect(template_url)
    found = {
        (row["on_table"], row["on_column"]): set(re.findall(r"'([^']+)'::text", row["definition"]))
        for row in await connection.fetch(CHECKS)
    }
    await connection.close()
    known = {place: {str(member) for member in enum} for place, enum in ENUMS.items()}
    assert {place: found[place] for place in found if found[place] != known.get(place)} == {}
    assert known.keys() == found.keys()


@pytest.mark.parametrize(("machine", "state", "event"), pairs())
def test_every_pair_is_in_the_table_or_refused(machine: Lifecycle[Any], state: StrEnum, event: type) -> None:
    if (state, event) in machine.moves:
        assert machine.allows(state, event)
        assert machine.after(state, event) is machine.moves[state, event]
    else:
        assert not machine.allows(state, event)
        with pytest.raises(IllegalTransition):
            machine.after(state, event)


@pytest.mark.parametrize(("states", "machine"), MACHINES.values(), ids=MACHINES)
def test_no_event_leads_out_of_the_enum(states: type[StrEnum], machine: Lifecycle[Any]) -> None:
    assert {type(state) for state, _ in machine.moves} | {type(state) for state in machine.moves.values()} == {states}


def test_every_state_machine_is_tested_and_documented() -> None:
    written = {
        name_of(file): file.read_text().count("Lifecycle[")
        for file in python_files(SOURCE)
        if file.parent.name != "kernel"
    }
    assert sum(written.values()) == len(MACHINES) == len(write_docs.MACHINES), written


def test_order_events_have_names_of_their_own() -> None:
    names = [event.name for event in ORDER_EVENTS]
    assert sorted(names) == sorted(set(names))
    assert all("name" in vars(event) for event in ORDER_EVENTS)


def test_every_order_event_can_happen_somewhere() -> None:
    """Placed is how an order begins, so no state can be asked for it."""
    assert {event for _, event in lifecycle.LIFECYCLE.moves} == set(ORDER_EVENTS) - {lifecycle.Placed}


def test_every_state_has_a_name() -> None:
    assert set(lifecycle.STATE_NAMES) == set(OrderState)


def test_the_journey_has_a_decision_for_every_event() -> None:
    assert set(FOLLOWING.at_once) | set(FOLLOWING.later) == set(ORDER_EVENTS) - NOTHING_FOLLOWS


def test_money_that_arrives_is_never_refused_by_a_state() -> None:
    assert all(lifecycle.LIFECYCLE.allows(state, lifecycle.SurplusReceived) for state in OrderState)
    assert all(lifecycle.LIFECYCLE.allows(state, lifecycle.SurplusReturned) for state in OrderState)
    assert all(attempt.ATTEMPT_LIFECYCLE.allows(state, attempt.MoneyArrived) for state in AttemptState)


def test_the_document_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert write_docs.main(["--check"]) == 0, capsys.readouterr().out
