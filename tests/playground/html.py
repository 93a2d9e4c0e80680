"""What of a piece of HTML is text, and what is markup."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

#: Everything that the playground itself draws with.
TAGS = frozenset(
    (
        *("a", "article", "aside", "blockquote", "br", "button", "caption", "circle", "code"),
        *("datalist", "details", "dd", "div", "dl", "dt", "em", "fieldset", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "header", "hr", "img", "input", "label"),
        *("legend", "li", "line", "ol", "optgroup", "option", "output", "p", "path", "pre"),
        *("rect", "s", "select", "small", "span", "strong", "summary", "svg", "table", "tbody"),
        *("td", "text", "textarea", "th", "thead", "time", "title", "tr", "ul"),
    )
)
_VOID = frozenset({"br", "hr", "img", "input"})


@dataclass
class Drawn(HTMLParser):
    """HTML that was read: its words, its tags, and what has an address or names somebody."""

    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    _open: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= set(given)
        self.addresses += [given[name] for name in ("href", "src") if name in given]
        if tag not in _VOID:
            self._open.append((tag, given.get("class", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"{opened} is closed by {tag}"

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._open and self._open[-1][1] == "mention":
            self.mentions.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def read(html: str) -> Drawn:
    """The HTML, whose tags are all closed."""
    drawn = Drawn()
    drawn.feed(html)
    drawn.close()
    return drawn
