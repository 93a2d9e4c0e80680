class ProxyException(Exception):
    def __init__(self, message: str, type: str, param: str | None, code: int) -> None: ...  # noqa: A002 - its own word
