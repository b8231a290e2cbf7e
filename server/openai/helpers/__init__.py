"""What chat windows and libraries put around a question, or ask on their own behalf: recognised by its words.

Pure: texts in, values out; nothing is asked here.
"""
