"""What the gates hold of people: nothing. Whoever went through is kept as a keyed hash, for hours."""

NOT_PERSONAL = {"Hit": "gate key_hash"}
