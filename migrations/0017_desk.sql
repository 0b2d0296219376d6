-- The desk: an order is found by the last characters of a code, has somebody who sees to it, a day to come back to it,
-- and notes among staff.

-- Keyed hash of a code's last six letters and digits; eight bytes, since what it finds is opened and compared. Empty
-- for cards from before this column until `index_tails` has gone over them.
ALTER TABLE cards ADD COLUMN tail_index bigint;
-- Only what a buyer may have read is looked for.
CREATE INDEX cards_by_tail ON cards (tail_index) WHERE state IN ('sold', 'replaced');
CREATE INDEX cards_without_tail ON cards (id) WHERE tail_index IS NULL;

-- Who sees to an order, and when they want to look at it again. Most orders have no row here.
CREATE TABLE order_handling (
    order_id     bigint PRIMARY KEY REFERENCES orders,
    owner_id     integer REFERENCES staff,
    follow_up_at timestamptz,
    changed_at   timestamptz NOT NULL
);
CREATE INDEX order_handling_by_owner ON order_handling (owner_id, order_id) WHERE owner_id IS NOT NULL;
CREATE INDEX order_handling_to_follow_up ON order_handling (follow_up_at) WHERE follow_up_at IS NOT NULL;

-- Sealed, bound to the order: staff write down what buyers told them.
CREATE TABLE order_notes (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    login    text NOT NULL,
    sealed   bytea NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX order_notes_by_order ON order_notes (order_id, id);
CREATE TRIGGER order_notes_are_append_only BEFORE UPDATE OR DELETE ON order_notes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
