import django.core.validators
import django.db.models.deletion
import newsroom.clock
import uuid
from django.conf import settings
from django.db import migrations, models

# What the database refuses: changing a round that was opened, casting into one that is not, changing what was sealed.
REFUSED = """
CREATE FUNCTION voting_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_ballot
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_result
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_bundle
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_roundlog
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_topicchange
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER never_shrinks BEFORE DELETE OR TRUNCATE ON voting_rollentry
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON voting_openballot
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON voting_round
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON voting_roundtopic
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();

-- The roll and the ballots are written while their round is open, the sealed ones in the transaction that closes it.
CREATE FUNCTION voting_round_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written JOIN voting_round ON voting_round.id = written.round_id
               WHERE voting_round.opened_at IS NULL OR voting_round.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the round is not open: % of % refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER added_while_open AFTER INSERT ON voting_rollentry REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION voting_round_is_open();
CREATE TRIGGER changed_while_open AFTER UPDATE ON voting_rollentry REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION voting_round_is_open();
CREATE TRIGGER added_while_open AFTER INSERT ON voting_openballot REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION voting_round_is_open();
CREATE TRIGGER changed_while_open AFTER UPDATE ON voting_openballot REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION voting_round_is_open();
CREATE TRIGGER removed_while_open AFTER DELETE ON voting_openballot REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION voting_round_is_open();
CREATE TRIGGER sealed_while_open AFTER INSERT ON voting_ballot REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION voting_round_is_open();

-- Who may vote stays who may vote, and who has voted has voted.
CREATE FUNCTION voting_roll_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.round_id, OLD.patron_id, OLD.reason, OLD.weight)
       IS DISTINCT FROM (NEW.id, NEW.round_id, NEW.patron_id, NEW.reason, NEW.weight)
       OR (OLD.has_cast AND NOT NEW.has_cast) OR (OLD.void_reason <> '' AND NEW.void_reason <> OLD.void_reason) THEN
        RAISE EXCEPTION 'a roll entry is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON voting_rollentry FOR EACH ROW EXECUTE FUNCTION voting_roll_entry_stays();

-- An opened round keeps its rules. It may be extended while open, closed, counted and archived, each once.
CREATE FUNCTION voting_round_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['closes_at', 'reminds_at', 'closed_at', 'counted_at', 'archived_at', 'nonce', 'failure',
        'recount_reason'];
BEGIN
    IF OLD.opened_at IS NULL THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(OLD) - moving IS DISTINCT FROM to_jsonb(NEW) - moving
       OR NEW.closes_at < OLD.closes_at
       OR (OLD.closed_at IS NOT NULL AND (OLD.closes_at, OLD.reminds_at, OLD.closed_at, OLD.nonce)
           IS DISTINCT FROM (NEW.closes_at, NEW.reminds_at, NEW.closed_at, NEW.nonce))
       OR (OLD.closed_at IS NULL AND NEW.closed_at IS NULL AND OLD.nonce <> NEW.nonce)
       OR (OLD.counted_at IS NOT NULL AND OLD.counted_at IS DISTINCT FROM NEW.counted_at)
       OR (OLD.archived_at IS NOT NULL AND OLD.archived_at IS DISTINCT FROM NEW.archived_at) THEN
        RAISE EXCEPTION 'an opened round keeps its rules: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON voting_round FOR EACH ROW EXECUTE FUNCTION voting_round_stays();

-- So do its topics: while it is open, one may be withdrawn, once.
CREATE FUNCTION voting_round_topic_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_round voting_round;
    moving text[] := ARRAY['withdrawn_at', 'withdrawn_reason'];
BEGIN
    SELECT * INTO its_round FROM voting_round
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.round_id ELSE NEW.round_id END;
    IF its_round.opened_at IS NOT NULL AND NOT (
        TG_OP = 'UPDATE' AND its_round.closed_at IS NULL AND to_jsonb(OLD) - moving = to_jsonb(NEW) - moving
        AND OLD.withdrawn_at IS NULL
    ) THEN
        RAISE EXCEPTION 'an opened round keeps its topics: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NOT (SELECT is_for_ballots FROM voting_topic WHERE id = NEW.topic_id) THEN
        RAISE EXCEPTION 'this topic is not for a ballot' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE INSERT OR UPDATE OR DELETE ON voting_roundtopic
    FOR EACH ROW EXECUTE FUNCTION voting_round_topic_stays();
"""
ALLOWED = """
DROP FUNCTION voting_only_grows() CASCADE;
DROP FUNCTION voting_round_is_open() CASCADE;
DROP FUNCTION voting_roll_entry_stays() CASCADE;
DROP FUNCTION voting_round_stays() CASCADE;
DROP FUNCTION voting_round_topic_stays() CASCADE;
"""
# How the columns and rows are kept.
KEPT = """
-- A zip cannot be made smaller, and what is stored as it is can be read in parts.
ALTER TABLE voting_bundle ALTER COLUMN data SET STORAGE EXTERNAL;

-- Dead ballots and keys are swept away within a minute. Of few rows PostgreSQL would keep the dead ones for as long as
-- it likes, and with them what the close destroyed.
ALTER TABLE voting_openballot SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE voting_round SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE voting_rollentry SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);

-- ANALYZE would copy what it samples into the planner's statistics, where no close reaches it.
ALTER TABLE voting_openballot ALTER key SET STATISTICS 0, ALTER line SET STATISTICS 0;
ALTER TABLE voting_round ALTER nonce SET STATISTICS 0, ALTER seed SET STATISTICS 0;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("stories", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("title_en", models.CharField(blank=True, max_length=120, verbose_name="title (English)")),
                ("title_uk", models.CharField(blank=True, max_length=120, verbose_name="title (Ukrainian)")),
                ("pitch_en", models.CharField(blank=True, max_length=300, verbose_name="in two lines (English)")),
                ("pitch_uk", models.CharField(blank=True, max_length=300, verbose_name="in two lines (Ukrainian)")),
                (
                    "plan_en",
                    models.TextField(blank=True, max_length=1000, verbose_name="what the newsroom would do (English)"),
                ),
                (
                    "plan_uk",
                    models.TextField(
                        blank=True, max_length=1000, verbose_name="what the newsroom would do (Ukrainian)"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "accepted"),
                            ("shortlisted", "shortlisted"),
                            ("on_ballot", "on the ballot"),
                            ("chosen", "chosen"),
                            ("not_chosen", "not chosen"),
                            ("assigned", "assigned"),
                            ("in_reporting", "in reporting"),
                            ("published", "published"),
                            ("merged", "merged"),
                            ("declined", "declined"),
                            ("dropped", "dropped"),
                            ("expired", "expired"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("is_for_ballots", models.BooleanField(default=True, verbose_name="may stand on a ballot")),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="voting.topic",
                    ),
                ),
                (
                    "story",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="topics",
                        to="stories.story",
                    ),
                ),
                ("times_not_chosen", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("slug__regex", "^[a-z0-9][a-z0-9_-]{0,39}$"), models.Q(("slug", "none"), _negated=True)
                        ),
                        name="topic_slug_for_ballots",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title_en", ""), _negated=True),
                            models.Q(("title_uk", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="topic_has_a_title",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("merged_into__isnull", False), ("state", "merged")),
                            models.Q(models.Q(("state", "merged"), _negated=True), ("merged_into", None)),
                            _connector="OR",
                        ),
                        name="topic_merged_into_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True), ("story__isnull", False), _connector="OR"
                        ),
                        name="topic_published_as_a_story",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("title_en", models.CharField(blank=True, max_length=120, verbose_name="title (English)")),
                ("title_uk", models.CharField(blank=True, max_length=120, verbose_name="title (Ukrainian)")),
                ("intro_en", models.TextField(blank=True, max_length=1000, verbose_name="introduction (English)")),
                ("intro_uk", models.TextField(blank=True, max_length=1000, verbose_name="introduction (Ukrainian)")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("approval", "simple majority of approvals"),
                            ("equal_shares", "balanced (equal shares)"),
                            ("schulze", "ranked, one winner (Schulze)"),
                            ("irv", "ranked, one winner (instant runoff)"),
                            ("stv", "ranked, several winners (single transferable vote)"),
                            ("points", "points"),
                        ],
                        default="approval",
                        max_length=12,
                        verbose_name="counted by",
                    ),
                ),
                (
                    "ballot",
                    models.CharField(
                        choices=[
                            ("approval", "choose several"),
                            ("ranking", "rank"),
                            ("points", "give points"),
                            ("quadratic", "give points, each further one costs more"),
                        ],
                        default="approval",
                        max_length=10,
                        verbose_name="ballot",
                    ),
                ),
                (
                    "slots",
                    models.PositiveSmallIntegerField(
                        blank=True, default=1, null=True, verbose_name="how many are chosen"
                    ),
                ),
                (
                    "budget",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="budget, in the units of the costs"
                    ),
                ),
                (
                    "most",
                    models.PositiveSmallIntegerField(
                        blank=True, default=3, null=True, verbose_name="how many may be named, or points for one"
                    ),
                ),
                (
                    "total",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="points or credits of a ballot"
                    ),
                ),
                ("offers_none", models.BooleanField(default=False, verbose_name="offers “none of these”")),
                (
                    "minimum_support",
                    models.PositiveIntegerField(default=1, verbose_name="fewest ballots that must name a topic"),
                ),
                ("minimum_turnout", models.PositiveIntegerField(default=0, verbose_name="fewest valid ballots")),
                (
                    "weight",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3),
                        ],
                        verbose_name="largest weight of a ballot",
                    ),
                ),
                (
                    "publish_totals",
                    models.PositiveIntegerField(default=10, verbose_name="ballots from which totals are published"),
                ),
                (
                    "publish_ballots",
                    models.PositiveIntegerField(default=50, verbose_name="ballots from which they are published"),
                ),
                (
                    "asks_consent",
                    models.BooleanField(default=False, verbose_name="voters are told that ballots are published"),
                ),
                (
                    "eligibility",
                    models.CharField(
                        choices=[("at_cast", "members at the moment of voting"), ("at_open", "members at the opening")],
                        default="at_cast",
                        max_length=8,
                        verbose_name="who may vote",
                    ),
                ),
                (
                    "cutoff_hours",
                    models.PositiveSmallIntegerField(
                        default=24, verbose_name="hours before the close to have joined by"
                    ),
                ),
                ("is_sensitive", models.BooleanField(default=False, verbose_name="sensitive")),
                ("opens_at", models.DateTimeField(verbose_name="opens")),
                ("closes_at", models.DateTimeField(verbose_name="closes")),
                ("reminds_at", models.DateTimeField(blank=True, null=True, verbose_name="reminder")),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("scheduled_at", models.DateTimeField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("configuration", models.TextField(blank=True)),
                ("configuration_digest", models.CharField(blank=True, max_length=64)),
                ("seed", models.CharField(blank=True, max_length=64)),
                ("nonce", models.CharField(blank=True, max_length=64)),
                ("key_fingerprint", models.CharField(blank=True, max_length=64)),
                ("recount_reason", models.TextField(blank=True, max_length=500)),
                ("failure", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-opens_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title_en", ""), _negated=True),
                            models.Q(("title_uk", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="round_has_a_title",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closes_at__gt", models.F("opens_at"))), name="round_closes_after_it_opens"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("budget", None), ("slots__isnull", False)),
                            models.Q(("budget__isnull", False), ("slots", None)),
                            _connector="OR",
                        ),
                        name="round_has_slots_or_a_budget",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weight__gte", 1), ("weight__lte", 3)), name="round_weight_at_most_three"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("opened_at", None), ("scheduled_at__isnull", False), _connector="OR"),
                        name="round_scheduled_before_it_opens",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("configuration", ""),
                                ("configuration_digest", ""),
                                ("key_fingerprint", ""),
                                ("opened_at", None),
                                ("seed", ""),
                            ),
                            models.Q(
                                ("opened_at__isnull", False),
                                models.Q(("configuration", ""), _negated=True),
                                models.Q(("configuration_digest", ""), _negated=True),
                                models.Q(("seed", ""), _negated=True),
                                models.Q(("key_fingerprint", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="round_opened_is_frozen",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recount_reason", ""), ("counted_at__isnull", False), _connector="OR"),
                        name="round_counted_before_it_is_again",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at", None),
                                ("opened_at__isnull", False),
                                models.Q(("nonce", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("opened_at", None), ("closed_at__isnull", False), _connector="OR"),
                                ("nonce", ""),
                            ),
                            _connector="OR",
                        ),
                        name="round_key_lives_while_it_is_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("opened_at__isnull", False), _connector="OR"),
                            models.Q(("counted_at", None), ("closed_at__isnull", False), _connector="OR"),
                            models.Q(("archived_at", None), ("counted_at__isnull", False), _connector="OR"),
                        ),
                        name="round_in_its_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TopicChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "topic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="voting.topic"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "accepted"),
                            ("shortlisted", "shortlisted"),
                            ("on_ballot", "on the ballot"),
                            ("chosen", "chosen"),
                            ("not_chosen", "not chosen"),
                            ("assigned", "assigned"),
                            ("in_reporting", "in reporting"),
                            ("published", "published"),
                            ("merged", "merged"),
                            ("declined", "declined"),
                            ("dropped", "dropped"),
                            ("expired", "expired"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.TextField(blank=True, max_length=1000)),
                (
                    "round",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="topic_changes",
                        to="voting.round",
                    ),
                ),
                (
                    "instead_of",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replacement",
                        to="voting.topic",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RoundTopic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="voting.round"
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="voting.topic"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "cost",
                    models.PositiveIntegerField(
                        default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name="cost"
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_reason", models.TextField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("round", "topic"), name="topic_once_on_a_ballot"),
                    models.UniqueConstraint(fields=("round", "position"), name="position_once_on_a_ballot"),
                    models.CheckConstraint(condition=models.Q(("cost__gte", 1)), name="round_topic_costs_something"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at", None), ("withdrawn_reason", "")),
                            models.Q(
                                ("withdrawn_at__isnull", False), models.Q(("withdrawn_reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="round_topic_withdrawn_with_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Announcement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "change",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="voting.topicchange",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="announcements",
                        to="voting.round",
                    ),
                ),
                ("letter", models.PositiveSmallIntegerField(default=1)),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(condition=models.Q(("done_at", None)), fields=["due_at"], name="announcement_waiting")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("change", None), ("round__isnull", False)),
                            models.Q(("change__isnull", False), ("round", None)),
                            _connector="OR",
                        ),
                        name="announcement_of_a_topic_or_of_a_round",
                    ),
                    models.UniqueConstraint(fields=("round", "letter"), name="letter_about_stories_once"),
                    models.CheckConstraint(
                        condition=models.Q(("letter__in", [1, 2])), name="two_letters_about_stories_at_most"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RollEntry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="roll", to="voting.round"
                    ),
                ),
                (
                    "patron",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roll_entries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[("at_open", "member at the opening"), ("joined", "became a member later")],
                        max_length=8,
                    ),
                ),
                ("weight", models.PositiveSmallIntegerField(default=1)),
                ("has_cast", models.BooleanField(default=False)),
                (
                    "void_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("refunded", "the payment was taken back before the close"),
                            ("merged", "one person had two accounts"),
                        ],
                        max_length=8,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "roll entries",
                "constraints": [
                    models.UniqueConstraint(fields=("round", "patron"), name="patron_once_on_a_roll"),
                    models.CheckConstraint(
                        condition=models.Q(("weight__gte", 1), ("weight__lte", 3)), name="roll_weight_at_most_three"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("void_reason", ""), ("has_cast", True), _connector="OR"),
                        name="only_a_cast_ballot_is_voided",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpenBallot",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="open_ballots", to="voting.round"
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("line", models.TextField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("round", "key"), name="one_ballot_of_a_patron")],
            },
        ),
        migrations.CreateModel(
            name="Ballot",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ballots", to="voting.round"
                    ),
                ),
                ("line", models.TextField()),
            ],
            options={
                "indexes": [models.Index(fields=["round"], name="ballot_of_a_round")],
            },
        ),
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("mark", models.CharField(max_length=64, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Mailing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mailings", to="voting.round"
                    ),
                ),
                ("occasion", models.CharField(max_length=40)),
                ("reached", models.BigIntegerField(default=0)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("round", "occasion"), name="occasion_of_a_round_told_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="results", to="voting.round"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(default=1)),
                ("closing", models.TextField()),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("reason", models.TextField(blank=True, max_length=1000)),
                ("made_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "ordering": ["round", "version"],
                "constraints": [
                    models.UniqueConstraint(fields=("round", "version"), name="result_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), ("version", 1)),
                            models.Q(("version__gt", 1), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="result_corrected_with_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Bundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "result",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bundle", to="voting.result"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="RoundLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="log", to="voting.round"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("at", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=20)),
                ("facts", models.JSONField()),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "ordering": ["round", "number"],
                "constraints": [models.UniqueConstraint(fields=("round", "number"), name="log_number_once")],
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                ("is_author_named", models.BooleanField(default=False)),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("uk", "Ukrainian")], default="en", max_length=2),
                ),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                ("why", models.TextField(blank=True, max_length=2000, verbose_name="why")),
                ("links", models.TextField(blank=True, max_length=2000, verbose_name="links")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("suggested", "suggested"),
                            ("in_review", "in review"),
                            ("accepted", "accepted as a topic"),
                            ("merged", "merged into a topic"),
                            ("declined", "declined"),
                            ("withdrawn", "withdrawn"),
                            ("expired", "expired"),
                        ],
                        default="suggested",
                        max_length=10,
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="voting.topic",
                    ),
                ),
                ("answer", models.TextField(blank=True, max_length=1000, verbose_name="answer")),
                ("public_reason", models.TextField(blank=True, max_length=500, verbose_name="what readers may know")),
                ("answer_by", models.DateField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["suggested", "in_review"])),
                        fields=["answer_by"],
                        name="suggestion_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("state__in", ["suggested", "in_review"])),
                            models.Q(
                                models.Q(("state__in", ["suggested", "in_review"]), _negated=True),
                                models.Q(("answered_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="suggestion_answered_when_it_waits_no_more",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["accepted", "merged"]), ("topic__isnull", False)),
                            models.Q(models.Q(("state__in", ["accepted", "merged"]), _negated=True), ("topic", None)),
                            _connector="OR",
                        ),
                        name="suggestion_has_a_topic_if_it_became_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["declined", "expired"]), _negated=True),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="suggestion_refused_with_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("public_reason", ""), ("state", "declined"), _connector="OR"),
                        name="suggestion_refused_in_public_if_refused",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSED, ALLOWED),
    ]
