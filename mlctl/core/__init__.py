"""The nouns: sources, platforms, templates, answers, renderings, records, standards."""
