"""`Tombstone`: that somebody was erased, so that nothing that comes late writes them down again."""

from django.db import models

from members.models.patron import Patron


class Tombstone(models.Model):
    """Somebody who was erased, known by keyed hashes only. Written only through members/tombstones.py."""

    # Of number and address together: whoever comes back later with the same address is somebody new.
    person_hash = models.CharField(max_length=64, unique=True)
    address_hash = models.CharField(max_length=64, db_index=True)
    # None where a restored database has never known them.
    patron = models.ForeignKey(Patron, null=True, on_delete=models.PROTECT, related_name="tombstones")
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tombstone {self.pk}"
