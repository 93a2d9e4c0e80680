"""What sources send, read into our values: pure, and a module per source."""
