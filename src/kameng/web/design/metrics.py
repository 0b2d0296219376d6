"""What is counted and measured, for Prometheus. Counts are this process's own; a scraper adds processes up."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from kameng.tracking.figures import Figures, Happening

STAGE_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600)
REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """`seen_up_to` is the number of the last order event that was counted; None before the first scrape."""

    def __init__(self) -> None:
        self.seen_up_to: int | None = None
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "kameng_http_requests", "Answers by surface and status", ["surface", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "kameng_http_request_seconds", "Time to the first byte", ["surface"],
            buckets=REQUEST_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.orders_placed = Counter(
            "kameng_orders_placed", "Orders placed through this process", registry=self.registry
        )
        self.lookups = Counter("kameng_lookups", "Lookups by outcome", ["outcome"], registry=self.registry)
        self.notifies = Counter("kameng_gateway_notifies", "Notifies by gateway and outcome", ["gateway", "outcome"],
                                registry=self.registry)  # fmt: skip
        self.order_events = Counter(
            "kameng_order_events", "Order events seen in the database since start, by every process alike", ["event"],
            registry=self.registry,
        )  # fmt: skip
        self.stage_seconds = Histogram(
            "kameng_order_stage_seconds", "Time per stage of an order, seen by every process alike", ["stage"],
            buckets=STAGE_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.listeners = Gauge("kameng_live_listeners", "Open live connections", registry=self.registry)
        self.paid_not_delivered = Gauge(
            "kameng_orders_paid_not_delivered", "Orders that are paid and neither delivered nor sent back",
            registry=self.registry,
        )  # fmt: skip

    def take_in(self, seen: Figures) -> None:
        """Count what happened since the last scrape; the first one only says where to begin."""
        if self.seen_up_to is not None:
            for happening in seen.happenings:
                self._count(happening)
        self.seen_up_to = max([happening.id for happening in seen.happenings], default=self.seen_up_to or 0)
        self.paid_not_delivered.set(seen.owed)

    def _count(self, happening: Happening) -> None:
        self.order_events.labels(happening.event).inc()
        if happening.event == "payment_confirmed":
            self.stage_seconds.labels("pay").observe(happening.since_placed_s)
        if happening.event == "delivered" and happening.since_paid_s is not None:
            self.stage_seconds.labels("deliver").observe(happening.since_paid_s)
