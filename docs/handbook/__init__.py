"""What does the documentation say that no hand should copy: settings, commands, tables, rules?

Pages of ``docs/zh`` and ``docs/en`` are written by hand; a block ```` ```{handbook} settings ````
in one of them is filled by the build with what the code and ``data/`` say.  ``python -m handbook``
builds the site.
"""
