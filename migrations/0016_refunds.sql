-- Refunds by decision: asked for, agreed to, sent. And every fen of guests' money in double entry.

CREATE TABLE refund_requests (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     bigint NOT NULL REFERENCES orders,
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    state        text NOT NULL CONSTRAINT refund_requests_state CHECK (state IN (
                     'waiting', 'agreed_once', 'approved', 'declined', 'overtaken', 'lapsed')),
    -- As in refunds.
    cause        text NOT NULL,
    -- In words without contacts.
    reason       text NOT NULL,
    -- What it is asked for: 'case:17'.
    reference    text,
    asker_kind   text NOT NULL CHECK (asker_kind IN ('buyer', 'gateway', 'supplier', 'staff', 'system')),
    asker_id     text,
    -- How many different people have to agree, the asker not among them.
    needs        smallint NOT NULL CHECK (needs BETWEEN 0 AND 2),
    asked_at     timestamptz NOT NULL,
    -- When it ends by itself; NULL once it has ended.
    lapse_at     timestamptz,
    ended_at     timestamptz,
    ended_by     text,
    ended_reason text,
    CHECK ((ended_at IS NULL) = (state IN ('waiting', 'agreed_once'))),
    CHECK ((lapse_at IS NULL) = (ended_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX refund_requests_by_order ON refund_requests (order_id, id);
CREATE INDEX refund_requests_open ON refund_requests (lapse_at, id) WHERE lapse_at IS NOT NULL;

CREATE TABLE refund_approvals (
    request_id bigint NOT NULL REFERENCES refund_requests,
    login      text NOT NULL,
    reason     text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (request_id, login)
);
CREATE TRIGGER refund_approvals_are_append_only BEFORE UPDATE OR DELETE ON refund_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

ALTER TABLE refunds
    ADD COLUMN request_id bigint REFERENCES refund_requests,
    -- Its order stays where it stands: a part, or all of it after the goods were delivered.
    ADD COLUMN beside boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT refunds_cause_check,
    ADD CONSTRAINT refunds_cause_check CHECK (cause IN (
        'sold_out', 'undeliverable', 'paid_twice', 'paid_too_much', 'paid_too_little', 'staff', 'unproven',
        'cancelled', 'goods_faulty', 'not_arrived', 'wrong_order', 'goodwill'));
CREATE INDEX refunds_by_request ON refunds (request_id) WHERE request_id IS NOT NULL;

-- The shop's own accounts are shared by all buyers: nobody may wait for anybody at one, so they keep no running
-- balance, and a posting takes no lock on its account (which a foreign key would). What is on them is the sum of their
-- postings. 'gateway': where a gateway's money comes from (owner: the gateway); what became of it at an order:
-- 'sales', 'held' (too little, a person decides) and 'surplus' (too much, goes back).
ALTER TABLE ledger_accounts
    DROP CONSTRAINT ledger_accounts_kind_check,
    ADD CONSTRAINT ledger_accounts_kind_check CHECK (kind IN (
        'balance', 'paid_in', 'spent', 'gateway', 'sales', 'held', 'surplus')),
    ADD COLUMN keeps_balance boolean NOT NULL DEFAULT true,
    ADD CHECK (keeps_balance OR balance_fen = 0);

ALTER TABLE ledger_entries
    DROP CONSTRAINT ledger_entries_kind,
    ADD CONSTRAINT ledger_entries_kind CHECK (kind IN ('top_up', 'purchase', 'refund', 'receipt', 'decision'));

-- Which order's money it is on a shared account; 0: that of none in particular.
ALTER TABLE ledger_postings
    ADD COLUMN order_id bigint NOT NULL DEFAULT 0,
    ALTER COLUMN balance_after_fen DROP NOT NULL,
    DROP CONSTRAINT ledger_postings_account_id_fkey,
    DROP CONSTRAINT ledger_postings_pkey,
    ADD PRIMARY KEY (entry_id, account_id, order_id);
CREATE INDEX ledger_postings_by_order ON ledger_postings (order_id) WHERE order_id <> 0;

INSERT INTO ledger_accounts (kind, owner, may_go_below_zero, keeps_balance)
VALUES ('sales', 0, true, false), ('held', 0, true, false), ('surplus', 0, true, false);
INSERT INTO ledger_accounts (kind, owner, may_go_below_zero, keeps_balance)
SELECT 'gateway', id, true, false FROM gateways WHERE protocol <> 'balance';

-- What came in and went back before there were books: as it would have been entered, all of a receipt on the account
-- of its use. Each of these statements enters sums that are zero; asking again for every row would take hours.
ALTER TABLE ledger_postings DISABLE TRIGGER ledger_entries_sum_to_zero;

INSERT INTO ledger_entries (kind, reference, reason, actor_kind, actor_id, at)
SELECT 'receipt', 'receipt:' || r.id, 'opening', 'gateway', g.code, r.received_at
FROM receipts r JOIN gateways g ON g.id = r.gateway_id WHERE r.heard_from <> 'ledger' ORDER BY r.id;

INSERT INTO ledger_postings (entry_id, account_id, order_id, amount_fen)
SELECT e.id, a.id, 0, -r.amount_fen
FROM receipts r JOIN ledger_entries e ON e.reference = 'receipt:' || r.id
JOIN ledger_accounts a ON a.kind = 'gateway' AND a.owner = r.gateway_id;

INSERT INTO ledger_postings (entry_id, account_id, order_id, amount_fen)
SELECT e.id, a.id, p.order_id,
       CASE WHEN r.use <> 'applied' THEN r.amount_fen
            WHEN p.is_first THEN r.amount_fen - p.shares_fen + p.amount_fen ELSE p.amount_fen END
FROM receipts r JOIN ledger_entries e ON e.reference = 'receipt:' || r.id
JOIN (SELECT attempt_id, order_id, amount_fen, sum(amount_fen) OVER (PARTITION BY attempt_id)::bigint AS shares_fen,
             order_id = min(order_id) OVER (PARTITION BY attempt_id) AS is_first
      FROM payment_attempt_orders) p ON p.attempt_id = r.attempt_id AND (p.is_first OR r.use = 'applied')
JOIN ledger_accounts a ON a.owner = 0
    AND a.kind = CASE r.use WHEN 'applied' THEN 'sales' WHEN 'held' THEN 'held' ELSE 'surplus' END;

INSERT INTO ledger_entries (kind, reference, reason, actor_kind, actor_id, at)
SELECT 'refund', 'refund:' || f.id, 'opening', 'gateway', g.code, f.settled_at
FROM refunds f JOIN receipts r ON r.id = f.receipt_id JOIN gateways g ON g.id = r.gateway_id
WHERE f.state = 'done' AND r.heard_from <> 'ledger' ORDER BY f.id;

INSERT INTO ledger_postings (entry_id, account_id, order_id, amount_fen)
SELECT e.id, a.id, CASE a.kind WHEN 'gateway' THEN 0 ELSE f.order_id END,
       CASE a.kind WHEN 'gateway' THEN f.amount_fen ELSE -f.amount_fen END
FROM refunds f JOIN receipts r ON r.id = f.receipt_id JOIN ledger_entries e ON e.reference = 'refund:' || f.id
JOIN ledger_accounts a ON (a.kind, a.owner) = ('gateway', r.gateway_id)
    OR (a.kind, a.owner) = (CASE r.use WHEN 'applied' THEN 'sales' WHEN 'held' THEN 'held' ELSE 'surplus' END, 0)
WHERE f.state = 'done' AND r.heard_from <> 'ledger';

ALTER TABLE ledger_postings ENABLE TRIGGER ledger_entries_sum_to_zero;
