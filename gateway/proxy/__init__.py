"""The data path: from the caller to the services and back."""
