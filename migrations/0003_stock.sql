-- The card vault. No code stands here in clear: ciphertext to deliver, HMAC to refuse a second copy.

CREATE TABLE card_batches (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id          integer NOT NULL REFERENCES skus,
    source          text NOT NULL,
    -- The batch's own data key, wrapped by the key-encryption key named here; rotation re-wraps only this.
    key_id          text NOT NULL,
    wrapped_key     bytea NOT NULL,
    state           text NOT NULL CONSTRAINT card_batches_state CHECK (state IN (
                        'waiting', 'importing', 'imported', 'failed')),
    -- Keyed hash of the file, so that an import that was cut short is found again and goes on.
    content_index   bytea NOT NULL,
    -- Uploaded bytes waiting for the worker, sealed under the batch's key; emptied once imported.
    upload_sealed   bytea,
    upload_kind     text NOT NULL CHECK (upload_kind IN ('txt', 'csv', 'xlsx')),
    lines_total     integer NOT NULL DEFAULT 0,
    -- Every line up to here is in `imported` or `refused` (or blank). Written with the cards of those lines in one
    -- transaction, so whoever goes on after a crash starts at the next line.
    lines_read      integer NOT NULL DEFAULT 0,
    imported        integer NOT NULL DEFAULT 0,
    refused         integer NOT NULL DEFAULT 0,
    -- {"already_stored": 12, ...}: how many lines were refused for which reason.
    refused_reasons jsonb NOT NULL DEFAULT '{}',
    -- [{"line": 3, "reason": "already_stored"}, ...]: never the code itself. The first thousand.
    refused_lines   jsonb NOT NULL DEFAULT '[]',
    failure         text,
    staff_id        integer,
    created_at      timestamptz NOT NULL,
    finished_at     timestamptz
);
-- Ciphertext does not compress.
ALTER TABLE card_batches ALTER upload_sealed SET STORAGE EXTERNAL;
CREATE INDEX card_batches_unfinished ON card_batches (created_at) WHERE state IN ('waiting', 'importing');
CREATE INDEX card_batches_by_sku ON card_batches (sku_id, id DESC);

CREATE TABLE cards (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id      integer NOT NULL,
    batch_id    integer NOT NULL,
    -- Random. Buyers of one product start at different slots, so neither locks nor dead index entries pile up
    -- at one place.
    slot        integer NOT NULL CHECK (slot >= 0),
    state       text NOT NULL CONSTRAINT cards_state CHECK (state IN ('available', 'reserved', 'sold', 'withdrawn')),
    order_id    bigint REFERENCES orders,
    -- Bound to sku, batch and blind index: under any other row it can't be opened.
    code_sealed bytea NOT NULL,
    blind_index bytea NOT NULL UNIQUE,
    expires_on  date,
    CONSTRAINT cards_belong CHECK ((state IN ('reserved', 'sold')) = (order_id IS NOT NULL))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX cards_available ON cards (sku_id, slot) WHERE state = 'available';
CREATE INDEX cards_by_order ON cards (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX cards_expiring ON cards (expires_on) WHERE state = 'available' AND expires_on IS NOT NULL;
-- Block ranges, not a tree: batches lie together on disk, few questions are asked by batch, and every sale would
-- otherwise write one more index entry twice.
CREATE INDEX cards_by_batch ON cards USING brin (batch_id) WITH (pages_per_range = 32, autosummarize = on);
