from typing import Any, Protocol

class Router(Protocol):
    def get_model_list(self, model_name: str | None = ...) -> list[dict[str, Any]] | None: ...

llm_router: Router | None
