"""A ministry's months in minutes: the real case road, with people, providers and courts that a seed chooses."""
