"""`/openapi.json`, and `/docs`: the same to be read, without a script and without the internet."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any

from fastapi import FastAPI

from bot.api import hold_schemas, schemas

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:3rem;border-top:1px solid #8884;padding-top:1rem}
code,pre{font:13px/1.45 ui-monospace,monospace}
pre{overflow:auto;padding:.75rem;background:#8881;border-radius:6px}
td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}
"""
#: Nothing but the page's own style is loaded or run.
SECURITY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_ABOUT = """Usage in, balances and sums out. Each request to <code>/v1</code> bears an API key:
<code>Authorization: Bearer tbk_…</code>; <code>tokenbot api-key create</code> makes one."""


def document(web: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of all that is served."""
    made = web.openapi()
    components = made.setdefault("components", {})
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key: tbk_…"}
    }
    components.setdefault("schemas", {}).update({**schemas.SCHEMAS, **hold_schemas.SCHEMAS})
    return made


def page(spec: Mapping[str, Any], url: str) -> str:
    """The document as a page; `url` is where its JSON is."""
    body = "\n".join(
        part
        for path, methods in spec["paths"].items()
        for method, one in methods.items()
        for part in _operation(f"{method.upper()} {path}", one)
    )
    named = "\n".join(
        f'<h3 id="{escape(name)}">{escape(name)}</h3>{_pre(schema)}'
        for name, schema in spec["components"]["schemas"].items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>tokenbot HTTP API</title><style>{_STYLE}</style>"
        f"<h1>tokenbot HTTP API</h1><p>{_ABOUT}"
        f' The same as <a href="{escape(url)}">OpenAPI</a>.</p>'
        f"{body}<h2>Schemas</h2>{named}</html>"
    )


def _operation(name: str, one: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{escape(name)}</code></h2><p>{escape(one.get('summary', ''))}</p>"
    for paragraph in one.get("description", "").split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    yield from _table(
        "Parameters",
        [(p["name"], p.get("description", ""), p["schema"]) for p in one.get("parameters", ())],
    )
    body = one.get("requestBody", {})
    if body:
        yield f"<h3>Body</h3><p>{escape(body.get('description', ''))}</p>"
    yield from _table("", [(m, "", b["schema"]) for m, b in body.get("content", {}).items()])
    yield from _table(
        "Answers",
        [
            (status, answer.get("description", ""), content.get("schema", {}))
            for status, answer in one.get("responses", {}).items()
            for content in answer.get("content", {"": {}}).values()
        ],
    )


def _table(title: str, rows: list[tuple[str, str, Any]]) -> Iterator[str]:
    if rows:
        yield f"<h3>{title}</h3><table>" if title else "<table>"
        for name, words, schema in rows:
            yield (
                f"<tr><th><code>{escape(str(name))}</code><td>{escape(words)}<td>{_schema(schema)}"
            )
        yield "</table>"


def _schema(schema: Mapping[str, Any]) -> str:
    """A schema's name as a link, or the schema itself where it has none."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    parts = schema.get("anyOf") or [schema.get("items")]
    links = [_schema(part) for part in parts if part and ("$ref" in part or "anyOf" in part)]
    if links:
        return ("array of " if "items" in schema else "") + " or ".join(links)
    return f"<code>{escape(json.dumps(schema, ensure_ascii=False))}</code>" if schema else ""


def _pre(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
