"""What every refusal is."""


class Refusal(Exception):
    """A wish that the rules turn down; nothing was moved."""
