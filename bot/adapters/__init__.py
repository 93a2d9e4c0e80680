"""What sources of usage send, turned into our values."""
