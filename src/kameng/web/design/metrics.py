"""What is counted and measured, for Prometheus. Counts are this process's own; a scraper adds processes up."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

STAGE_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600)
REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    def __init__(self) -> None:
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
