"""Reports before they are cases, and the platforms that some are referred to."""
