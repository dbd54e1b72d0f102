"""What is timed: ``python -m benchmarks [NAME ...] [--json]``.

A benchmark is a module here with a ``NAME`` and either

- ``measure() -> list of float`` and ``GOAL_MS``: times of one act in ms, of which the median counts; or
- ``rows() -> list of dict``: ``{name, ours, peer, peer_name, unit, ratio, goal, within}`` each, where a
  peer is timed in the same run; null where it is not installed.

The goal is for the ratio where there is a peer, else for our own time. Each benchmark runs in a process
of its own with two threads, so that none sees what another has loaded.
"""
