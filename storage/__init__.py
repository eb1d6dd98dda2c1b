"""What is remembered: put in once, read for ever."""
