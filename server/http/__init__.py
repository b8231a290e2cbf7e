"""What every HTTP server needs: sockets, load, headers, compression, strict JSON, parsed bodies.

Knows no protocol of ours, no key and no answer.
"""
