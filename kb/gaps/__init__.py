"""What is asked in vain: questions without an answer, put together, weighed, and what could be done about each.

Knows feedback and snapshots; nothing of Markdown, HTTP or the terminal.
"""
