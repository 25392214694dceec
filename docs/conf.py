"""Sphinx's settings for both languages; ``python -m handbook`` builds them one after the other."""

import sys
from pathlib import Path

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent)]

project = "yimi 一米"
author = "yimi"
copyright = "yimi, MIT"
language = "en"
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "handbook.sphinx_ext"]
exclude_patterns = ["pictures"]
templates_path = [str(_HERE / "_templates")]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
default_role = "py:obj"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
add_module_names = False

html_theme = "pydata_sphinx_theme"
html_title = "yimi 一米"
html_static_path = [str(_HERE / "_static")]
html_css_files = ["yimi.css"]
html_js_files = ["yimi.js"]
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False
html_theme_options = {
    "logo": {"text": "yimi 一米"},
    "show_prev_next": True,
    "show_toc_level": 2,
    "navigation_depth": 3,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "navbar_end": ["language", "theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "back_to_top_button": False,
}
html_sidebars = {"*": [], "tutorials/*": []}
