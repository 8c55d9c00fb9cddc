"""The commands of `redhand`, one file a subject. No rule lives here: they read, call and print."""
