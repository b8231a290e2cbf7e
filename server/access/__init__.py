"""Who may do what, how often, and what is written down of it.

Knows keys and requests; nothing of answers.
"""
