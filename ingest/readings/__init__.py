"""Readings that compete: what each section of a document is read as, by what the reading explains.

Knows styles and blocks; nothing of files, records or reports.
"""
