"""The steps of the procedure: rows of its one table (blocker/cases/table.py), by what they are about."""
