"""What Slack accepts as Block Kit, surface by surface."""
