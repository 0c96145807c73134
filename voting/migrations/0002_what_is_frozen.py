"""What the database refuses: changing a round that was opened, casting into one that is not, changing what was sealed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION voting_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_ballot
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_result
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
    moving text[] := ARRAY['closes_at', 'reminds_at', 'closed_at', 'counted_at', 'archived_at', 'nonce'];
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
BACK = """
DROP FUNCTION voting_only_grows() CASCADE;
DROP FUNCTION voting_round_is_open() CASCADE;
DROP FUNCTION voting_roll_entry_stays() CASCADE;
DROP FUNCTION voting_round_stays() CASCADE;
DROP FUNCTION voting_round_topic_stays() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("voting", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
