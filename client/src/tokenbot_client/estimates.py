"""What a call is likely to use, worked out here: roughly, for its settlement has the true figure.

Nothing is counted exactly, since that takes a tokenizer of megabytes; nothing leaves the process.
"""

from collections.abc import Mapping, Sequence

#: English and code have about four bytes to a token; scripts with longer letters come close to it.
BYTES_PER_TOKEN = 4
#: Of a picture or a sound, whose bytes say nothing of its tokens.
ATTACHED_TOKENS = 1_000
#: What is around each message, and each other part that is written out.
PART_TOKENS = 4
#: Where a request says what the model reads.
_READ = ("messages", "input", "prompt", "system", "instructions", "tools", "functions")
#: Where it says how much the model may write.
_WRITTEN = ("max_completion_tokens", "max_output_tokens", "max_tokens")


def input_tokens(*read: object) -> int:
    """About how many tokens that is, in whatever shape the SDKs take it."""
    tokens, text_bytes = 0, 0
    left: list[object] = list(read)
    while left:
        part = left.pop()
        if isinstance(part, str):
            if part.startswith("data:"):
                tokens += ATTACHED_TOKENS
            else:
                text_bytes += len(part.encode(errors="surrogatepass"))
        elif isinstance(part, Mapping):
            is_attached = part.get("type") == "base64" or ("format" in part and "data" in part)
            tokens += ATTACHED_TOKENS if is_attached else PART_TOKENS
            left.extend([] if is_attached else part.values())
        elif isinstance(part, Sequence) and not isinstance(part, bytes):
            left.extend(part)
    return tokens + -(-text_bytes // BYTES_PER_TOKEN)


def of_request(body: object) -> dict[str, int]:
    """The estimate of a request to a provider, as the API takes it."""
    if not isinstance(body, Mapping):
        return {"input_tokens": 0}
    read = [body[name] for name in _READ if name in body]
    said = {"input_tokens": input_tokens(*read)}
    most = next((n for name in _WRITTEN if isinstance(n := body.get(name), int)), None)
    if most is not None and most >= 0:
        choices = body.get("n")
        said["max_output_tokens"] = most * max(choices if isinstance(choices, int) else 1, 1)
    return said
