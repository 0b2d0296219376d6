-- Goods that are not in our vault: who sells them to us, by which route, what was asked of whom, and what came of it.

ALTER TABLE products
    -- What the buyer has to tell so that it can be delivered: [{"name": "account", "kind": "phone", ...}, ...].
    ADD form     jsonb NOT NULL DEFAULT '[]',
    ADD delivers text NOT NULL DEFAULT 'codes' CHECK (delivers IN ('codes', 'top_up'));

ALTER TABLE sku_versions
    ADD delivers text NOT NULL DEFAULT 'codes' CHECK (delivers IN ('codes', 'top_up'));

ALTER TABLE skus
    ADD filled_by text NOT NULL DEFAULT 'stock' CHECK (filled_by IN ('stock', 'supplier')),
    -- What one piece is worth; a top-up is measured in it, so that half of one can be completed.
    ADD face_fen  bigint CHECK (face_fen > 0),
    ADD choose_by text NOT NULL DEFAULT 'priority' CHECK (choose_by IN ('priority', 'cheapest', 'fastest'));

-- What is topped up. Ciphertext bound to the order; the index finds orders of one account.
CREATE TABLE order_accounts (
    order_id      bigint PRIMARY KEY REFERENCES orders,
    sealed        bytea NOT NULL,
    account_index bytea NOT NULL,
    operator      text,
    province      text
);
CREATE INDEX order_accounts_by_index ON order_accounts (account_index, order_id DESC);

CREATE TABLE suppliers (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code            text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9-]{1,30}$'),
    name            text NOT NULL,
    protocol        text NOT NULL,
    -- JSON with addresses and keys, sealed.
    config_sealed   bytea NOT NULL,
    enabled         boolean NOT NULL DEFAULT true,
    position        integer NOT NULL DEFAULT 0,
    -- Calls in flight at a time; more wait in line without keeping other suppliers' waiting.
    calls_at_once   integer NOT NULL DEFAULT 50 CHECK (calls_at_once BETWEEN 1 AND 1000),
    balance_fen     bigint,
    balance_at      timestamptz,
    balance_low_fen bigint NOT NULL DEFAULT 0,
    sync_at         timestamptz,
    synced_at       timestamptz,
    sync_failures   integer NOT NULL DEFAULT 0,
    -- {"goods": 120, "gone": 3, "unusable": [{"number": "8", "why": "negative price"}], "error": "…"} of the last time.
    sync_report     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX suppliers_to_sync ON suppliers (sync_at) WHERE sync_at IS NOT NULL;

CREATE TABLE supplier_goods (
    supplier_id  integer NOT NULL REFERENCES suppliers,
    number       text NOT NULL,
    name         text NOT NULL,
    category     text NOT NULL DEFAULT '',
    kind         text NOT NULL CHECK (kind IN ('code', 'top_up')),
    price_fen    bigint NOT NULL CHECK (price_fen >= 0),
    -- NULL: doesn't run out, or isn't told.
    stock        integer CHECK (stock >= 0),
    on_sale      boolean NOT NULL,
    face_fen     bigint,
    quantity_min integer NOT NULL DEFAULT 1,
    quantity_max integer,
    asks         jsonb NOT NULL DEFAULT '[]',
    first_seen_at timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    PRIMARY KEY (supplier_id, number)
);

