"""Redhand: what is blocked, who decided it, and the resolver that carries it out."""

__version__ = "0.1.0"
