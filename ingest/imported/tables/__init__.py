"""Collections that are tables: one module for the columns of each system."""
