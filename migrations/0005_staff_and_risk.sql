-- Who works here, what they did and saw, and what looks like an attack.

CREATE TABLE staff (
    id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login            text NOT NULL UNIQUE CHECK (login ~ '^[a-z][a-z0-9._-]{1,30}$'),
    role             text NOT NULL CONSTRAINT staff_role CHECK (role IN (
                         'owner', 'operator', 'customer_service', 'finance')),
    password_hash    text NOT NULL,
    totp_sealed      bytea,
    -- NULL until a code of the secret above was shown: a secret nobody could read locks nobody out.
    totp_since       timestamptz,
    -- The last accepted 30-second step: one code opens one session.
    totp_step        bigint NOT NULL DEFAULT 0,
    -- Wrong passwords and codes since the last whole log-in; every fifth one locks, longer each time.
    failures         integer NOT NULL DEFAULT 0,
    locked_until     timestamptz,
    enabled          boolean NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL
);

CREATE TABLE staff_sessions (
    token_index bytea PRIMARY KEY,
    staff_id    integer NOT NULL REFERENCES staff,
    -- False between password and second factor.
    complete    boolean NOT NULL,
    opened_at   timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
);
CREATE INDEX staff_sessions_by_staff ON staff_sessions (staff_id);

CREATE TABLE staff_audit (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id integer,
    login    text NOT NULL,
    -- noun:verb, for example 'order:looked_at', 'sku:priced'.
    action   text NOT NULL,
    subject  text NOT NULL,
    facts    jsonb NOT NULL DEFAULT '{}',
    address  inet,
    at       timestamptz NOT NULL
);
CREATE INDEX staff_audit_by_subject ON staff_audit (subject, id DESC);
CREATE INDEX staff_audit_by_login ON staff_audit (login, id DESC);
CREATE TRIGGER staff_audit_is_append_only BEFORE UPDATE OR DELETE ON staff_audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Counts of failed lookups in fixed windows. Losing them in a crash costs one window, so they are not logged.
CREATE UNLOGGED TABLE guard_budgets (
    subject     text NOT NULL,
    window_from timestamptz NOT NULL,
    failures    integer NOT NULL,
    PRIMARY KEY (subject, window_from)
) WITH (fillfactor = 70);

-- Proofs of work already spent, until they would have expired anyway.
CREATE TABLE spent_proofs (
    digest     bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

CREATE TABLE alarms (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    text NOT NULL,
    subject text NOT NULL,
    facts   jsonb NOT NULL DEFAULT '{}',
    times   integer NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    seen_by integer REFERENCES staff,
    seen_at timestamptz
);
CREATE UNIQUE INDEX alarms_open ON alarms (kind, subject) WHERE seen_at IS NULL;
