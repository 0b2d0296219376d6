-- What becomes of a case: the refund or the replacement that staff began for it, or the resubmission that was left to
-- staff, is followed to its end.

CREATE TABLE case_remedies (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id         integer NOT NULL REFERENCES cases,
    request_id      bigint REFERENCES refund_requests,
    resubmission_id bigint REFERENCES resubmissions,
    -- How far it was when we looked last.
    stage           text NOT NULL CONSTRAINT case_remedies_stage CHECK (stage IN (
                        'waiting', 'agreed_once', 'sending', 'stuck', 'applied', 'asked', 'under_way', 'with_staff',
                        'done', 'declined', 'lapsed', 'failed')),
    began_at        timestamptz NOT NULL,
    ended_at        timestamptz,
    CHECK (num_nonnulls(request_id, resubmission_id) = 1),
    CHECK ((ended_at IS NOT NULL) = (stage IN ('done', 'declined', 'lapsed', 'failed')))
);
CREATE INDEX case_remedies_by_case ON case_remedies (case_id, id);
CREATE UNIQUE INDEX case_remedies_by_request ON case_remedies (request_id) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX case_remedies_by_resubmission ON case_remedies (resubmission_id) WHERE resubmission_id IS NOT NULL;
CREATE INDEX case_remedies_open ON case_remedies (id) WHERE ended_at IS NULL;

-- What suppliers said up to here of the case's order has been told in the case.
ALTER TABLE cases ADD COLUMN supplier_heard_at timestamptz;

-- Those that wait for a person, who finds them in after-sales.
CREATE INDEX resubmissions_left_to_staff ON resubmissions (id) WHERE state = 'with_staff';

-- How long after something went wrong its buyer may resubmit; NULL: as the shop's setting says.
ALTER TABLE products ADD COLUMN resubmit_within_hours integer
    CONSTRAINT products_resubmit_within_hours CHECK (resubmit_within_hours BETWEEN 1 AND 8760);

-- Another face value of the same product, before anything was sent.
ALTER TABLE resubmissions
    DROP CONSTRAINT resubmissions_kind,
    ADD CONSTRAINT resubmissions_kind CHECK (kind IN (
        'paid_not_seen', 'pay_again', 'buy_again', 'deliver_again', 'correct_account', 'replace_code',
        'change_goods')),
    -- What a change is to, where staff have to make it.
    ADD COLUMN wanted_sku_id integer REFERENCES skus;

ALTER TABLE risk_scores
    DROP CONSTRAINT risk_scores_stage,
    ADD CONSTRAINT risk_scores_stage CHECK (stage IN ('placed', 'paid', 'proven', 'reminded', 'resubmitted'));

-- The difference to what a buyer took instead.
ALTER TABLE refunds
    DROP CONSTRAINT refunds_cause_check,
    ADD CONSTRAINT refunds_cause_check CHECK (cause IN (
        'sold_out', 'undeliverable', 'paid_twice', 'paid_too_much', 'paid_too_little', 'staff', 'unproven',
        'cancelled', 'goods_faulty', 'not_arrived', 'wrong_order', 'goodwill', 'cheaper'));
