"""The rules that are code: one file for each family, and for each family's rules over a single Python file."""
