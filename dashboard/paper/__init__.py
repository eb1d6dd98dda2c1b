"""What stands in a printed report: from records to blocks of finished text."""
