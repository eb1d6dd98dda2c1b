"""Side-by-side runs; each one command that prints one JSON object as its last line."""
