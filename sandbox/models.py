"""What the sandbox remembers: whole Stripe objects as JSON, and the machinery around them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.expressions import Func, Value
from django.db.models.fields.json import JSONField


def fee_rates() -> dict[str, list[float | int]]:
    """Stripe's fee per settlement currency: [share of the amount, fixed minor units]."""
    return {
        "eur": [0.029, 30],
        "usd": [0.029, 30],
        "gbp": [0.029, 20],
        "pln": [0.029, 100],
        "jpy": [0.036, 0],
    }


def exchange_rates() -> dict[str, float]:
    """What one major unit of a currency is worth in euro."""
    return {
        "eur": 1.0,
        "usd": 0.92,
        "gbp": 1.17,
        "pln": 0.23,
        "uah": 0.022,
        "jpy": 0.0061,
        "chf": 1.05,
        "czk": 0.04,
    }


def settlement_currencies() -> list[str]:
    """Currencies that are paid out as they are; every other is converted to the default one."""
    return ["eur", "usd", "gbp"]


def retry_days() -> list[int]:
    """Days after the first failed attempt on which an invoice is tried again."""
    return [3, 5, 7]


class ClockNow(Func):
    """The clock's Unix second, in SQL. `newsroom_now()` belongs to the newsroom and is reached by its name only."""

    # A subselect is computed once a statement; the bare volatile call would be made for every row and use no index.
    template = "(SELECT floor(extract(epoch FROM newsroom_now()))::bigint)"
    output_field = models.BigIntegerField()


class Thing(models.Model):
    """One Stripe object. `body` is the object itself, references kept as ids."""

    id = models.TextField(primary_key=True)
    kind = models.TextField()
    created = models.BigIntegerField()
    seq = models.BigIntegerField(db_default=Func(Value("sandbox_seq"), function="nextval"), editable=False)
    body = JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "-created", "-seq"], name="sandbox_thing_newest"),
            GinIndex(
                fields=["body"],
                name="sandbox_thing_body",
                opclasses=["jsonb_path_ops"],
                condition=~models.Q(kind="event"),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class IdempotentCall(models.Model):
    """The remembered answer to a POST that carried an Idempotency-Key."""

    key = models.TextField(primary_key=True)
    fingerprint = models.TextField(help_text="Digest of the method, path and parameters.")
    status = models.IntegerField()
    answer = JSONField()
    request_id = models.TextField()
    created = models.BigIntegerField()

    def __str__(self) -> str:
        return self.key


class Timer(models.Model):
    """Something that will happen by itself. A failed one stays, with its error, until someone retries it."""

    due = models.BigIntegerField()
    name = models.TextField()
    kwargs = JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due", "id"],
                name="sandbox_timer_due",
                condition=models.Q(error=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.due}"


class Endpoint(models.Model):
    """The secret of a webhook endpoint, and what it listens to. The object itself is a Thing with the same id."""

    id = models.TextField(primary_key=True)
    url = models.TextField()
    secret = models.TextField()
    enabled_events = JSONField(default=list)

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event on its way to one endpoint."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DROPPED = "dropped"
        FAILED = "failed"

    event = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.TextField(choices=State.choices, default=State.PENDING)
    due = models.BigIntegerField()
    place = models.BigIntegerField(
        default=0,
        help_text="How many places later than its turn; chaos shuffles with it.",
    )
    attempts = models.IntegerField(default=0)
    last_status = models.IntegerField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["due"],
                name="sandbox_delivery_due",
                condition=models.Q(state="pending"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class Config(models.Model):
    """The one row of settings that a real account has in its dashboard, and the switches for trouble."""

    class Outcome(models.TextChoices):
        CANCEL = "cancel"
        UNPAID = "unpaid"
        PAST_DUE = "past_due"
        PAUSE = "pause"

    name = models.TextField(default="Sandbox newsroom", help_text="The account's name, as givers read it.")
    country = models.TextField(default="DE")
    default_currency = models.TextField(default="eur")
    settlement_currencies = JSONField(default=settlement_currencies)
    fees = JSONField(default=fee_rates)
    dispute_fee = models.IntegerField(default=1500)
    rates = JSONField(default=exchange_rates)
    retry_days = JSONField(default=retry_days)
    final_outcome = models.TextField(choices=Outcome.choices, default=Outcome.CANCEL)
    upcoming_days = models.IntegerField(default=7, help_text="How long before a renewal it is announced.")
    automatic_payouts = models.BooleanField(default=False)
    base_url = models.TextField(blank=True, help_text="The address under which the sandbox was last called.")
    seed = models.IntegerField(default=1)
    duplicate = models.FloatField(default=0.0)
    shuffle = models.FloatField(default=0.0)
    delay = models.FloatField(default=0.0)
    delay_seconds = models.IntegerField(default=60)
    drop = models.FloatField(default=0.0)
    lose_answer = models.FloatField(default=0.0, help_text="A call does its work and is answered with 500.")
    too_many = models.FloatField(default=0.0, help_text="A call is refused with 429 before it does anything.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="sandbox_config_one_row")]

    def __str__(self) -> str:
        return "the sandbox's configuration"

    @classmethod
    def current(cls) -> "Config":
        """The row, which the migration has made."""
        return cls.objects.get(pk=1)
