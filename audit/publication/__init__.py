"""A published bias audit, read as it is printed and held against its own arithmetic."""
