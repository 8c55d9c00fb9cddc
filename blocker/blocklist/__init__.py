"""What is blocked, and why: values only, no input or output."""
