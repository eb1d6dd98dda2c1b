"""What asking a model behind HTTP is made of: addresses, connections, protocols and answers."""
