"""Training our own affinity-field network (torch; never loaded by the app)."""
