"""What people bring to be audited: tables of predictions, and what their columns are."""
