"""Follows a published trace from the ballots, one step after another, as a distrustful reader with a spreadsheet would.

It knows the rules but none of the engine's code, takes nothing from the trace that it can see on the ballots, and
answers the first thing that is wrong, or None.
"""

from collections import Counter
from fractions import Fraction
from typing import Any

WHOLE = 100_000


def wrong_in_runoff(ballots: list[list[list[str]]], found: dict[str, Any]) -> str | None:
    """Every round's tallies from the papers, who goes out, when it ends."""
    out: set[str] = set()
    topics = {group[0] for ballot in ballots for group in ballot}
    for number, step in enumerate(found["steps"], 1):
        if "out" in step:
            fewest = min(found["steps"][number - 2]["tallies"].values())
            if found["steps"][number - 2]["tallies"][step["out"]] != fewest:
                return f"round {number}: {step['out']} was not last"
            out.add(step["out"])
        tops = [next((group[0] for group in ballot if group[0] not in out), None) for ballot in ballots if ballot]
        tally = {topic: tops.count(topic) for topic in topics - out}
        if (tally, tops.count(None)) != (step["tallies"], step["exhausted"]):
            return f"round {number}: the tallies are not those of the ballots"
        over = len(tally) == 1 or 2 * max(tally.values()) > sum(tally.values())
        if over != (number == len(found["steps"])):
            return f"round {number}: it should have ended here, or not yet"
    last = found["steps"][-1]["tallies"]
    return None if found["chosen"] == [max(last, key=last.__getitem__)] else "the winner is another"


def _units(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * WHOLE + int(rest)


def wrong_in_stv(  # noqa: C901  # one stage after another, in one place
    ballots: list[list[list[str]]], slots: int, found: dict[str, Any]
) -> str | None:
    """Papers on a table: each holds its value; stage by stage what moved, what each topic has, who has the quota."""
    papers = [[group[0] for group in ballot] for ballot in ballots if ballot]
    value, holder = [WHOLE] * len(papers), [paper[0] for paper in papers]
    quota = (len(papers) // (slots + 1) + 1) * WHOLE
    gone: set[str] = set()  # elected or excluded at the end of an earlier stage
    credited = Counter({topic: 0 for paper in papers for topic in paper})
    credited.update(dict.fromkeys(found["steps"][0]["tallies"], 0))
    for topic in holder:
        credited[topic] += WHOLE
    for step in found["steps"]:
        if step["kind"] == "surplus":
            topic, surplus = step["topic"], credited[step["topic"]] - quota
            if surplus <= 0 or topic not in gone:
                return f"stage {step['step']}: {topic} has no surplus"
            new = {at: surplus * value[at] // credited[topic] for at, who in enumerate(holder) if who == topic}
            credited[topic] = quota
        elif step["kind"] == "exclusion":
            topic = step["topic"]
            if any(credited[other] < credited[topic] for other in credited if other not in gone):
                return f"stage {step['step']}: {topic} is not last"
            new = {at: value[at] for at, who in enumerate(holder) if who == topic}
            credited[topic] = 0
            gone.add(topic)
        else:
            new = {}
        for at, worth in new.items():
            to = next((one for one in papers[at] if one not in gone), "")
            value[at], holder[at] = worth, to
            if to:
                credited[to] += worth
        if {topic: _units(votes) for topic, votes in step["tallies"].items()} != dict(credited):
            return f"stage {step['step']}: the votes are not those on the papers"
        if any(credited[t] >= quota for t in credited if t not in gone and t not in step["elected"]):
            return f"stage {step['step']}: somebody with the quota is not elected"
        gone |= set(step["elected"])
    elected = [topic for step in found["steps"] for topic in step["elected"]]
    return None if elected == found["chosen"] else "others are elected"


def wrong_in_shares(
    ballots: list[dict[str, int]], costs: dict[str, int], budget: int, found: dict[str, Any]
) -> str | None:
    """A purse for each ballot; every payment is taken from it, and none may be short."""
    purses = [Fraction(budget, len(ballots))] * len(ballots)
    clock = rate = Fraction(0)
    for step in found["steps"]:
        topic, paid = step["topic"], Counter[tuple[Fraction, Fraction]]()
        time = Fraction(step.get("time", "0"))
        if step["kind"] == "purchase":
            rate = Fraction(step["rate"])
        else:
            if time < clock:
                return f"step {step['step']}: the clock runs backwards"
            purses = [own + time - clock for own in purses]
            clock = time
        owned = sum(purses[voter] for voter, ballot in enumerate(ballots) if topic in ballot)
        # In the reserve somebody passed over may have earned more than the cost by the time the budget is spent.
        if step["kind"] == "completion" and owned != costs[topic]:
            return f"step {step['step']}: the moment is not when they own the cost"
        for voter, ballot in enumerate(ballots):
            if topic in ballot:
                had = purses[voter]
                is_bought = step["kind"] == "purchase"
                price = min(had, rate * ballot[topic]) if is_bought else had * costs[topic] / owned
                purses[voter] = had - price
                paid[had if is_bought else price, price] += 1
        if sum(price * many for (_, price), many in paid.items()) != costs[topic]:
            return f"step {step['step']}: what is paid is not the cost"
        if _payers(step) != paid:
            return f"step {step['step']}: others paid, or otherwise"
        budget -= costs[topic] if step["kind"] != "reserve" else 0
        if (budget < 0) or step["left"] != budget:
            return f"step {step['step']}: more is spent than there is"
    named = [step["topic"] for step in found["steps"] if step["kind"] != "reserve"]
    return None if named == found["chosen"] else "something else is chosen"


def _payers(step: dict[str, Any]) -> Counter[tuple[Fraction, Fraction]]:
    """How many had and paid how much, as it is said."""
    said = Counter[tuple[Fraction, Fraction]]()
    for payer in step["payers"]:
        said[Fraction(payer.get("had", payer["paid"])), Fraction(payer["paid"])] += payer["voters"]
    return said


def wrong_in_schulze(ballots: list[list[list[str]]], topics: str, found: dict[str, Any]) -> str | None:
    """The matrix from the ballots; each strength must be reached by a chain, and no chain may be stronger."""
    matrix, paths = found["steps"][0]["pairwise"], found["steps"][0]["paths"]
    for a in topics:
        for b in topics:
            if a != b:
                places = [{t: n for n, group in enumerate(ballot) for t in group} for ballot in ballots]
                if matrix[a][b] != sum(p.get(a, 99) < p.get(b, 99) for p in places):
                    return f"{a} against {b} is not what the ballots say"
    for a in topics:
        for b in topics:
            strengths = sorted({0, *(matrix[c][d] for c in topics for d in topics if c != d)})
            if a != b and paths[a][b] != max(s for s in strengths if s == 0 or b in _reached(a, s, topics, matrix)):
                return f"the strongest path from {a} to {b} is another"
    best = [a for a in topics if all(paths[a][b] >= paths[b][a] for b in topics if a != b)]
    return None if found["chosen"][0] in best and found["steps"][1]["topics"] == best else "the winner is another"


def _reached(start: str, strength: int, topics: str, matrix: Any) -> set[str]:
    """Whom victories of at least this strength lead to."""
    reached, waiting = set[str](), [start]
    while waiting:
        one = waiting.pop()
        for other in topics:
            if (
                other not in {one, *reached}
                and matrix[one][other] >= strength
                and matrix[one][other] > matrix[other][one]
            ):
                reached.add(other)
                waiting.append(other)
    return reached
