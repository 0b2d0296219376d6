-- After-sales 售后: a buyer's case about an order, what is said in it, and answers to common questions.

CREATE TABLE cases (
    id                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id          bigint NOT NULL REFERENCES orders,
    kind              text NOT NULL CHECK (kind IN (
                          'codes_invalid', 'not_arrived', 'wrong_account', 'paid_not_shown', 'other')),
    state             text NOT NULL CONSTRAINT cases_state CHECK (state IN (
                          'open', 'answered', 'waiting_for_buyer', 'waiting_for_supplier', 'solved', 'reopened',
                          'closed')),
    -- The order as it stood when the case was opened; see aftersales/facts.py. No code and no contact is in it.
    facts             jsonb NOT NULL,
    opened_at         timestamptz NOT NULL,
    -- What was promised. The second one stands still while we wait for the buyer.
    answer_by         timestamptz NOT NULL,
    first_answered_at timestamptz,
    solve_by          timestamptz NOT NULL,
    paused_at         timestamptz,
    -- The promise that ends next, and whether it has been warned of and broken.
    due_at            timestamptz,
    due_for           text CHECK (due_for IN ('answer', 'solution')),
    warned_at         timestamptz,
    missed_at         timestamptz,
    escalations       integer NOT NULL DEFAULT 0,
    owner_id          integer REFERENCES staff,
    follow_up_at      timestamptz,
    outcome           text CHECK (outcome IN (
                          'answered', 'replaced', 'refunded', 'refunded_part', 'complained', 'withdrawn')),
    -- The number of what the outcome was: a refund, another order, the supplier's complaint.
    reference         text,
    -- The supplier's number of a complaint that was passed on; empty where it gives none.
    complaint         text,
    solved_at         timestamptz,
    reopened          integer NOT NULL DEFAULT 0,
    -- When it closes by itself, unless the buyer says something.
    close_at          timestamptz,
    closed_at         timestamptz,
    -- When time alone changes something next.
    look_at           timestamptz,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((due_at IS NULL) = (due_for IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX cases_one_open ON cases (order_id) WHERE state <> 'closed';
CREATE INDEX cases_by_order ON cases (order_id, id DESC);
CREATE INDEX cases_active ON cases (due_at, id) WHERE state <> 'closed';
CREATE INDEX cases_by_age ON cases (opened_at);
CREATE INDEX cases_to_look_at ON cases (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE case_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id    integer NOT NULL REFERENCES cases,
    event      text NOT NULL,
    to_state   text NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('buyer', 'staff', 'system')),
    actor_id   text,
    facts      jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL
);
CREATE INDEX case_events_by_case ON case_events (case_id, id);
CREATE TRIGGER case_events_are_append_only BEFORE UPDATE OR DELETE ON case_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Words are sealed, bound to their case: buyers write codes, contacts and account numbers into them.
CREATE TABLE case_messages (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id integer NOT NULL REFERENCES cases,
    author  text NOT NULL CHECK (author IN ('buyer', 'staff', 'note')),
    login   text,
    sealed  bytea NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX case_messages_by_case ON case_messages (case_id, id);

-- Made anew by us from what was sent, then sealed.
CREATE TABLE case_pictures (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id    integer NOT NULL REFERENCES cases,
    message_id bigint NOT NULL REFERENCES case_messages,
    width      integer NOT NULL,
    height     integer NOT NULL,
    sealed     bytea NOT NULL
);
CREATE INDEX case_pictures_by_case ON case_pictures (case_id, id);

CREATE TABLE case_macros (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     text NOT NULL UNIQUE,
    words    text NOT NULL,
    position integer NOT NULL DEFAULT 0
);

-- Answers to common questions, in both languages.
CREATE TABLE answers (
    id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug             text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,60}$'),
    question         text NOT NULL,
    answer           text NOT NULL,
    question_english text NOT NULL,
    answer_english   text NOT NULL,
    -- On pages of orders in these states, or to which one of these things has happened; empty: only where it is searched.
    states           text[] NOT NULL DEFAULT '{}',
    events           text[] NOT NULL DEFAULT '{}',
    -- For orders that deliver this; NULL: whatever they deliver.
    delivers         text CHECK (delivers IN ('codes', 'top_up')),
    keywords         text[] NOT NULL DEFAULT '{}',
    position         integer NOT NULL DEFAULT 0,
    shown            boolean NOT NULL DEFAULT true,
    -- Derived from questions and keywords when it is saved.
    search_pinyin    text NOT NULL
);
