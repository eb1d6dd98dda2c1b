"""What is asked of a model, and how the numbers are judged."""
