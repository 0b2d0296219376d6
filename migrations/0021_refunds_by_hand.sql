-- Money that went back to its buyer by another way than the gateway that took it: its books don't know of it.
ALTER TABLE refunds ADD COLUMN by_hand boolean NOT NULL DEFAULT false;
