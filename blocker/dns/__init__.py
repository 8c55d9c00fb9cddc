"""DNS messages as bytes: what clients ask, what upstreams answer, what we answer."""
