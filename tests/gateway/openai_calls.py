"""Runs in the proxy's environment, which has the real client: what OpenAI's users see.

Reads calls as JSON from standard input, each with `url`, `key` and the arguments of `create`;
prints what each came to.
"""

import json
import sys

import openai


def main() -> None:
    said = []
    for call in json.load(sys.stdin):
        client = openai.OpenAI(base_url=f"{call['url']}/v1", api_key=call["key"])
        try:
            made = client.chat.completions.create(**call["create"])
            text = made.choices[0].message.content
            said.append({"text": text})
        except openai.APIStatusError as error:
            said.append(
                {
                    "error": type(error).__name__,
                    "status": error.status_code,
                    "message": str(error.body["message"]),
                    "type": error.type,
                }
            )
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
