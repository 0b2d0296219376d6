"""What follows what: the one table to read first.

An order event may have consequences in its own transaction (`AT_ONCE`: all or nothing with it) and jobs that are left
behind in it (`LATER`: done by a worker, again until done). An event that is not a key of AT_ONCE or LATER ends there.
"""

from kameng.fulfilment.deliver import deliver
from kameng.fulfilment.deliver_from_stock import release_to_stock
from kameng.fulfilment.halt_delivery import halt_delivery, known_first
from kameng.kernel.database import Following
from kameng.orders.lifecycle import (
    AcceptedByStaff,
    CancelledAfterPayment,
    CancelledByBuyer,
    CorrectionAsked,
    CorrectionMissed,
    Delivered,
    DeliveryStuck,
    Expired,
    GoodsChanged,
    HoldExpired,
    PaymentConfirmed,
    ProofGiven,
    RefundPromised,
    RefundRequested,
    SoldOut,
    Undeliverable,
)
from kameng.payment.open_refund import refund_order
from kameng.resubmission.follow import note_result, open_correction

FOLLOWING = Following(
    at_once={
        PaymentConfirmed: (deliver,),  # → ProofAsked or HeldForReview; Delivered, DeliveryStarted or SoldOut
        ProofGiven: (deliver,),  # → Delivered, DeliveryStarted or SoldOut
        AcceptedByStaff: (deliver,),  # → Delivered, DeliveryStarted or SoldOut
        GoodsChanged: (deliver,),  # → Delivered or DeliveryStarted
        SoldOut: (refund_order,),
        Delivered: (note_result,),
        DeliveryStuck: (note_result,),
        Undeliverable: (refund_order, note_result),
        CorrectionAsked: (open_correction,),
        CorrectionMissed: (halt_delivery, release_to_stock, refund_order, note_result),
        CancelledAfterPayment: (halt_delivery, release_to_stock, refund_order),
        RefundRequested: (halt_delivery, release_to_stock, refund_order, note_result),
        RefundPromised: (known_first,),
        HoldExpired: (release_to_stock, refund_order),
        Expired: (release_to_stock,),
        CancelledByBuyer: (release_to_stock,),
    },
    later={},
)
