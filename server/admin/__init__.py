"""The pages of the maintainer: what is asked and what came of it, gaps, and the way back to an earlier snapshot."""
