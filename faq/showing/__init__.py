"""Answers and measurements as a person reads them in a terminal.

Knows nothing of where they come from.
"""
