"""What is learned from labelled queries: weights, thresholds, the encoder.

Knows evaluation and models; nothing that answers imports it.
"""
