"""One file a command: puts parts together, holds no algorithm."""
