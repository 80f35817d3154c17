"""Figures of a process for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)

REQUESTS = Histogram(
    "surety_request_seconds", "Requests by operation and status.", ["operation", "status"], buckets=SECONDS
)
OUTBOX_ROWS = Gauge("surety_outbox_rows", "Journal entries that the broker has not confirmed yet.")
OUTBOX_SECONDS = Gauge("surety_outbox_oldest_seconds", "Age of the oldest journal entry that waits for the broker.")
PUBLISHED = Counter("surety_events_published_total", "Events confirmed by the broker.")
RELAY_FAILURES = Counter("surety_relay_failures_total", "Times that the outbox could not be published.")
UNPUBLISHABLE = Counter("surety_events_unpublishable_total", "Events that no stream can take; they stay in the outbox.")
HANDLED = Counter("surety_events_handled_total", "Events acted upon.", ["producer"])
EFFECT_SECONDS = Histogram("surety_effect_seconds", "From an event to its effect here.", ["producer"], buckets=SECONDS)
REACTION_FAILURES = Counter("surety_reaction_failures_total", "Failed reactions to an event.", ["producer"])
DEAD_LETTERS = Counter("surety_dead_letters_total", "Deliveries given up, kept as dead letters.", ["producer"])
DEAD_LETTERS_KEPT = Gauge("surety_dead_letters_waiting", "Dead letters that nobody has dealt with.")
PENDING = Gauge("surety_events_pending", "Events of a producer that are not dealt with here yet.", ["producer"])
BROKER_ERRORS = Counter("surety_broker_errors_total", "Errors that the broker reported.", ["kind"])
TIMERS_FIRED = Counter("surety_timers_fired_total", "Steps of clocks taken.", ["clock"])
TIMER_FAILURES = Counter(
    "surety_timer_failures_total", "Steps of clocks that failed and will be tried again.", ["clock"]
)
TIMER_SECONDS = Gauge("surety_timers_overdue_seconds", "How long the step of a clock that is most overdue has waited.")
DEADLINES_MISSED = Counter("surety_deadlines_missed_total", "Limits that were over before what they limit.", ["clock"])
CALENDAR_DAYS = Gauge(
    "surety_calendar_official_days", "Days until the official calendar ends that ends first of all providers'."
)
CALENDAR_DAYS.set(float("nan"))  # not known yet, which is another thing than today
WATCHED_AT = Gauge("surety_watched_at_seconds", "When the figures of the database were read, as a UNIX time.")
WATCHED_AT.set(float("nan"))  # a process without a worker reads none
MESSAGES_SENT = Counter("surety_messages_sent_total", "Messages that the mail server took.", ["kind"])
MESSAGE_FAULTS = Counter("surety_message_faults_total", "Tries at which the mail server took no message.", ["fault"])
DEGRADED = Gauge("surety_degraded", "Parts that are at fault without stopping the service.")
MISSING_EVENTS = Counter("surety_events_missing_total", "Events that a comparison found missing.", ["producer"])
REPLAYED_EVENTS = Counter("surety_events_replayed_total", "Missing events that were sent out again.", ["producer"])
RECONCILED_AT = Gauge("surety_reconciled_at_seconds", "When events were last compared, as a UNIX time.", ["producer"])
RECONCILIATION_FAILURES = Counter(
    "surety_reconciliation_failures_total", "Comparisons that did not come to their end.", ["producer"]
)
REBUILT = Counter("surety_events_rebuilt_total", "Events put out again because the stream began empty.")