CREATE TABLE routes (
    id                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id            integer NOT NULL REFERENCES skus,
    supplier_id       integer NOT NULL REFERENCES suppliers,
    goods             text NOT NULL,
    -- What one piece of the supplier's goods is worth, where the sku is measured in face value.
    face_fen          bigint CHECK (face_fen > 0),
    -- Lower is tried first; among equals chance decides by weight, and weight 0 is only for when nothing else is left.
    priority          integer NOT NULL DEFAULT 0,
    weight            integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1000),
    -- The most one piece may cost; NULL: what the sku sells for.
    cost_max_fen      bigint CHECK (cost_max_fen > 0),
    -- How many more times this supplier may be asked for one order after a known failure.
    again             integer NOT NULL DEFAULT 0 CHECK (again BETWEEN 0 AND 5),
    -- Minutes of the day in Asia/Shanghai between which it is used; from > to goes over midnight.
    open_from         smallint CHECK (open_from BETWEEN 0 AND 1439),
    open_to           smallint CHECK (open_to BETWEEN 0 AND 1440),
    -- Only for these operators; empty: for all.
    operators         text[] NOT NULL DEFAULT '{}',
    -- Our form's field names under the supplier's names: {"server": "lblName1"}.
    field_names       jsonb NOT NULL DEFAULT '{}',
    -- The supplier's price when the route was made, and how far it may drift before the route stops.
    agreed_price_fen  bigint NOT NULL CHECK (agreed_price_fen >= 0),
    drift_max_percent integer NOT NULL DEFAULT 10 CHECK (drift_max_percent BETWEEN 0 AND 1000),
    enabled           boolean NOT NULL DEFAULT true,
    stopped_because   text,
    UNIQUE (sku_id, supplier_id, goods),
    CHECK ((open_from IS NULL) = (open_to IS NULL))
);
CREATE INDEX routes_by_goods ON routes (supplier_id, goods);

-- Trouble with a supplier, for an operator or a province ('' is all): routed around until a probe comes through.
CREATE TABLE troubles (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id    integer NOT NULL REFERENCES suppliers,
    operator       text NOT NULL DEFAULT '',
    province       text NOT NULL DEFAULT '',
    kind           text NOT NULL CHECK (kind IN ('failing', 'slow', 'silent')),
    opened_at      timestamptz NOT NULL,
    expected_until timestamptz NOT NULL,
    -- When the next order may be sent to see whether it is over.
    probe_at       timestamptz NOT NULL,
    closed_at      timestamptz,
    evidence       jsonb NOT NULL DEFAULT '{}',
    opened_by      text NOT NULL DEFAULT 'radar'
);
CREATE UNIQUE INDEX troubles_open ON troubles (supplier_id, operator, province) WHERE closed_at IS NULL;
CREATE INDEX troubles_by_age ON troubles (opened_at);

-- Pieces promised to orders that nobody has asked the supplier for yet, where the supplier has few.
CREATE TABLE supply_holds (
    order_id bigint PRIMARY KEY REFERENCES orders,
    sku_id   integer NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    until    timestamptz NOT NULL
);
CREATE INDEX supply_holds_by_sku ON supply_holds (sku_id);

