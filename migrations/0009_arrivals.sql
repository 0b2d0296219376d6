-- How long deliveries take, learned from those that were made; and the watch over suppliers.

-- One curve a kind of delivery, down to the most special that enough is known of. 0, '' and -1 stand for all.
CREATE TABLE arrival_curves (
    product_id  integer  NOT NULL,
    supplier_id integer  NOT NULL,
    operator    text     NOT NULL,
    -- The hour of the day in Asia/Shanghai at which it was asked for.
    hour        smallint NOT NULL CHECK (hour BETWEEN -1 AND 23),
    -- How many deliveries stand behind it, old ones counted less.
    seen        double precision NOT NULL,
    median_s    double precision NOT NULL,
    p95_s       double precision NOT NULL,
    -- Of the deliveries that arrive, the share that has by the end of each span of time, see fulfilment/arrival.py.
    arrived     real[] NOT NULL,
    learned_at  timestamptz NOT NULL,
    PRIMARY KEY (product_id, supplier_id, operator, hour)
);

-- What the public may know of a day (Asia/Shanghai): how long orders of a product that suppliers filled took.
CREATE TABLE arrival_days (
    day        date    NOT NULL,
    product_id integer NOT NULL,
    delivered  integer NOT NULL,
    median_s   double precision NOT NULL,
    p95_s      double precision NOT NULL,
    PRIMARY KEY (day, product_id)
);

-- How far those have come who read the attempts as they happen; the row's lock keeps it to one at a time.
CREATE TABLE lookouts (
    name    text PRIMARY KEY,
    reached timestamptz NOT NULL
);

-- The radar's evidence for each stream of attempts ('' is all), as in fulfilment/radar.py.
CREATE TABLE radar_streams (
    supplier_id   integer NOT NULL,
    operator      text    NOT NULL,
    province      text    NOT NULL,
    sign          text    NOT NULL CHECK (sign IN ('outcome', 'answer', 'timely')),
    score         double precision NOT NULL,
    bad           double precision NOT NULL,
    total         double precision NOT NULL,
    pending_bad   double precision NOT NULL,
    pending_total double precision NOT NULL,
    streak        integer NOT NULL,
    PRIMARY KEY (supplier_id, operator, province, sign)
);

-- Attempts the radar has seen leave and not yet seen the end of.
CREATE TABLE radar_watched (
    attempt_id bigint PRIMARY KEY,
    -- When it is late: called, and its own 95th percentile later.
    due_at     timestamptz NOT NULL,
    answered   boolean NOT NULL DEFAULT false,
    timed      boolean NOT NULL DEFAULT false
);

ALTER TABLE troubles
    ADD probes_through integer NOT NULL DEFAULT 0,
    ADD probes_failed  integer NOT NULL DEFAULT 0,
    ADD closed_by      text;

CREATE INDEX delivery_attempts_running ON delivery_attempts (called_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_closed ON deliveries (closed_at) WHERE closed_at IS NOT NULL;
