-- Risk 风控: what was seen of an order, what it weighs, and whom staff let through, watch or keep out.

-- Points when it was placed; 0 for almost everybody. An order that is held back keeps those it was held for.
ALTER TABLE orders ADD COLUMN risk smallint NOT NULL DEFAULT 0;
-- Paid, and then held back for risk: while it is under review, further payments are too much.
ALTER TABLE orders ADD COLUMN held_back boolean NOT NULL DEFAULT false;
-- Few orders wait for proof or a person, and those must not be looked for among all that are under way.
CREATE INDEX orders_under_review ON orders (changed_at) WHERE state = 'under_review';

-- Every verdict that had a reason, with what it was made from. The newest one counts.
CREATE TABLE risk_scores (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id  bigint NOT NULL REFERENCES orders,
    stage     text NOT NULL CONSTRAINT risk_scores_stage CHECK (stage IN ('placed', 'paid', 'proven', 'reminded')),
    points    integer NOT NULL,
    verdict   text NOT NULL CONSTRAINT risk_scores_verdict CHECK (verdict IN ('low', 'middle', 'high')),
    -- [["newcomers_of_network", 12, 50], …]: the rule, what was seen, its points.
    reasons   jsonb NOT NULL,
    signals   jsonb NOT NULL,
    -- {"contact": "<keyed hash, hex>", …}: whom it was about, for counting again and for the lists.
    subjects  jsonb NOT NULL DEFAULT '{}',
    -- By when buyer or staff must have answered; NULL where nobody is waited for.
    decide_by timestamptz,
    at        timestamptz NOT NULL
);
CREATE INDEX risk_scores_by_order ON risk_scores (order_id, id DESC);
CREATE TRIGGER risk_scores_are_append_only BEFORE UPDATE OR DELETE ON risk_scores
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- How many orders come from whoever can be told apart, under keyed hashes: in the present hour and day, and in the ones
-- before. Losing it in a crash costs a day's memory.
CREATE UNLOGGED TABLE risk_velocity (
    subject              bytea PRIMARY KEY,
    kind                 text NOT NULL,
    hour_from            timestamptz NOT NULL,
    orders               integer NOT NULL,
    orders_before        integer NOT NULL DEFAULT 0,
    -- Orders by contacts that had none before.
    newcomers            integer NOT NULL,
    newcomers_before     integer NOT NULL DEFAULT 0,
    fen                  bigint NOT NULL,
    fen_before           bigint NOT NULL DEFAULT 0,
    day_from             timestamptz NOT NULL,
    day_orders           integer NOT NULL,
    day_orders_before    integer NOT NULL DEFAULT 0,
    day_newcomers        integer NOT NULL,
    day_newcomers_before integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE TABLE risk_lists (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list         text NOT NULL CONSTRAINT risk_lists_list CHECK (list IN ('allow', 'block', 'watch')),
    subject_kind text NOT NULL CONSTRAINT risk_lists_subject_kind CHECK (subject_kind IN (
                     'contact', 'account', 'device', 'address', 'network')),
    -- Keyed hash; `label` is what is left of it for people: 138****, 203.0.*.*
    subject      bytea NOT NULL,
    label        text NOT NULL,
    reason       text NOT NULL,
    listed_by    integer REFERENCES staff,
    listed_at    timestamptz NOT NULL,
    until        timestamptz,
    removed_by   integer REFERENCES staff,
    removed_at   timestamptz
);
-- Whoever is put on another list leaves the first.
CREATE UNIQUE INDEX risk_lists_active ON risk_lists (subject) WHERE removed_at IS NULL;

-- What differs from the scorecard's own weights; site 0 is every site.
CREATE TABLE risk_weights (
    site_id   smallint NOT NULL,
    rule      text NOT NULL,
    mark      integer NOT NULL CHECK (mark > 0),
    points    integer NOT NULL CHECK (points BETWEEN -1000 AND 1000),
    times_max integer NOT NULL CHECK (times_max BETWEEN 1 AND 100),
    PRIMARY KEY (site_id, rule)
);

CREATE TABLE risk_thresholds (
    site_id       smallint PRIMARY KEY,
    middle        integer NOT NULL CHECK (middle > 0),
    high          integer NOT NULL CHECK (high >= middle),
    decide_within interval NOT NULL CHECK (decide_within > interval '0')
);

-- What orders of a sku usually come to: the amount that 95 of 100 don't exceed. Learned anew every hour.
CREATE TABLE risk_usual (
    sku_id     integer PRIMARY KEY,
    usual_fen  bigint NOT NULL,
    learned_at timestamptz NOT NULL
);

ALTER TABLE refunds
    DROP CONSTRAINT refunds_cause_check,
    ADD CONSTRAINT refunds_cause_check CHECK (cause IN (
        'sold_out', 'undeliverable', 'paid_twice', 'paid_too_much', 'paid_too_little', 'staff', 'unproven'));
