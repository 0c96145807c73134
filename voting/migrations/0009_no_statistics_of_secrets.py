from django.db import migrations

# ANALYZE would copy what it samples into the planner's statistics, where no close reaches it.
NONE = """
ALTER TABLE voting_openballot ALTER key SET STATISTICS 0, ALTER line SET STATISTICS 0;
ALTER TABLE voting_round ALTER nonce SET STATISTICS 0, ALTER seed SET STATISTICS 0;
"""
USUAL = """
ALTER TABLE voting_openballot ALTER key SET STATISTICS -1, ALTER line SET STATISTICS -1;
ALTER TABLE voting_round ALTER nonce SET STATISTICS -1, ALTER seed SET STATISTICS -1;
"""


class Migration(migrations.Migration):
    dependencies = [("voting", "0008_second_letter_and_public_refusals")]

    operations = [migrations.RunSQL(NONE, USUAL)]
