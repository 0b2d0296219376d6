-- Attention: what stands too long in one state, whose it is, and by when its buyer hears more.

CREATE TABLE stuck (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What stands still: the order itself, or something that is done about it, and its own number.
    thing       text NOT NULL CONSTRAINT stuck_thing CHECK (thing IN (
                    'order', 'resubmission', 'refund', 'refund_request', 'case')),
    thing_id    bigint NOT NULL,
    order_id    bigint NOT NULL REFERENCES orders,
    state       text NOT NULL,
    -- Which stay in that state: the event that began it, or the promise that was broken.
    visit       bigint NOT NULL,
    since       timestamptz NOT NULL,
    found_at    timestamptz NOT NULL,
    -- Whose queue it stands in.
    role        text NOT NULL,
    -- Since when a person has been on it.
    taken_at    timestamptz,
    -- By when it has moved on, or its buyer hears more.
    promise_at  timestamptz NOT NULL,
    escalations integer NOT NULL DEFAULT 0,
    ended_at    timestamptz,
    UNIQUE (thing, thing_id, state, visit)
) WITH (fillfactor = 80);
-- Of one order there is one at a time, whatever else about it stands still too.
CREATE UNIQUE INDEX stuck_one_open ON stuck (order_id) WHERE ended_at IS NULL;
CREATE INDEX stuck_open ON stuck (promise_at) WHERE ended_at IS NULL;

-- What an operator has set otherwise than attention/bounds.py has it.
CREATE TABLE state_bounds (
    thing    text NOT NULL,
    state    text NOT NULL,
    event    text NOT NULL,
    bound    interval NOT NULL CHECK (bound > interval '0'),
    at_most  interval CHECK (at_most >= bound),
    set_at   timestamptz NOT NULL,
    PRIMARY KEY (thing, state, event)
);

-- Who is at work on what of a queue that has no column of its own for it.
CREATE TABLE claims (
    queue        text NOT NULL CONSTRAINT claims_queue CHECK (queue IN (
                     'stuck', 'review', 'refunds', 'resubmissions')),
    item         bigint NOT NULL,
    owner_id     integer REFERENCES staff,
    changed_at   timestamptz NOT NULL,
    follow_up_at timestamptz,
    PRIMARY KEY (queue, item)
);

CREATE INDEX refunds_open ON refunds (requested_at) WHERE state <> 'done';
CREATE INDEX resubmissions_with_staff ON resubmissions (applied_at) WHERE state = 'with_staff';
