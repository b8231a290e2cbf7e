"""FAQ collections of other systems as Markdown: read by their columns and fields, written so that nothing breaks out.

One module a format turns a file into entries; `layout` turns entries into Markdown, and reads that again before it is
believed.
"""
