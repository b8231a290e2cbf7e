"""What every HTTP server needs: sockets, load, headers, compression, strict JSON, parsed bodies.

Knows no key and no answer, and of our protocols only, in `cors`, which addresses other sites may ask.
"""
