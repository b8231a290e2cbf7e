"""Reading the content again whenever it is saved, for whoever writes it: what is looked at, one round, the loop.

Knows nothing of Flask: what a round finds is handed to whoever shows it.
"""
