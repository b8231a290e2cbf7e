"""Collections that are JSON, HTML or XML: one module for the fields of each system."""
