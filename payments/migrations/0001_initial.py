import django.db.models.deletion
import newsroom.clock
import uuid
from django.conf import settings
from django.db import migrations, models

# Each line names the transaction that wrote it, so that new ones can be read in the order of commits.
IN_ORDER = """
ALTER TABLE payments_ledgerentry ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX payments_ledger_written_in ON payments_ledgerentry (written_in);
"""
# The ledger only grows, receipts are never taken back, and refunds never exceed their payment: the database refuses.
# Whose money it is does not change: the sums of reports follow a book that only grows.
REFUSED = """
CREATE FUNCTION payments_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% only grows: % refused; a mistake is answered by a reversing line', TG_TABLE_NAME, TG_OP; END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION payments_only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION payments_only_grows();

CREATE FUNCTION payments_refunds_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE paid bigint; sent_back bigint;
BEGIN
    SELECT amount_minor INTO paid FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
    SELECT COALESCE(SUM(amount_minor), 0) INTO sent_back FROM payments_refund
        WHERE payment_id = NEW.payment_id AND status NOT IN ('failed', 'canceled');
    IF sent_back > paid THEN
        RAISE EXCEPTION 'refunds of % exceed the payment of %', sent_back, paid USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refunds_fit AFTER INSERT OR UPDATE ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION payments_refunds_fit();

CREATE FUNCTION payments_giver_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'whose money it is does not change' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER giver_stays BEFORE UPDATE OF giver ON payments_donation
    FOR EACH ROW WHEN (OLD.giver IS DISTINCT FROM NEW.giver) EXECUTE FUNCTION payments_giver_stays();
"""
ALLOWED = """
DROP FUNCTION payments_only_grows() CASCADE;
DROP FUNCTION payments_refunds_fit() CASCADE;
DROP FUNCTION payments_giver_stays() CASCADE;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("asks", "0001_initial"),
        ("members", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Donation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "interval",
                    models.CharField(
                        choices=[
                            ("once", "once"),
                            ("monthly", "monthly"),
                            ("yearly", "yearly"),
                            ("several", "every few months"),
                        ],
                        max_length=7,
                    ),
                ),
                ("every_months", models.PositiveSmallIntegerField(default=0)),
                ("amount_minor", models.PositiveIntegerField()),
                ("fee_cover_minor", models.PositiveIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("name", models.CharField(blank=True, max_length=100)),
                (
                    "display",
                    models.CharField(
                        choices=[("anonymous", "anonymous"), ("named", "by name")], default="anonymous", max_length=9
                    ),
                ),
                ("shown_as", models.CharField(blank=True, max_length=100)),
                ("message", models.CharField(blank=True, max_length=500)),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("uk", "Ukrainian")], default="en", max_length=2),
                ),
                ("origin", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="asks.origin")),
                (
                    "patron",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="donations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="donations",
                        to="members.membership",
                    ),
                ),
                (
                    "gift_membership",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="donation",
                        to="members.giftmembership",
                    ),
                ),
                (
                    "giver",
                    models.CharField(
                        choices=[("reader", "a reader"), ("grant", "a grant"), ("institution", "an institution")],
                        default="reader",
                        max_length=11,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "at checkout"),
                            ("confirming", "being confirmed"),
                            ("given", "given"),
                            ("live", "running"),
                            ("ended", "ended"),
                            ("abandoned", "not completed"),
                            ("failed", "payment failed"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("browser", models.CharField(blank=True, max_length=64)),
                ("attempt", models.PositiveSmallIntegerField(default=1)),
                ("checkout_session", models.CharField(blank=True, max_length=100, null=True, unique=True)),
                ("checkout_url", models.TextField(blank=True)),
                ("checkout_expires_at", models.DateTimeField(blank=True, null=True)),
                ("customer", models.CharField(blank=True, db_index=True, max_length=60)),
                ("subscription", models.CharField(blank=True, max_length=60, null=True, unique=True)),
                ("subscription_status", models.CharField(blank=True, max_length=20)),
                ("anchor_at", models.DateTimeField(blank=True, null=True)),
                ("period_end", models.DateTimeField(blank=True, null=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("resumes_at", models.DateTimeField(blank=True, null=True)),
                ("cancels_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_asked_at", models.DateTimeField(blank=True, null=True)),
                ("subscription_ended_at", models.DateTimeField(blank=True, null=True)),
                ("stripe_end_reason", models.CharField(blank=True, max_length=40)),
                ("method", models.CharField(blank=True, max_length=30)),
                ("card_brand", models.CharField(blank=True, max_length=30)),
                ("card_last4", models.CharField(blank=True, max_length=4)),
                ("card_expires_on", models.DateField(blank=True, db_index=True, null=True)),
                ("is_second", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="donation_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="donation_currency_code"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("every_months__gt", 1),
                                ("interval", "several"),
                                models.Q(("every_months", 12), _negated=True),
                            ),
                            models.Q(models.Q(("interval", "several"), _negated=True), ("every_months", 0)),
                            _connector="OR",
                        ),
                        name="donation_several_months_are_counted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("interval", "once"), _negated=True),
                            models.Q(("membership", None), ("subscription", None)),
                            _connector="OR",
                        ),
                        name="donation_once_has_no_subscription",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gift_membership", None), ("interval", "once"), _connector="OR"),
                        name="gift_membership_is_paid_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("giver", "reader"),
                            models.Q(
                                ("checkout_session", None),
                                ("customer", ""),
                                ("gift_membership", None),
                                ("giver__in", ["grant", "institution"]),
                                ("interval", "once"),
                            ),
                            _connector="OR",
                        ),
                        name="only_readers_give_through_stripe",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open"), models.Q(("browser", ""), _negated=True)),
                        fields=("browser",),
                        name="one_open_donation_per_browser",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=60, unique=True)),
                (
                    "donation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invoices", to="payments.donation"
                    ),
                ),
                ("status", models.CharField(max_length=15)),
                ("billing_reason", models.CharField(blank=True, max_length=40)),
                ("amount_due_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("period_start", models.DateTimeField()),
                ("period_end", models.DateTimeField()),
                ("attempt_count", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("payment_intent", models.CharField(blank=True, db_index=True, max_length=60)),
                ("hosted_url", models.TextField(blank=True)),
                ("failure_code", models.CharField(blank=True, max_length=60)),
                ("created_at", models.DateTimeField()),
                ("first_failed_at", models.DateTimeField(blank=True, null=True)),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                (
                    "recovered_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("retry", "a later attempt with the same card"),
                            ("card", "another card"),
                            ("giver", "the giver paid or confirmed it themselves"),
                            ("outside", "settled without a charge"),
                        ],
                        max_length=7,
                    ),
                ),
            ],
            options={
                "ordering": ["period_start", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("recovered_by", ""), ("paid_at__isnull", False), _connector="OR"),
                        name="invoice_recovered_is_paid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="payments.invoice"
                    ),
                ),
                ("stripe_id", models.CharField(max_length=60, unique=True)),
                ("tried_at", models.DateTimeField()),
                ("failure_code", models.CharField(blank=True, max_length=60)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["tried_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "donation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="payments.donation"
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="payments.invoice",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("stripe", "Stripe"), ("offline", "bank transfer or cash")],
                        default="stripe",
                        max_length=7,
                    ),
                ),
                ("payment_intent", models.CharField(blank=True, max_length=60, null=True, unique=True)),
                ("charge", models.CharField(blank=True, max_length=60, null=True, unique=True)),
                ("reference", models.CharField(blank=True, max_length=100, null=True, unique=True)),
                ("amount_minor", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[("confirming", "being confirmed"), ("succeeded", "received"), ("failed", "failed")],
                        max_length=10,
                    ),
                ),
                ("refunded_minor", models.PositiveIntegerField(default=0)),
                ("disputed_minor", models.PositiveIntegerField(default=0)),
                ("returned_at", models.DateTimeField(blank=True, null=True)),
                ("method", models.CharField(blank=True, max_length=30)),
                ("card_brand", models.CharField(blank=True, max_length=30)),
                ("card_last4", models.CharField(blank=True, max_length=4)),
                ("failure_code", models.CharField(blank=True, max_length=60)),
                (
                    "display",
                    models.CharField(
                        blank=True, choices=[("anonymous", "anonymous"), ("named", "by name")], max_length=9
                    ),
                ),
                ("shown_as", models.CharField(blank=True, max_length=100)),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="payment_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("refunded_minor__lte", models.F("amount_minor"))),
                        name="payment_refunds_at_most_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("payment_intent__isnull", False), ("reference__isnull", True), ("source", "stripe")
                            ),
                            models.Q(
                                ("payment_intent__isnull", True), ("reference__isnull", False), ("source", "offline")
                            ),
                            _connector="OR",
                        ),
                        name="payment_names_its_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("display", "named"), models.Q(("shown_as", ""), _negated=True)),
                            models.Q(models.Q(("display", "named"), _negated=True), ("shown_as", "")),
                            _connector="OR",
                        ),
                        name="payment_name_where_it_is_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "succeeded"), _negated=True), ("paid_at__isnull", False), _connector="OR"
                        ),
                        name="payment_received_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=60, unique=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="payments.payment"
                    ),
                ),
                ("amount_minor", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("status", models.CharField(max_length=20)),
                ("failure_reason", models.CharField(blank=True, max_length=60)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="refund_amount_positive")
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=60, unique=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="payments.payment"
                    ),
                ),
                ("amount_minor", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("status", models.CharField(max_length=30)),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("evidence_due_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReceiptCounter",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipt", to="payments.payment"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("language", models.CharField(max_length=2)),
                ("issued_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("year", "number"), name="receipt_number_once"),
                    models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="receipt_numbers_from_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("uploaded_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("content", models.BinaryField(null=True)),
                ("imported_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("imported_at", None), ("content", None), _connector="OR"),
                        name="bank_file_imported_keeps_no_content",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BankMapping",
            fields=[
                ("header_digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("columns", models.JSONField(default=dict)),
                ("encoding", models.CharField(max_length=20)),
                ("day_format", models.CharField(max_length=20)),
                ("decimal_mark", models.CharField(max_length=1)),
                ("currency", models.CharField(blank=True, max_length=3)),
            ],
        ),
        migrations.CreateModel(
            name="BankLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="payments.bankfile"
                    ),
                ),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bank_line", to="payments.payment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.CharField(max_length=64, unique=True)),
                (
                    "patron",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.CharField(max_length=255, unique=True)),
                ("type", models.CharField(max_length=100)),
                ("api_version", models.CharField(blank=True, max_length=40)),
                ("livemode", models.BooleanField()),
                ("object_id", models.CharField(blank=True, max_length=255)),
                ("aggregate", models.CharField(max_length=255)),
                ("body", models.BinaryField()),
                (
                    "source",
                    models.CharField(
                        choices=[("webhook", "Webhook"), ("reconcile", "Reconcile")], default="webhook", max_length=10
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("applied", "Applied"),
                            ("ignored", "Ignored"),
                            ("dead", "Dead"),
                        ],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(db_default=newsroom.clock.Now())),
                ("error", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "pending")), fields=["due_at"], name="inbox_due"),
                    models.Index(
                        condition=models.Q(("state", "pending")), fields=["aggregate"], name="inbox_aggregate"
                    ),
                    models.Index(condition=models.Q(("state", "dead")), fields=["state"], name="inbox_dead"),
                    models.Index(fields=["aggregate"], name="inbox_of_aggregate"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Watermark",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Leaving",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "donation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leavings", to="payments.donation"
                    ),
                ),
                ("wish", models.CharField(max_length=40)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("money", "I cannot afford it at present"),
                            ("reading", "I read less than I used to"),
                            ("coverage", "I miss something in the coverage"),
                            ("elsewhere", "I support you in another way, or somebody else"),
                            ("trouble", "Something about paying or this account did not work"),
                            ("other", "Another reason"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500)),
                ("said_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("donation", "wish"), name="leaving_said_once"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), ("words", ""), _negated=True), name="leaving_says_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=60, unique=True)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("status", models.CharField(max_length=15)),
                ("arrives_on", models.DateField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[("stripe", "Stripe"), ("offline", "bank transfer or cash")],
                        default="stripe",
                        max_length=7,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "payment"),
                            ("fee", "fee"),
                            ("refund", "refund"),
                            ("refund_reversal", "refund returned"),
                            ("dispute", "dispute"),
                            ("dispute_reversal", "dispute returned"),
                            ("dispute_fee", "dispute fee"),
                            ("adjustment", "adjustment"),
                            ("payout", "payout"),
                        ],
                        max_length=16,
                    ),
                ),
                ("balance_transaction", models.CharField(blank=True, max_length=60, null=True)),
                ("reference", models.CharField(blank=True, max_length=100, null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="payments.payment",
                    ),
                ),
                (
                    "payout",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="payments.payout",
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("seen_minor", models.BigIntegerField(blank=True, null=True)),
                ("seen_currency", models.CharField(blank=True, max_length=3)),
                ("rate", models.DecimalField(blank=True, decimal_places=10, max_digits=20, null=True)),
                ("available_at", models.DateTimeField(blank=True, null=True)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name_plural": "ledger entries",
                "indexes": [models.Index(fields=["occurred_at"], name="ledger_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("balance_transaction", "kind"), name="ledger_line_once_per_balance_transaction"
                    ),
                    models.UniqueConstraint(fields=("reference", "kind"), name="ledger_line_once_per_reference"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("balance_transaction__isnull", False),
                                ("reference__isnull", True),
                                ("source", "stripe"),
                            ),
                            models.Q(
                                ("balance_transaction__isnull", True),
                                ("reference__isnull", False),
                                ("source", "offline"),
                            ),
                            _connector="OR",
                        ),
                        name="ledger_line_names_its_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="ledger_amount_not_zero"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["payment", "refund_reversal", "dispute_reversal"]), _negated=True),
                            ("amount_minor__gt", 0),
                            _connector="OR",
                        ),
                        name="ledger_money_in_is_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["refund", "dispute"]), _negated=True),
                            ("amount_minor__lt", 0),
                            _connector="OR",
                        ),
                        name="ledger_money_out_is_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "kind__in",
                                    [
                                        "payment",
                                        "refund",
                                        "refund_reversal",
                                        "dispute",
                                        "dispute_reversal",
                                        "dispute_fee",
                                    ],
                                ),
                                _negated=True,
                            ),
                            ("payment__isnull", False),
                            _connector="OR",
                        ),
                        name="ledger_line_has_its_payment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "payout"), _negated=True), ("payout__isnull", False), _connector="OR"
                        ),
                        name="ledger_payout_has_its_row",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="ledger_currency_code"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Operation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=200, unique=True)),
                ("method", models.CharField(default="post", max_length=6)),
                ("path", models.CharField(max_length=200)),
                ("params", models.JSONField(default=dict)),
                (
                    "donation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="payments.donation",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="payments.payment",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("done", "Done"), ("refused", "Refused")],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(db_default=newsroom.clock.Now())),
                ("result", models.CharField(blank=True, max_length=255)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "pending")), fields=["due_at"], name="operation_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="RefundRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_requests",
                        to="payments.payment",
                    ),
                ),
                ("amount_minor", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("asked_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "operation",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.operation",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="refund_request_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decided_by", models.F("asked_by")), _negated=True),
                        name="refund_request_decided_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("operation", None)),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="refund_request_decided_by_somebody",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("payment",),
                        name="one_open_refund_request_of_a_payment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patron",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("language", models.CharField(choices=[("en", "English"), ("uk", "Ukrainian")], max_length=2)),
                ("giver", models.CharField(blank=True, max_length=254)),
                ("content", models.JSONField()),
                ("issued_at", models.DateTimeField(db_default=newsroom.clock.Now())),
                ("issued_on", models.DateField()),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first_on__lte", models.F("last_on"))), name="statement_days_in_order"
                    )
                ],
            },
        ),
        migrations.RunSQL(IN_ORDER, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSED, ALLOWED),
    ]
