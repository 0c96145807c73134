"""The outbox: every e-mail is a row, written with the fact it tells of and sent afterwards."""
