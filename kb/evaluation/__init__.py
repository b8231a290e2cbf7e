"""How good the answers are: labelled queries, measures, intervals, comparison, plots.

Knows the front door `kb.knowledge`; it changes nothing.
"""
