"""What readers say of answers, whichever way it comes: which answer is judged, what is kept, what is asked most.

Knows answers and their tokens; none of the protocols.
"""
