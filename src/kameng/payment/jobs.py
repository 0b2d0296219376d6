"""Jobs of this step. A refund that can't be sent ends as an alarm and an order in `exception`, for a person."""

from kameng.kernel.jobs import Job

SEND_REFUND = Job("send_refund")