-- What suppliers owe an order, or (order_id NULL) our own vault: counted in pieces, or in fen of face value.
CREATE TABLE deliveries (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id  bigint UNIQUE REFERENCES orders,
    sku_id    integer NOT NULL,
    owed      bigint NOT NULL CHECK (owed > 0),
    delivered bigint NOT NULL DEFAULT 0 CHECK (delivered >= 0),
    state     text NOT NULL CONSTRAINT deliveries_state CHECK (state IN ('open', 'done', 'given_up', 'stuck')),
    -- When to look for a route next; NULL while attempts are on their way, and at the end.
    route_at  timestamptz,
    -- How long to wait for a route that is closed only for now.
    patience_until timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX deliveries_to_route ON deliveries (route_at) WHERE route_at IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (opened_at) WHERE state IN ('open', 'stuck');

CREATE TABLE delivery_attempts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id  bigint NOT NULL REFERENCES deliveries,
    order_id     bigint REFERENCES orders,
    n            integer NOT NULL CHECK (n > 0),
    sku_id       integer NOT NULL,
    route_id     integer NOT NULL,
    supplier_id  integer NOT NULL,
    goods        text NOT NULL,
    -- What the supplier knows it by: the order's printed number and n.
    number       text NOT NULL,
    quantity     integer NOT NULL CHECK (quantity > 0),
    face_fen     bigint,
    -- In the delivery's measure.
    asked_for    bigint NOT NULL CHECK (asked_for > 0),
    delivered    bigint NOT NULL DEFAULT 0 CHECK (delivered BETWEEN 0 AND asked_for),
    state        text NOT NULL CONSTRAINT delivery_attempts_state CHECK (state IN (
                     'calling', 'placed', 'in_doubt', 'delivered', 'partly', 'failed', 'refused')),
    -- Why this route: {"because": "priority", "passed_over": [{"route": 3, "why": "sold out"}]}.
    chosen       jsonb NOT NULL DEFAULT '{}',
    cost_max_fen bigint NOT NULL CHECK (cost_max_fen >= 0),
    cost_fen     bigint CHECK (cost_fen >= 0),
    refund_fen   bigint CHECK (refund_fen >= 0),
    supplier_no  text,
    receipt      text NOT NULL DEFAULT '',
    reason       text,
    -- The supplier's own words, the last ones.
    words        text NOT NULL DEFAULT '',
    operator     text,
    province     text,
    called_at    timestamptz NOT NULL,
    placed_at    timestamptz,
    doubted_at   timestamptz,
    settled_at   timestamptz,
    -- When to ask next; while calling, when the caller is taken for dead. NULL: nothing more to ask.
    ask_at       timestamptz,
    asks         integer NOT NULL DEFAULT 0,
    -- The person who looks into it once asking has not helped.
    owner_id     integer REFERENCES staff,
    UNIQUE (delivery_id, n),
    UNIQUE (supplier_id, number),
    CHECK ((state IN ('delivered', 'partly', 'failed', 'refused')) = (settled_at IS NOT NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX delivery_attempts_to_ask ON delivery_attempts (supplier_id, ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX delivery_attempts_in_doubt ON delivery_attempts (doubted_at) WHERE state = 'in_doubt';
CREATE INDEX delivery_attempts_by_order ON delivery_attempts (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX delivery_attempts_by_supplier_no ON delivery_attempts (supplier_id, supplier_no)
    WHERE supplier_no IS NOT NULL;
CREATE INDEX delivery_attempts_settled ON delivery_attempts (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX delivery_attempts_called ON delivery_attempts (called_at);

-- Everything a supplier said about an attempt, in its own words, without codes and contacts.
CREATE TABLE attempt_answers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id bigint NOT NULL REFERENCES delivery_attempts,
    asked_by   text NOT NULL CHECK (asked_by IN ('place', 'query', 'callback', 'cancel', 'complaint', 'staff')),
    said       text NOT NULL,
    words      text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL
);
CREATE INDEX attempt_answers_by_attempt ON attempt_answers (attempt_id, id);
CREATE TRIGGER attempt_answers_are_append_only BEFORE UPDATE OR DELETE ON attempt_answers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Callbacks as they came, sealed (they may hold codes), under a key that makes a repeat visible.
CREATE TABLE supplier_notices (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id integer NOT NULL REFERENCES suppliers,
    digest      bytea NOT NULL,
    attempt_id  bigint,
    genuine     boolean NOT NULL,
    sealed      bytea NOT NULL,
    times       integer NOT NULL DEFAULT 1,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    UNIQUE (supplier_id, digest)
);
CREATE INDEX supplier_notices_by_attempt ON supplier_notices (attempt_id) WHERE attempt_id IS NOT NULL;

-- Codes a supplier delivered enter the vault like any others: a batch an attempt, with what it cost.
ALTER TABLE card_batches
    DROP CONSTRAINT card_batches_upload_kind_check,
    ADD CONSTRAINT card_batches_upload_kind_check CHECK (upload_kind IN ('txt', 'csv', 'xlsx', 'supplier')),
    ADD cost_fen bigint CHECK (cost_fen >= 0);

ALTER TABLE refunds
    DROP CONSTRAINT refunds_cause_check,
    ADD CONSTRAINT refunds_cause_check CHECK (cause IN (
        'sold_out', 'undeliverable', 'paid_twice', 'paid_too_much', 'paid_too_little', 'staff'));
