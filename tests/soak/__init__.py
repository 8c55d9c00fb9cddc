"""The long tests: full counts, and latencies while it happens. `make soak` runs them all, one after the other.

Each module is a program: it prints its figures, one a line, and ends with exit code 1 if a claim does not hold. With
`--reduced` it runs the counts that the suite runs.
"""
