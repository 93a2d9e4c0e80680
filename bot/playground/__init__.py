"""A simulated Slack workspace with a page in the browser. `server` tells how tests use it."""
