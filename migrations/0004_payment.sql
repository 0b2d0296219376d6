-- Money comes in. A payment and a refund are attempts with rows of their own; rows are added, never erased.

CREATE TABLE gateways (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code          text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9-]{1,30}$'),
    name          text NOT NULL,
    protocol      text NOT NULL,
    methods       text[] NOT NULL,
    -- JSON with addresses and keys, sealed.
    config_sealed bytea NOT NULL,
    enabled       boolean NOT NULL DEFAULT true,
    position      integer NOT NULL DEFAULT 0
);

CREATE TABLE payment_attempts (
    -- Drawn like an order number; the gateway knows it as 'P' and these digits.
    id               bigint PRIMARY KEY,
    gateway_id       integer NOT NULL,
    method           text NOT NULL,
    state            text NOT NULL CONSTRAINT payment_attempts_state CHECK (state IN (
                         'started', 'confirmed', 'refused', 'expired')),
    amount_fen       bigint NOT NULL CHECK (amount_fen > 0),
    -- Where the buyer pays: {"kind": "link" | "code" | "form", ...}
    pay_by           jsonb,
    gateway_trade_no text,
    started_at       timestamptz NOT NULL,
    confirmed_at     timestamptz,
    -- When the poller asks the gateway next; NULL once there is nothing more to ask.
    ask_at           timestamptz,
    asked            integer NOT NULL DEFAULT 0
) WITH (fillfactor = 85);
CREATE INDEX payment_attempts_to_ask ON payment_attempts (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX payment_attempts_by_trade_no ON payment_attempts (gateway_trade_no) WHERE gateway_trade_no IS NOT NULL;

CREATE TABLE payment_attempt_orders (
    attempt_id bigint NOT NULL REFERENCES payment_attempts,
    order_id   bigint NOT NULL REFERENCES orders,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (attempt_id, order_id)
);
CREATE INDEX payment_attempt_orders_by_order ON payment_attempt_orders (order_id);

-- Every sum that reached us, once, whatever the state of the order it was meant for.
CREATE TABLE receipts (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id       bigint NOT NULL REFERENCES payment_attempts,
    gateway_id       integer NOT NULL,
    gateway_trade_no text NOT NULL,
    amount_fen       bigint NOT NULL CHECK (amount_fen > 0),
    -- 'applied': pays its orders; 'surplus': more than was owed; 'held': too little, a person decides.
    use              text NOT NULL CHECK (use IN ('applied', 'surplus', 'held')),
    heard_from       text NOT NULL CHECK (heard_from IN ('notify', 'poll')),
    received_at      timestamptz NOT NULL,
    UNIQUE (gateway_id, gateway_trade_no)
);
CREATE INDEX receipts_by_attempt ON receipts (attempt_id);
CREATE INDEX receipts_held ON receipts (received_at) WHERE use = 'held';

CREATE TABLE refunds (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_id   bigint NOT NULL REFERENCES receipts,
    order_id     bigint NOT NULL REFERENCES orders,
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    state        text NOT NULL CONSTRAINT refunds_state CHECK (state IN (
                     'intended', 'calling', 'done', 'refused', 'in_doubt')),
    cause        text NOT NULL CHECK (cause IN ('sold_out', 'paid_twice', 'paid_too_much', 'paid_too_little', 'staff')),
    -- The gateway's own words, for the person who has to look.
    answer       text,
    tries        integer NOT NULL DEFAULT 0,
    try_at       timestamptz,
    requested_at timestamptz NOT NULL,
    settled_at   timestamptz
);
CREATE INDEX refunds_due ON refunds (try_at) WHERE try_at IS NOT NULL;
CREATE INDEX refunds_by_receipt ON refunds (receipt_id);
CREATE INDEX refunds_by_order ON refunds (order_id);

-- Notifies as they came, under a key that makes a repeat visible; written before anything acts on them.
CREATE TABLE gateway_notices (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_id  integer NOT NULL,
    digest      bytea NOT NULL,
    attempt_id  bigint,
    genuine     boolean NOT NULL,
    fields      jsonb NOT NULL,
    times       integer NOT NULL DEFAULT 1,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    UNIQUE (gateway_id, digest)
);
CREATE INDEX gateway_notices_by_attempt ON gateway_notices (attempt_id) WHERE attempt_id IS NOT NULL;
