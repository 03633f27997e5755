"""Diagnostics, plans and reports to terminal text, JSON, Markdown and SVG. Colours and widths live here only."""
