-- We are a supplier too: other shops and programs buy from a balance. The ledger says where every fen of it is.

-- Double entry: every entry's postings sum to zero. The accounts around one merchant are that merchant's own, so that
-- no two merchants ever wait for each other at an account of the shop.
CREATE TABLE ledger_accounts (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- 'balance': what is left to spend; 'paid_in': where top-ups come from; 'spent': where purchases go.
    kind              text NOT NULL CHECK (kind IN ('balance', 'paid_in', 'spent')),
    owner             bigint NOT NULL,
    currency          text NOT NULL DEFAULT 'CNY' CHECK (currency = 'CNY'),
    balance_fen       bigint NOT NULL DEFAULT 0,
    may_go_below_zero boolean NOT NULL,
    UNIQUE (owner, kind, currency),
    CHECK (may_go_below_zero OR balance_fen >= 0)
) WITH (fillfactor = 70);

CREATE TABLE ledger_entries (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CONSTRAINT ledger_entries_kind CHECK (kind IN ('top_up', 'purchase', 'refund')),
    -- What it is for; nothing is entered twice.
    reference  text NOT NULL UNIQUE,
    reason     text,
    actor_kind text NOT NULL CHECK (actor_kind IN ('buyer', 'gateway', 'supplier', 'staff', 'system')),
    actor_id   text,
    at         timestamptz NOT NULL
);

CREATE TABLE ledger_postings (
    entry_id          bigint NOT NULL REFERENCES ledger_entries,
    account_id        bigint NOT NULL REFERENCES ledger_accounts,
    amount_fen        bigint NOT NULL CHECK (amount_fen <> 0),
    balance_after_fen bigint NOT NULL,
    PRIMARY KEY (entry_id, account_id)
);
CREATE INDEX ledger_postings_by_account ON ledger_postings (account_id, entry_id DESC);

CREATE TRIGGER ledger_entries_are_append_only BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER ledger_postings_are_append_only BEFORE UPDATE OR DELETE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM ledger_postings WHERE entry_id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION 'ledger entry % does not sum to zero', NEW.entry_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_sum_to_zero AFTER INSERT ON ledger_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced();

-- A payment from a balance is a payment like any other, under a gateway of our own that nobody is offered.
ALTER TABLE receipts
    DROP CONSTRAINT receipts_heard_from_check,
    ADD CONSTRAINT receipts_heard_from_check CHECK (heard_from IN ('notify', 'poll', 'ledger'));

CREATE TABLE merchants (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code           text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9-]{1,30}$'),
    name           text NOT NULL,
    enabled        boolean NOT NULL DEFAULT true,
    -- E-mail or phone, sealed: also the contact of the orders.
    contact_sealed bytea NOT NULL,
    -- What is paid of the shop's price.
    price_percent  integer NOT NULL DEFAULT 100 CHECK (price_percent BETWEEN 1 AND 200),
    -- Where callbacks may go; empty: to every public host.
    callback_hosts text[] NOT NULL DEFAULT '{}',
    added_at       timestamptz NOT NULL
);

CREATE TABLE merchant_keys (
    -- Ten digits: some of the protocols we serve take nothing else for a name.
    id              text PRIMARY KEY CHECK (id ~ '^[0-9]{10}$'),
    merchant_id     integer NOT NULL REFERENCES merchants,
    -- Two secrets are good while the other side changes over.
    secret_sealed   bytea NOT NULL,
    previous_sealed bytea,
    scopes          text[] NOT NULL,
    -- Networks the key may be used from; empty: from everywhere.
    networks        text[] NOT NULL DEFAULT '{}',
    enabled         boolean NOT NULL DEFAULT true,
    issued_at       timestamptz NOT NULL
);
CREATE INDEX merchant_keys_by_merchant ON merchant_keys (merchant_id);

-- Every signed request is good once. Kept a little longer than its signature is.
CREATE TABLE merchant_nonces (
    key_id text NOT NULL,
    nonce  bytea NOT NULL,
    until  timestamptz NOT NULL,
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX merchant_nonces_by_age ON merchant_nonces (until);

-- The merchant's own number makes one order, for ever.
CREATE TABLE merchant_orders (
    order_id     bigint PRIMARY KEY REFERENCES orders,
    merchant_id  integer NOT NULL REFERENCES merchants,
    key_id       text NOT NULL REFERENCES merchant_keys,
    protocol     text NOT NULL,
    out_order_no text NOT NULL,
    -- Keyed hash of what was asked for: the same number with anything else is a mistake.
    fingerprint  bytea NOT NULL,
    UNIQUE (merchant_id, out_order_no)
);
CREATE INDEX merchant_orders_by_merchant ON merchant_orders (merchant_id, order_id DESC);

-- Who wants to hear of which order: one row an order, due whenever its state has changed.
CREATE TABLE merchant_webhooks (
    order_id   bigint PRIMARY KEY REFERENCES merchant_orders,
    url_sealed bytea NOT NULL,
    -- The state that was told last, and when to tell next.
    told       text,
    tell_at    timestamptz,
    tries      integer NOT NULL DEFAULT 0,
    answer     text,
    gave_up_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX merchant_webhooks_due ON merchant_webhooks (tell_at) WHERE tell_at IS NOT NULL;

-- In the database and not in the journey: nothing is asked of the many orders that nobody wants to hear of, and none
-- that somebody does can be forgotten.
CREATE FUNCTION merchants_are_to_be_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE merchant_webhooks SET tell_at = NEW.changed_at, tries = 0, gave_up_at = NULL WHERE order_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_tell_merchants AFTER UPDATE OF state ON orders FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION merchants_are_to_be_told();
