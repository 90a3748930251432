"""The actor: a rendered person with exact truth (docs/synthetic.md)."""
