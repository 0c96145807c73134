"""The product's settings around a bare view."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.bare_ballots"
