"""The product, except that casting is slow where it hurts, and with HOLDS=0 does not hold the round's row."""

import os
import random
import time

from config.wsgi import application
from members.models import Patron
from voting import ballots

__all__ = ["application"]

put = ballots._put


def put_slowly(held: ballots._Held, patron: Patron, line: str) -> None:
    """The ballot is written, and committed a while later."""
    put(held, patron, line)
    time.sleep(random.uniform(0.2, 2))


ballots._put = put_slowly
if os.environ["HOLDS"] == "0":
    ballots.HOLD = ballots.HOLD.replace("FOR SHARE OF voting_round", "")
