"""A page taken apart: its tags, its texts and its scripts."""

from html.parser import HTMLParser

from l1ad.report.charts import Chart, Heatmap
from l1ad.report.document import Document, Paragraph, Section, Table
from l1ad.report.html import html_document
from l1ad.report.slider import Slider


class Page(HTMLParser):
    """Tags with their attributes, texts by tag, and whatever is inside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = [("", {})]
        self.text: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1]
        if tag == "script" and data.strip():
            self.scripts.append((attributes, data))
        else:
            self.text.append(data)

    def attributes_of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def only(block: Paragraph | Table | Chart | Heatmap | Slider) -> Page:
    section = Section(id="part", title="Part", blocks=(block,))
    return Page(html_document(Document(title="T", subtitle="", verdicts=(), sections=(section,))))
