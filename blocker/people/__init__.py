"""The people of the desk: who may sign in, by what they prove it, and which two of them gave whom that power."""
