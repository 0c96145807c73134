"""`{% kept VALUE … %} … {% endkept %}`: a piece of a page that says the same wherever these values are the same.

Each process makes it once for each language and keeps it. Nothing that differs between two readers may stand in it but
by one of the values.
"""

from typing import Any

from django.template import Context, Library, NodeList
from django.template.base import FilterExpression, Node, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = Library()
MOST = 100


@register.tag
def kept(parser: Parser, token: Token) -> "Kept":
    """The tag."""
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodes = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(nodes, values)


class Kept(Node):
    """What is between the tags, and what was made of it so far."""

    child_nodelists = ()  # each time a page is rendered, Django looks everywhere for blocks: not here

    def __init__(self, nodes: NodeList, values: list[FilterExpression]) -> None:
        self.nodelist, self.values = nodes, values
        self.made: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = (get_language(), *(value.resolve(context) for value in self.values))
        found = self.made.get(key)
        if found is None:
            found = self.nodelist.render(context)
            if len(self.made) < MOST:
                self.made[key] = found
        return found
