"""What is trained, loaded and served."""
