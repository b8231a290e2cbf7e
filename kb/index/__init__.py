"""What a record is made searchable by: passages and their vectors, what unrelated questions score, marks, sentences.

Knows texts and numbers; nothing of models, files on disk or questions of readers.
"""
