"""Measurements of the resolver; `make bench` runs them. They judge nothing: figures, and how they were made."""
