"""The symbol on the page: an SVG drawing, ours or a deployer's, read so strictly that it can only be a drawing.

Keeps true that nothing of the file but shapes, colours and places reaches the page: no script, style, link, image,
text or entity, and nothing that would be fetched. Our own hand takes the same road as anybody's drawing, so the road
is walked on every page. What is refused is an error at the start and never a symbol with something missing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup, escape

from blocker.errors import ConfigError, Fault

MAX_BYTES = 32 * 1024  # it travels with every page
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = frozenset({
    "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "clipPath", "title",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "d", "cx", "cy", "r", "rx", "ry", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "points", "transform",
    "viewBox", "fill", "fill-rule", "fill-opacity", "clip-rule", "stroke", "stroke-width", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-opacity", "opacity", "clip-path", "id",
    "class", "lang",
})  # fmt: skip
# The parts that the page's dark, printed and forced colours know; what has no class keeps its own colours.
CLASSES = frozenset({"disc", "palm", "lines"})
_VALUE = re.compile(r"[\w#.,%+\- ()\n\t]*", re.ASCII)
_ID = re.compile(r"[A-Za-z][\w-]{0,63}", re.ASCII)
_REFERENCE = re.compile(r"url\(#([A-Za-z][\w-]{0,63})\)", re.ASCII)
_FUNCTIONS = frozenset({
    "matrix", "translate", "scale", "rotate", "skewX", "skewY", "rgb", "rgba", "hsl", "hsla",
})  # fmt: skip
_BOX = re.compile(r"-?[\d.]+( -?[\d.]+){3}")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A drawing that may stand in the page."""

    box: str
    """Its viewBox."""
    shapes: Markup
    titles: Mapping[str, str]
    """What it shows, by language; without any, it is an ornament to those who cannot see it."""


def read_symbol(data: bytes, file: str) -> Symbol:
    """Read a drawing; `file` is its name in faults.

    Raises:
        ConfigError: if it is no SVG drawing, or has anything in it but shapes.
    """
    try:
        return _read(data)
    except (ValueError, ET.ParseError, RecursionError) as error:
        message = f"{error}; the page takes an SVG drawing of plain shapes (docs/PAGE.md has the list)"
        raise ConfigError([Fault(file, 1, 1, "symbol", message)]) from error


def _read(data: bytes) -> Symbol:
    if len(data) > MAX_BYTES:
        raise ValueError(f"the file has {len(data)} bytes; {MAX_BYTES} are the most, for it travels with every page")
    text = data.decode("utf-8-sig")
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise ValueError("a document type is not taken")
    root = ET.fromstring(text)  # noqa: S314 - no document type, so no entity; and small
    if root.tag != f"{SVG}svg":
        raise ValueError("this is no SVG")
    box = " ".join(root.get("viewBox", "").replace(",", " ").split())
    if not _BOX.fullmatch(box):
        raise ValueError("the drawing has no viewBox of four numbers")
    titles = {each.get("lang", ""): (each.text or "").strip() for each in root.iter(f"{SVG}title")}
    shapes = Markup("").join(_written(child) for child in root)
    return Symbol(box, shapes, {language: title for language, title in titles.items() if title})


def _written(element: ET.Element) -> Markup:
    """Return an element as we write it; what has no place in a drawing raises ValueError."""
    name = element.tag.removeprefix(SVG)
    if name not in SHAPES or not element.tag.startswith(SVG):
        raise ValueError(f"<{name}> is no shape")
    attributes = Markup("").join(_attributes(element))
    if name == "title":
        return Markup("")  # the page says it as a label
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise ValueError(f"<{name}> holds text")
    inner = Markup("").join(_written(child) for child in element)
    return Markup("<{0}{1}>{2}</{0}>").format(name, attributes, inner)


def _attributes(element: ET.Element) -> Iterator[Markup]:
    for key, value in element.attrib.items():
        if key not in ATTRIBUTES:
            raise ValueError(f"the attribute {key} is not taken")
        yield Markup(' {}="{}"').format(key, escape(_value(key, value)))


def _value(key: str, value: str) -> str:
    """Return an attribute's value; ids get a prefix of their own, so that they never meet those of the page."""
    if key == "id" and _ID.fullmatch(value):
        return f"symbol-{value}"
    if reference := _REFERENCE.fullmatch(value):
        return f"url(#symbol-{reference[1]})"
    if key == "class" and set(value.split()) <= CLASSES:
        return value
    functions = set(re.findall(r"([\w-]+)\s*\(", value, re.ASCII))
    if key in {"id", "class"} or not _VALUE.fullmatch(value) or not functions <= _FUNCTIONS:
        raise ValueError(f'{key}="{value[:40]}" is not taken')
    return value
