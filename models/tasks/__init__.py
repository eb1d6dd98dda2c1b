"""One TOML, one task."""
