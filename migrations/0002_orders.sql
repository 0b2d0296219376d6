-- The order, and the append-only story of everything that happened to it.

CREATE TABLE orders (
    -- YYMMDDHHMMSS (Asia/Shanghai) and six random digits; see orders/number.py.
    id                bigint PRIMARY KEY CHECK (id BETWEEN 100000000000000000 AND 999999999999999999),
    -- No foreign keys from here to sites and skus: each insert would lock the one row of a hot product.
    site_id           smallint NOT NULL,
    sku_id            integer NOT NULL,
    sku_version_id    integer NOT NULL,
    state             text NOT NULL CONSTRAINT orders_state CHECK (state IN (
                          'awaiting_payment', 'under_review', 'paid', 'delivering', 'delivered', 'completed',
                          'exception', 'resubmitting', 'cancelled', 'refunding', 'refunded')),
    quantity          integer NOT NULL CHECK (quantity > 0),
    unit_price_fen    bigint NOT NULL CHECK (unit_price_fen > 0),
    amount_fen        bigint NOT NULL CHECK (amount_fen = unit_price_fen * quantity),
    contact_kind      text NOT NULL CHECK (contact_kind IN ('phone', 'email')),
    contact_sealed    bytea NOT NULL,
    contact_index     bytea NOT NULL,
    second_factor     bytea NOT NULL,
    client_address    inet,
    terms_accepted_at timestamptz NOT NULL,
    placed_at         timestamptz NOT NULL,
    pay_until         timestamptz NOT NULL,
    changed_at        timestamptz NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX orders_to_expire ON orders (pay_until) WHERE state = 'awaiting_payment';
CREATE INDEX orders_unsettled ON orders (changed_at)
    WHERE state IN ('paid', 'under_review', 'delivering', 'exception', 'resubmitting', 'refunding');
CREATE INDEX orders_by_contact ON orders (contact_index, id DESC);

CREATE TABLE order_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint NOT NULL REFERENCES orders,
    event      text NOT NULL,
    from_state text,
    to_state   text NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('buyer', 'gateway', 'supplier', 'staff', 'system')),
    actor_id   text,
    reason     text,
    facts      jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL
);
CREATE INDEX order_events_by_order ON order_events (order_id, id);

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER order_events_are_append_only BEFORE UPDATE OR DELETE ON order_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- The first answer to an Idempotency-Key is the order it made; the rest of the answer is derived from it.
CREATE TABLE order_requests (
    idempotency_key bytea PRIMARY KEY,
    fingerprint     bytea NOT NULL,
    order_id        bigint NOT NULL REFERENCES orders,
    at              timestamptz NOT NULL
);
CREATE INDEX order_requests_by_age ON order_requests (at);
