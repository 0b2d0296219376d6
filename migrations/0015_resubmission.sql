-- Resubmission 补交: an order that went wrong is put right on its own terms, once, and everybody sees how far it is.

CREATE TABLE resubmissions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     bigint NOT NULL REFERENCES orders,
    kind         text NOT NULL CONSTRAINT resubmissions_kind CHECK (kind IN (
                     'paid_not_seen', 'pay_again', 'buy_again', 'deliver_again', 'correct_account', 'replace_code')),
    state        text NOT NULL CONSTRAINT resubmissions_state CHECK (state IN (
                     'applied', 'waiting', 'asked', 'under_way', 'with_staff', 'done', 'declined', 'failed')),
    actor_kind   text NOT NULL CHECK (actor_kind IN ('buyer', 'gateway', 'supplier', 'staff', 'system')),
    actor_id     text,
    -- Why it was asked for, in words without contacts.
    reason       text NOT NULL DEFAULT '',
    -- What the rules said of it: ["not_paid"], ["too_many_tries"], …
    verdict      text CONSTRAINT resubmissions_verdict CHECK (verdict IN ('passed', 'declined', 'left_to_staff')),
    why          text[] NOT NULL DEFAULT '{}',
    -- The order that took this one's place.
    new_order_id bigint REFERENCES orders,
    -- A gateway's number as the buyer typed it: a hint for staff and no proof of anything.
    hint_sealed  bytea,
    looks        integer NOT NULL DEFAULT 0,
    applied_at   timestamptz NOT NULL,
    verified_at  timestamptz,
    acted_at     timestamptz,
    synced_at    timestamptz,
    ended_at     timestamptz,
    -- When time alone changes something next.
    look_at      timestamptz
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX resubmissions_one_open ON resubmissions (order_id)
    WHERE state IN ('applied', 'waiting', 'asked', 'under_way', 'with_staff');
CREATE INDEX resubmissions_by_order ON resubmissions (order_id, id DESC);
CREATE UNIQUE INDEX resubmissions_by_new_order ON resubmissions (new_order_id) WHERE new_order_id IS NOT NULL;
CREATE INDEX resubmissions_to_look_at ON resubmissions (look_at) WHERE look_at IS NOT NULL;

-- What a buyer changed in what an order tops up; both sealed as the order's own account is.
CREATE TABLE account_changes (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id        bigint NOT NULL REFERENCES orders,
    resubmission_id bigint NOT NULL REFERENCES resubmissions,
    fields          text[] NOT NULL,
    before_sealed   bytea NOT NULL,
    after_sealed    bytea NOT NULL,
    address         inet,
    at              timestamptz NOT NULL
);
CREATE INDEX account_changes_by_order ON account_changes (order_id, id);
CREATE TRIGGER account_changes_are_append_only BEFORE UPDATE OR DELETE ON account_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- A card that was handed over and did not work stays with its order and is never sold again.
ALTER TABLE cards
    DROP CONSTRAINT cards_state,
    DROP CONSTRAINT cards_belong,
    ADD CONSTRAINT cards_state CHECK (state IN ('available', 'reserved', 'sold', 'withdrawn', 'replaced')),
    ADD CONSTRAINT cards_belong CHECK ((state IN ('reserved', 'sold', 'replaced')) = (order_id IS NOT NULL));

ALTER TABLE refunds
    DROP CONSTRAINT refunds_cause_check,
    ADD CONSTRAINT refunds_cause_check CHECK (cause IN (
        'sold_out', 'undeliverable', 'paid_twice', 'paid_too_much', 'paid_too_little', 'staff', 'unproven',
        'cancelled'));

-- Delivered orders wait a week for the buyer's word; then they confirm themselves.
CREATE INDEX orders_to_confirm ON orders (changed_at) WHERE state = 'delivered';
