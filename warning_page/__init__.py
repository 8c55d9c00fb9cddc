"""The warning page: what people see who come to a blocked name. No database, no keys, nothing of the desk."""
