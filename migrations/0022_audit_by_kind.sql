-- What was done to orders, to gateways, to goods: the log is read by kind of subject without passing all others.
CREATE INDEX staff_audit_by_kind ON staff_audit (split_part(subject, ':', 1), id DESC);
