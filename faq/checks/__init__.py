"""Running check scripts on this machine: where they come from, their environment, their process, their report.

Knows nothing of answers but the ids of their checks.
"""
