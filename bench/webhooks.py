"""Webhooks: how fast they are acknowledged, as a ratio to a bare view, and how fast and at what cost they are applied.

python -m bench.webhooks [--rounds 9] [--events 400] [--joins 150]
"""

import argparse
import os

from bench import applying, door


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--events", type=int, default=400, help="of each round")
    parser.add_argument("--joins", type=int, default=150, help="of six events each, to be applied")
    options = parser.parse_args()
    print(f"load on this machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    print(door.report(door.measure(options.rounds, options.events, f"bench_door_{os.getpid()}")), flush=True)
    print(applying.report(applying.measure(options.joins, f"bench_applying_{os.getpid()}")))


if __name__ == "__main__":
    main()
