"""S3's XML: written from nested pairs, read into plain elements without namespaces."""

from collections.abc import Iterable
from typing import cast
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from farm.storage.errors import S3Error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

Node = tuple[str, "str | Iterable[Node]"]


def document(name: str, children: Iterable[Node] = (), *, namespace: str = NAMESPACE) -> bytes:
    root = Element(name, {"xmlns": namespace} if namespace else {})
    _fill(root, children)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8")


def _fill(parent: Element, children: Iterable[Node]) -> None:
    for name, content in children:
        child = SubElement(parent, name)
        if isinstance(content, str):
            child.text = content
        else:
            _fill(child, content)


def parsed(body: bytes) -> Element:
    """The root element, tags without their namespace. Raises S3Error for what is no XML, or defines entities."""
    try:
        root = cast(Element, fromstring(body, forbid_dtd=True))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise S3Error("MalformedXML", "The XML you provided was not well-formed.") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root
