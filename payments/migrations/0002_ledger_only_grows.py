"""The ledger only grows, receipts are never taken back, and refunds never exceed their payment: the database refuses."""

from django.db import migrations

FORWARD = """
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
"""
BACK = """
DROP TRIGGER refunds_fit ON payments_refund; DROP FUNCTION payments_refunds_fit();
DROP TRIGGER only_grows ON payments_receipt; DROP TRIGGER only_grows ON payments_ledgerentry;
DROP FUNCTION payments_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
