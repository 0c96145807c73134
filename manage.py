#!/usr/bin/env python3
"""The door to every command. `demo` brings its own environment; beside a running demo the others join it."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import demo

    if sys.argv[1:2] == ["demo"]:
        demo.prepare_environment(os.environ)
    else:
        demo.join(os.environ)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
