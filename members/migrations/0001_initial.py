import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import members.models.patron
import newsroom.clock
import uuid
from django.conf import settings
from django.db import migrations, models

# Each change names the transaction that wrote it, so that new ones can be read in the order of commits. The history of
# memberships only grows: the database refuses everything but INSERT.
HISTORY = """
ALTER TABLE members_membershipchange ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX members_change_written_in ON members_membershipchange (written_in);

CREATE FUNCTION members_history_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the history of memberships only grows: % refused', TG_OP; END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON members_membershipchange
    FOR EACH STATEMENT EXECUTE FUNCTION members_history_only_grows();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("newsroom", "0001_initial"),  # the clock's function
    ]

    operations = [
        migrations.CreateModel(
            name="MailedCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("sign_in", "signing in"),
                            ("proof", "proving oneself again"),
                            ("address", "a new address"),
                            ("gift", "claiming a gift membership"),
                        ],
                        max_length=10,
                    ),
                ),
                ("subject_hash", models.CharField(max_length=64)),
                ("browser_hash", models.CharField(max_length=64)),
                ("code_hash", models.CharField(max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("made_at", models.DateTimeField(db_default=newsroom.clock.Now(), db_index=True)),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("purpose", "subject_hash"), name="newest_code_of_a_subject")
                ],
            },
        ),
        migrations.CreateModel(
            name="Patron",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("uk", "Ukrainian")],
                        default="en",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "declined_letters",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                (
                    "wants_neutral_letters",
                    models.BooleanField(db_default=False, default=False, verbose_name="neutral letters"),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("editor", "editor"),
                            ("finance", "finance"),
                            ("support", "support"),
                            ("admin", "admin"),
                        ],
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="may sign in")),
                (
                    "session_nonce",
                    models.CharField(default=members.models.patron._nonce, editable=False, max_length=32),
                ),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("erased_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="patron_address_once"),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="patron_address_in_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("erased_at", None),
                            models.Q(("email__endswith", ".invalid"), ("is_active", False), ("name", ""), ("role", "")),
                            _connector="OR",
                        ),
                        name="patron_erased_says_nothing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patron",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="address_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("before", models.EmailField(max_length=254)),
                ("after", models.EmailField(max_length=254)),
                ("asked_at", models.DateTimeField(db_default=newsroom.clock.Now())),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                ("undo_hash", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at", None)),
                        fields=("patron",),
                        name="one_pending_address_change_of_a_patron",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undo_hash", ""), _negated=True),
                        fields=("undo_hash",),
                        name="address_change_undone_by_one_token",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("before", models.F("after")), _negated=True), name="address_change_changes"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("after", django.db.models.functions.text.Lower("after"))),
                        name="new_address_in_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at", None), ("undo_hash", "")),
                            models.Q(("confirmed_at__isnull", False), models.Q(("undo_hash", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="address_change_confirmed_can_be_undone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("undone_at", None), ("confirmed_at__isnull", False), _connector="OR"),
                        name="address_change_undone_was_confirmed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patron",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("purpose", models.CharField(choices=[("name", "name on the supporters' page")], max_length=10)),
                ("text", models.TextField()),
                ("version", models.CharField(max_length=12)),
                ("language", models.CharField(choices=[("en", "English"), ("uk", "Ukrainian")], max_length=2)),
                ("given_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("patron", "purpose"),
                        name="one_standing_consent_for_a_purpose",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Tier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(unique=True)),
                ("name_en", models.CharField(max_length=60)),
                ("name_uk", models.CharField(max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name="TierThreshold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="thresholds", to="members.tier"
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("monthly_minor", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tier", "currency"), name="tier_threshold_once_per_currency"),
                    models.UniqueConstraint(fields=("currency", "monthly_minor"), name="tier_threshold_not_shared"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patron",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("recurring", "recurring payments"),
                            ("gift", "gift membership"),
                            ("grant", "granted by the newsroom"),
                        ],
                        default="recurring",
                        max_length=10,
                    ),
                ),
                ("amount_minor", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("interval_months", models.PositiveSmallIntegerField()),
                ("monthly_minor", models.PositiveIntegerField()),
                ("first_paid_at", models.DateTimeField(null=True)),
                ("paid_through", models.DateField()),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("resumes_at", models.DateTimeField(blank=True, null=True)),
                ("leaves_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cancelled", "ended by choice"),
                            ("lapsed", "ended by unpaid time"),
                            ("disputed", "ended by a dispute"),
                            ("expired", "its time is over"),
                        ],
                        max_length=10,
                    ),
                ),
                ("forfeited_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["paid_through"],
                        name="membership_live_through",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True), ("source", "recurring")),
                        fields=("patron",),
                        name="one_live_recurring_membership",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_reason", ""), ("ended_at__isnull", True)),
                            models.Q(("ended_at__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="membership_end_has_its_reason",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True), ("source", "grant")),
                        fields=("patron",),
                        name="one_live_granted_membership",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", "grant"), _negated=True),
                            models.Q(("amount_minor", 0), ("first_paid_at", None), ("monthly_minor", 0)),
                            _connector="OR",
                        ),
                        name="granted_membership_brings_nothing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", "recurring"), _negated=True),
                            models.Q(("amount_minor__gt", 0), ("interval_months__gt", 0)),
                            _connector="OR",
                        ),
                        name="recurring_membership_has_amount_and_interval",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MembershipChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="members.membership"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("joined", "joined"),
                            ("renewed", "renewed"),
                            ("changed", "amount or interval changed"),
                            ("failed", "payment failed"),
                            ("recovered", "payment recovered"),
                            ("paused", "paused"),
                            ("resumed", "resumed"),
                            ("leaving", "will end"),
                            ("staying", "will not end after all"),
                            ("forfeited", "payment taken back"),
                            ("restored", "payment given back"),
                            ("ended", "ended"),
                            ("returned", "returned"),
                        ],
                        max_length=10,
                    ),
                ),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="GiftMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "buyer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gifts_bought",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("giver_name", models.CharField(blank=True, max_length=100)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("recipient_name", models.CharField(blank=True, max_length=100)),
                ("recipient_email", models.EmailField(blank=True, max_length=254)),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("uk", "Ukrainian")], default="en", max_length=2),
                ),
                (
                    "months",
                    models.PositiveSmallIntegerField(choices=[(3, "3 months"), (6, "6 months"), (12, "12 months")]),
                ),
                ("monthly_minor", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("deliver_on", models.DateField()),
                ("claim_through", models.DateField()),
                ("link_number", models.PositiveSmallIntegerField(default=1)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("lapsed_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("began_on", models.DateField(blank=True, null=True)),
                (
                    "membership",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gift_membership",
                        to="members.membership",
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("claimed_at", None), ("delivered_at", None), ("paid_at__isnull", False)),
                        fields=["deliver_on"],
                        name="gift_membership_to_deliver",
                    ),
                    models.Index(
                        condition=models.Q(("claimed_at", None), ("lapsed_at", None)),
                        fields=["claim_through"],
                        name="gift_membership_unclaimed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("months__in", [3, 6, 12])), name="gift_membership_months"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$"), ("monthly_minor__gt", 0)),
                        name="gift_membership_price",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paid_at", None), models.Q(("buyer", None), _negated=True), _connector="OR"
                        ),
                        name="gift_membership_paid_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("claimed_at", None), ("delivered_at", None), ("withdrawn_at", None)),
                            models.Q(("paid_at", None), _negated=True),
                            _connector="OR",
                        ),
                        name="gift_membership_paid_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("began_on", None), ("claimed_at", None), ("membership", None)),
                            models.Q(
                                ("began_on__isnull", False),
                                ("claimed_at__isnull", False),
                                ("lapsed_at", None),
                                ("membership__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="gift_membership_claimed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lapsed_at", None),
                            models.Q(("message", ""), ("recipient_email", ""), ("recipient_name", "")),
                            _connector="OR",
                        ),
                        name="gift_membership_lapsed_names_nobody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("claimed_at", None), ("recipient_email", ""), _connector="OR"),
                        name="gift_membership_claimed_keeps_no_address",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("claim_through__gt", models.F("deliver_on"))),
                        name="gift_membership_time_to_claim",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GrantedMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "membership",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="granted", to="members.membership"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("complimentary", "complimentary"), ("solidarity", "solidarity")], max_length=13
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("granted_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="granted_membership_has_its_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["complimentary", "solidarity"])),
                        name="granted_membership_is_of_a_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "patron",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_hash", models.CharField(max_length=64, unique=True)),
                ("address_hash", models.CharField(db_index=True, max_length=64)),
                (
                    "patron",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tombstones",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("erased_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(HISTORY, "DROP FUNCTION members_history_only_grows() CASCADE;"),
    ]
