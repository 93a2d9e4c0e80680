"""Texts as people paste them: many languages, code, signs, and what is half broken."""

import random

_PIECES = (
    "The quick brown fox jumps over the lazy dog. ",
    "Zażółć gęślą jaźń. ",
    "Der Überflügelnde ißt Straßenkäse; ",
    "Съешь ещё этих мягких французских булок. ",
    "你好，世界！今天的天气很好。",  # noqa: RUF001 - as people write it
    "日本語のテキストとカタカナ。",
    "안녕하세요, 세계! ",
    "مرحبا بالعالم، كيف حالك؟ ",
    "שלום עולם, ",
    "नमस्ते दुनिया ",
    "สวัสดีชาวโลก ",
    "e\u0301a\u0308o\u0302n\u0303 Z\u0335\u0321a\u0327 ",
    "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈🇩🇪🎉 ",
    "def f(x):\n    return {'a': [1, 2, 3], \"b\": x ** 2}\n\n\n",
    '<div class="row">&amp;&#39;</div>\r\n\r\n',
    "SELECT * FROM t WHERE a >= 10 AND b != 'it''s';\t-- done\n",
    "<|endoftext|>",
    "<|fim_prefix|><|im_start|>system",
    "https://example.test/a?b=c&d=%20#e ",
    "aGVsbG8gd29ybGQhIQ==",
    "3.14159 1,234,567 0xDEADBEEF ١٢٣ ",
    "I'll've y'all'd DON'T we're ",
    "     \t  \n \u00a0\u2003\u3000 ",
    "\x00\x07\x1b[31m\x7f\u200b\ufeff",
    "\ud800",
    "x" * 40,
    "∑∫√≠ — “quoted” … ½ ™ ",
)
_RANDOM = (0x20, 0x24F), (0x370, 0x5FF), (0x900, 0xDFF), (0x3040, 0x9FFF), (0x1F300, 0x1FAFF)


def mixed(many: int) -> list[str]:
    """So many texts, no two alike, the same each time."""
    dice = random.Random(20_261_129)  # noqa: S311 - nothing is secret here
    return [_text(dice, number) for number in range(many)]


def _text(dice: random.Random, number: int) -> str:
    parts = [dice.choice(_PIECES) for _ in range(dice.randint(1, 30))]
    low, high = dice.choice(_RANDOM)
    parts += ["".join(chr(dice.randint(low, high)) for _ in range(dice.randint(0, 40)))]
    dice.shuffle(parts)
    return f"{number} {''.join(parts)}"
