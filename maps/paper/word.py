"""How does a brief become a Word file that an office circulates and edits?

The file holds fixed times only, so the same brief gives the same bytes, and no name of a person or
machine.  Word looks for the Chinese fonts on the reader's machine (``data/report.toml``).
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from geo.bundled import load_toml
from geo.text import one_line
from geo.words import language
from maps.paper.brief_parts import Picture, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.shared import RGBColor
    from docx.styles.style import ParagraphStyle
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

    from maps.paper.brief_parts import Block, Brief

_FIXED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)
_PAGE_CM = {"width": 21.0, "height": 29.7, "side": 2.0, "top": 2.2, "bottom": 2.0}
_TEXT_CM = _PAGE_CM["width"] - 2 * _PAGE_CM["side"]
_TWIPS_PER_CM = 1440 / 2.54
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RIGHT = '<w:jc w:val="right"/>'
_HEAD_FILL = "E8EEF2"
_MARK = "6F3D05"
_LONGEST_PROPERTY = 255
"""Characters of a document's title: Word takes no more."""
_PICTURE_MM = 225.0
"""Room for a picture on a page, in its height."""


def brief_docx(brief: Brief) -> bytes:
    """Return a brief as DOCX.

    Parameters
    ----------
    brief
        From `maps.paper.brief_sections.brief`.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import Material, brief, imprint_of
    >>> study = yimi.load(yimi.demo).settings
    >>> told = brief(Material(imprint_of(study, crs="EPSG:4548", lang="en")), {})
    >>> brief_docx(told)[:2]
    b'PK'
    """
    import docx  # noqa: PLC0415  (only those who write a brief need it)

    document = docx.Document()
    _set_up(document, brief)
    _heading(document, brief)
    for number, section in enumerate(brief.sections):
        heading = document.add_heading(section.title, level=1)
        heading.paragraph_format.page_break_before = number == 1
        for block in section.blocks:
            _write(document, block)
    out = io.BytesIO()
    document.save(out)
    return _same_bytes(out.getvalue())


def _set_up(document: Document, brief: Brief) -> None:
    """Set page, fonts, header, footer and the file's properties."""
    from docx.shared import Cm, RGBColor  # noqa: PLC0415
    from docx.styles.style import ParagraphStyle  # noqa: PLC0415

    page = document.sections[0]
    page.page_width, page.page_height = Cm(_PAGE_CM["width"]), Cm(_PAGE_CM["height"])
    page.left_margin = page.right_margin = Cm(_PAGE_CM["side"])
    page.top_margin, page.bottom_margin = Cm(_PAGE_CM["top"]), Cm(_PAGE_CM["bottom"])
    fonts = load_toml("report.toml")["docx"]
    ink = RGBColor(0, 0, 0)
    for name, east_asian, size in (
        ("Normal", fonts["text"], fonts["text_pt"]),
        ("Title", fonts["title"], fonts["title_pt"]),
        ("Heading 1", fonts["heading"], fonts["heading_pt"]),
        ("Heading 2", fonts["subheading"], fonts["text_pt"]),
        ("List Bullet", fonts["text"], fonts["text_pt"]),
        ("Caption", fonts["subheading"], fonts["note_pt"] + 1),
    ):
        style = document.styles[name]
        if isinstance(style, ParagraphStyle):
            _font(style, east_asian, size=size, colour=ink)
    head = page.header.paragraphs[0]
    head.text = "  ".join(text for text in (brief.imprint.name, brief.imprint.mark) if text)
    foot = page.footer.paragraphs[0]
    foot.text = f"{brief.imprint.map_number}    "
    _page_number(foot)
    for paragraph in (head, foot):
        for run in paragraph.runs:
            _run_font(run, fonts["table"], size=fonts["note_pt"])
    if brief.imprint.mark:
        head.runs[0].font.bold = True
        head.runs[0].font.color.rgb = RGBColor.from_string(_MARK)
    _properties(document, brief)


def _properties(document: Document, brief: Brief) -> None:
    about = document.core_properties
    about.title = f"{brief.imprint.name} {brief.title}"[:_LONGEST_PROPERTY]
    about.subject = brief.imprint.mark[:_LONGEST_PROPERTY]
    about.author = about.last_modified_by = "yimi"
    about.comments = about.keywords = ""
    about.created = about.modified = _FIXED
    about.language = language(brief.imprint.lang).html


