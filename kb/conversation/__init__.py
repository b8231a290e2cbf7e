"""Questions that lean on earlier ones, choices, small talk, sessions.

Knows the front door `kb.knowledge` and what was said; nothing of any protocol that carries it.
"""
