-- Batches 批量处理: the same thing done to many orders, each by the verb that a single one uses. The rows are the queue.

CREATE TABLE order_batches (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action       text NOT NULL CONSTRAINT order_batches_action CHECK (action IN ('resubmit', 'refund', 'release')),
    state        text NOT NULL CONSTRAINT order_batches_state CHECK (state IN (
                     'draft', 'waiting', 'agreed_once', 'running', 'stopped', 'done', 'ended', 'declined', 'lapsed')),
    -- Whoever asks: one of staff, or a merchant under a key of its own.
    staff_id     integer REFERENCES staff,
    merchant_id  integer REFERENCES merchants,
    key          text,
    fingerprint  bytea,
    -- How the orders were chosen: {"state": "exception", "product": "qb"} or {"pasted": 120}.
    chosen       jsonb NOT NULL,
    -- Which of the pasted lines are no order numbers, the first of them.
    unread       integer[] NOT NULL DEFAULT '{}',
    -- As in refunds; NULL unless money goes back.
    cause        text,
    -- In words without contacts; NULL until it is confirmed.
    reason       text,
    -- How many different people have to agree, the asker not among them.
    needs        smallint NOT NULL DEFAULT 0 CHECK (needs BETWEEN 0 AND 2),
    -- Why it was stopped by itself.
    stopped_why  text,
    address      inet,
    drawn_at     timestamptz NOT NULL,
    confirmed_at timestamptz,
    ended_at     timestamptz,
    -- When it ends by itself; NULL while it runs and once it has ended.
    lapse_at     timestamptz,
    CHECK ((staff_id IS NULL) <> (merchant_id IS NULL)),
    CHECK ((merchant_id IS NULL) = (key IS NULL) AND (key IS NULL) = (fingerprint IS NULL)),
    CHECK ((ended_at IS NULL) = (state IN ('draft', 'waiting', 'agreed_once', 'running', 'stopped'))),
    CHECK ((lapse_at IS NULL) = (state NOT IN ('draft', 'waiting', 'agreed_once', 'stopped')))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX order_batches_by_key ON order_batches (merchant_id, key) WHERE merchant_id IS NOT NULL;
CREATE INDEX order_batches_running ON order_batches (id) WHERE state = 'running';
CREATE INDEX order_batches_to_lapse ON order_batches (lapse_at) WHERE lapse_at IS NOT NULL;
CREATE INDEX order_batches_of_staff ON order_batches (staff_id, confirmed_at) WHERE staff_id IS NOT NULL;

CREATE TABLE order_batch_items (
    batch_id    bigint NOT NULL REFERENCES order_batches,
    place       integer NOT NULL,
    -- No foreign key: a number that somebody pasted may be that of no order.
    order_id    bigint NOT NULL,
    state       text NOT NULL CONSTRAINT order_batch_items_state CHECK (state IN (
                    'unfit', 'todo', 'done', 'waiting', 'refused', 'changed', 'failed', 'left')),
    -- What the preview saw: the order's state, and the money it is about.
    seen_state  text,
    amount_fen  bigint NOT NULL DEFAULT 0 CHECK (amount_fen >= 0),
    -- Why it does not fit, or what was answered: a stable code.
    why         text,
    -- The resubmission or the refund request it has made.
    result_id   bigint,
    tries       smallint NOT NULL DEFAULT 0,
    -- Nobody takes it up before this; whoever takes it up puts it off.
    try_at      timestamptz,
    at          timestamptz,
    PRIMARY KEY (batch_id, order_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE UNIQUE INDEX order_batch_items_in_order ON order_batch_items (batch_id, place);
CREATE INDEX order_batch_items_by_state ON order_batch_items (batch_id, state, place);

CREATE TABLE order_batch_approvals (
    batch_id bigint NOT NULL REFERENCES order_batches,
    login    text NOT NULL,
    reason   text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (batch_id, login)
);
CREATE TRIGGER order_batch_approvals_are_append_only BEFORE UPDATE OR DELETE ON order_batch_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
