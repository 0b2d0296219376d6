-- Codes bought ahead 预缓存: hot goods lie in our vault before anybody asks for them.

CREATE TABLE restock_rules (
    sku_id     integer PRIMARY KEY REFERENCES skus,
    -- With fewer codes for sale than this, it is filled up to the other.
    level_min  integer NOT NULL CHECK (level_min > 0),
    level_max  integer NOT NULL CHECK (level_max <= 10000),
    -- The most it may cost in a day of Asia/Shanghai.
    budget_fen bigint NOT NULL CHECK (budget_fen > 0),
    enabled    boolean NOT NULL DEFAULT true,
    look_at    timestamptz NOT NULL,
    -- What came of the last look: {"verdict": "no_route", "level": 3, "spent_fen": 0, "quantity": 0, "at": "…"}.
    outcome    jsonb NOT NULL DEFAULT '{}',
    CHECK (level_min <= level_max)
);

CREATE INDEX deliveries_for_vault ON deliveries (sku_id, opened_at) WHERE order_id IS NULL;
-- Never two purchases for one sku at a time, whoever looks.
CREATE UNIQUE INDEX deliveries_for_vault_open ON deliveries (sku_id)
    WHERE order_id IS NULL AND state IN ('open', 'stuck');

CREATE INDEX supply_holds_by_end ON supply_holds (until);
