"""What articles hold of patrons: nothing."""

NOT_PERSONAL = {"Story": "url title"}
