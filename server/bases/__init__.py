"""Several knowledge bases in one server: each below `/kb/NAME` as if it were alone, and what asks all of them at `/`.

Knows the application of one knowledge base as a whole, and asks it as any client does: by requests.
"""
