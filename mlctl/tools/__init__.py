"""The hands: one room for each outside library or system."""
