"""The actor: a rendered person with exact truth."""
