"""A model, from its data to its service: these files are the team's, `platform/` is managed."""
