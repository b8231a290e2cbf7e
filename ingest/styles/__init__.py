"""What is a question, and where its answer ends: one module each way of writing a FAQ.

Knows blocks; nothing of files, records or reports.
"""