def _heading(document: Document, brief: Brief) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415

    title = document.add_paragraph(style="Title")
    title.add_run(f"{brief.imprint.name}")
    title.add_run().add_break()
    title.add_run(brief.title)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line = document.add_paragraph(brief.imprint.lines[0])
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _write(document: Document, block: Block) -> None:
    if isinstance(block, Text):
        style = {"item": "List Bullet"}.get(block.style, "Normal")
        paragraph = document.add_paragraph(one_line(block.said), style=style)
        paragraph.paragraph_format.space_after = 0 if style == "List Bullet" else None
        if block.style == "note":
            fonts = load_toml("report.toml")["docx"]
            _run_font(paragraph.runs[0], fonts["text"], size=fonts["note_pt"])
    elif isinstance(block, Table):
        _table(document, block)
    else:
        _picture(document, block)


def _table(document: Document, block: Table) -> None:
    from docx.oxml import parse_xml  # noqa: PLC0415

    if block.title:
        caption = document.add_paragraph(one_line(block.title), style="Caption")
        caption.paragraph_format.keep_with_next = True
    after = document.add_paragraph()
    after.paragraph_format.space_after = 0
    after._element.addprevious(parse_xml(_table_xml(block)))  # noqa: SLF001  (no other way)


def _table_xml(block: Table) -> str:
    """Return a table as Word's XML: cell by cell through python-docx takes ten times as long."""
    total = sum(block.widths)
    widths = [round(_TEXT_CM * _TWIPS_PER_CM * width / total) for width in block.widths]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = "".join(
        _row_xml(cells, widths, block.numeric, header=number == 0)
        for number, cells in enumerate((block.head, *block.rows))
    )
    return (
        f'<w:tbl xmlns:w="{_W}"><w:tblPr><w:tblStyle w:val="TableGrid"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblLook w:val="0420" w:firstRow="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"{rows}</w:tbl>"
    )


def _row_xml(
    cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool], *, header: bool
) -> str:
    """Return a row that stays on one page; the head is repeated on the next one."""
    fonts = load_toml("report.toml")["docx"]
    latin, east_asian = quoteattr(fonts["latin"]), quoteattr(fonts["table"])
    half_points = round(2 * fonts["table_pt"])
    run = (
        f"<w:rPr><w:rFonts w:ascii={latin} w:hAnsi={latin} w:eastAsia={east_asian}/>"
        f'{"<w:b/>" if header else ""}<w:sz w:val="{half_points}"/></w:rPr>'
    )
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{_HEAD_FILL}"/>' if header else ""
    said = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr><w:p><w:pPr>'
        f'<w:spacing w:after="0"/>{_RIGHT if right else ""}</w:pPr><w:r>{run}'
        f'<w:t xml:space="preserve">{escape(one_line(text))}</w:t></w:r></w:p></w:tc>'
        for text, width, right in zip(cells, widths, numeric, strict=True)
    )
    repeated = "<w:tblHeader/>" if header else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{said}</w:tr>"


def _picture(document: Document, block: Picture) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Mm  # noqa: PLC0415

    width = block.width * min(1.0, 10 * _TEXT_CM / block.width, _PICTURE_MM / block.height)
    document.add_picture(io.BytesIO(block.png), width=Mm(width))
    paragraph = document.paragraphs[-1]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    described = paragraph.runs[0]._element.xpath(".//wp:docPr")[0]  # noqa: SLF001  (no other way)
    described.set("descr", one_line(block.alt))
    described.set("title", one_line(block.title))
    caption = document.add_paragraph(one_line(block.title), style="Caption")
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _font(style: ParagraphStyle, east_asian: str, *, size: float, colour: RGBColor) -> None:
    """Set the fonts of a style: Word takes the Chinese one from ``w:eastAsia`` only."""
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    style.font.name = load_toml("report.toml")["docx"]["latin"]
    style.font.size, style.font.color.rgb = Pt(size), colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), east_asian)


def _run_font(run: Run, east_asian: str, *, size: float) -> None:
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    run.font.name, run.font.size = load_toml("report.toml")["docx"]["latin"], Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east_asian)  # noqa: SLF001


def _page_number(paragraph: Paragraph) -> None:
    """Append a field that Word fills with the number of the page."""
    run = paragraph.add_run()
    for tag, attributes, text in (
        ("w:fldChar", {"w:fldCharType": "begin"}, None),
        ("w:instrText", {"xml:space": "preserve"}, "PAGE"),
        ("w:fldChar", {"w:fldCharType": "end"}, None),
    ):
        run._element.append(_element(tag, attributes, text))  # noqa: SLF001


def _element(tag: str, attributes: dict[str, str], text: str | None = None) -> BaseOxmlElement:
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(name), value)
    made.text = text
    return made


def _same_bytes(written: bytes) -> bytes:
    """Return the file with one fixed time on all its parts, in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as parts, zipfile.ZipFile(out, "w") as same:
        for part in parts.infolist():
            entry = zipfile.ZipInfo(part.filename, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            entry.create_system = 3
            same.writestr(entry, parts.read(part.filename))
    return out.getvalue()
