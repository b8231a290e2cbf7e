"""The knowledge base: records in, answers out. Knows nothing of Markdown, Flask or the terminal."""
