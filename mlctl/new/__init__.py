"""`mlctl new`: from a template and answers to a project with its record and first commit."""
