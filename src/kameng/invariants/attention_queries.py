"""What must never be found on live data about what stands too long; as in `order_queries`."""

from kameng.attention.bounds import BOUNDS, Thing

_SLACK = "interval '1 hour'"

_VALUES = ", ".join(
    f"('{at.thing}', '{at.state}', '{at.event}', interval '{(bound.at_most or bound.bound).total_seconds()} s')"
    for at, bound in BOUNDS.items()
)
# What an operator has set counts, by the longest time that it allows.
_BOUNDS = f"""(
    SELECT v.thing, v.state, v.event, coalesce(t.at_most, t.bound, v.bound) AS bound
    FROM (VALUES {_VALUES}) AS v (thing, state, event, bound)
    LEFT JOIN state_bounds t ON (t.thing, t.state, t.event) = (v.thing, v.state, v.event))"""  # noqa: S608 - constants
_STATES = ", ".join(f"'{place.state}'" for place in BOUNDS if place.thing is Thing.ORDER)

# Told by the latest moment at which its clock may have begun, so that nobody is called forgotten who is not.
STOOD_UNSEEN = f"""
SELECT 'order ' || o.id FROM orders o
CROSS JOIN LATERAL (
    SELECT e.event, CASE WHEN o.state = 'awaiting_payment' THEN o.pay_until
                         WHEN e.event = 'proof_asked' THEN (e.facts ->> 'decide_by')::timestamptz ELSE e.at END AS since
    FROM order_events e
    WHERE e.order_id = o.id AND (e.from_state IS DISTINCT FROM e.to_state
        OR e.event IN ('held_for_review', 'proof_asked', 'correction_asked'))
    ORDER BY e.id DESC LIMIT 1) visit
CROSS JOIN LATERAL (
    SELECT b.bound FROM {_BOUNDS} b WHERE b.thing = 'order' AND b.state = o.state AND b.event IN ('', visit.event)
    ORDER BY b.event DESC LIMIT 1) b
WHERE o.state IN ({_STATES}) AND visit.since < $1::timestamptz - b.bound - {_SLACK}
  AND NOT EXISTS (SELECT FROM stuck s WHERE s.order_id = o.id AND s.ended_at IS NULL)
LIMIT 5
"""  # noqa: S608 - constants

# Nobody stays on the list of what is stuck after it has moved, and a promise that has passed is somebody's alarm.
STUCK_ASTRAY = f"""
SELECT 'order ' || s.order_id FROM stuck s JOIN orders o ON o.id = s.order_id
WHERE s.ended_at IS NULL AND (
    s.thing = 'order' AND s.state <> o.state AND o.changed_at < $1::timestamptz - {_SLACK}
    OR s.promise_at < $1 - {_SLACK} AND NOT EXISTS (
        SELECT FROM alarms a WHERE a.kind = 'order_stuck' AND a.subject = 'order:' || s.order_id))
LIMIT 5
"""  # noqa: S608 - constants
