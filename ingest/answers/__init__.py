"""An answer's Markdown to HTML and plain text, in the dialects that its authors write: callouts, tabs, notes, math.

Knows nothing of questions, nor of what is safe to show: what it gives is sanitised afterwards.
"""
