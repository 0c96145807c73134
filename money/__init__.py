"""Amounts of money: integers of minor units with a currency. Imports no other room and no Django."""
