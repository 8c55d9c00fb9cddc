"""Letters out, and mail that comes back."""
