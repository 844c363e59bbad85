"""A self-contained HTML file: its content security policy forbids scripts and external files."""

from html import escape
from string import Template

_PAGE = Template("""<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>$title</title>
<style>
$style
</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
""")


def offline_page(language: str, title: str, style: str, body: str) -> str:
    """Return the file; `title` is plain text, `style` CSS and `body` HTML, both to be trusted."""
    return _PAGE.substitute(language=escape(language), title=escape(title), style=style, body=body)
