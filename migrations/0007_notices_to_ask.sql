-- A notify that says "paid" is ours to settle once it is acknowledged: it is asked about until its money is recorded.

ALTER TABLE gateway_notices
    ADD trade_no text,
    -- When the poller asks about this trade next; NULL once there is nothing more to ask.
    ADD ask_at   timestamptz,
    ADD asked    integer NOT NULL DEFAULT 0;
CREATE INDEX gateway_notices_to_ask ON gateway_notices (ask_at) WHERE ask_at IS NOT NULL;
