"""The model that comes with the package: published weights, our correction to them, and both as one ONNX graph.

Knows numpy, tokenizers and onnx; never torch. What sentence-transformers makes of the same weights lies beside it as
reference vectors.
"""
