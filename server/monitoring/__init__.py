"""How the server is: health, metrics, logs, and what it does by itself from time to time.

No protocol is known here.
"""
