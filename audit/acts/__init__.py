"""What people do about a model: each act is a record, kept for ever; where a model stands is derived from them."""
