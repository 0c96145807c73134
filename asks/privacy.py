"""What appeals, origins and goals hold of people: nothing. An origin is shared by everybody who came the same way."""

NOT_PERSONAL = {"Ask": "slug title", "Origin": "campaign", "Goal": "currency"}
