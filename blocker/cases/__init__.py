"""The case road: from a report to a directive on the list, and to its lifting."""
