-- The card vault. No code stands here in clear: ciphertext to deliver, HMAC to refuse a second copy.

CREATE TABLE card_batches (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id         integer NOT NULL REFERENCES skus,
    source         text NOT NULL,
    -- The batch's own data key, wrapped by the key-encryption key named here; rotation re-wraps only this.
    key_id         text NOT NULL,
    wrapped_key    bytea NOT NULL,
    state          text NOT NULL CONSTRAINT card_batches_state CHECK (state IN (
                       'waiting', 'importing', 'imported', 'failed')),
    -- Uploaded bytes waiting for the worker, sealed under the batch's key; emptied once imported.
    upload_sealed  bytea,
    upload_kind    text CHECK (upload_kind IN ('txt', 'csv', 'xlsx')),
    lines_total    integer NOT NULL DEFAULT 0,
    lines_read     integer NOT NULL DEFAULT 0,
    imported       integer NOT NULL DEFAULT 0,
    refused        integer NOT NULL DEFAULT 0,
    -- [{"line": 3, "reason": "duplicate"}, ...]: never the code itself. The first thousand.
    refused_lines  jsonb NOT NULL DEFAULT '[]',
    failure        text,
    staff_id       integer,
    created_at     timestamptz NOT NULL,
    finished_at    timestamptz
);
CREATE INDEX card_batches_unfinished ON card_batches (created_at) WHERE state IN ('waiting', 'importing');

CREATE TABLE cards (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id      integer NOT NULL,
    batch_id    integer NOT NULL,
    -- Random. Buyers of one product start at different slots, so neither locks nor dead index entries pile up
    -- at one place.
    slot        integer NOT NULL,
    state       text NOT NULL CONSTRAINT cards_state CHECK (state IN ('available', 'reserved', 'sold', 'withdrawn')),
    order_id    bigint REFERENCES orders,
    code_sealed bytea NOT NULL,
    blind_index bytea NOT NULL UNIQUE,
    expires_on  date,
    CONSTRAINT cards_belong CHECK ((state IN ('reserved', 'sold')) = (order_id IS NOT NULL))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX cards_available ON cards (sku_id, slot) WHERE state = 'available';
CREATE INDEX cards_by_order ON cards (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX cards_by_batch ON cards (batch_id);
