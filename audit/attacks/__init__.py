"""The algorithms that robustness and privacy checks call."""
