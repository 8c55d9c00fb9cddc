"""Providers: what each was told, what came of it, and what their resolvers say."""
