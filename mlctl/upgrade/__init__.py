"""`mlctl upgrade` and its kin: the platform's changes merged into a project that its team has edited."""
