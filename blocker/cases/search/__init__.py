"""Looking for somebody to ask: registers and what they answer."""
