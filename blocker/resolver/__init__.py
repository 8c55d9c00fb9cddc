"""The query road: a parent, workers that answer from the list or an upstream, and the rules for what they say."""
