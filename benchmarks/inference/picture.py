"""Draws the contenders' times as bars, in SVG."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, LEFT, ROW, BAR = 720, 170, 44, 26


def draw(path: Path, title: str, bars: list[tuple[str, float, str]]) -> None:
    """`bars`: name, seconds, and what stands behind the bar."""
    longest = max(seconds for _, seconds, _ in bars)
    height = 56 + ROW * len(bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="14" role="img" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="16" font-weight="bold" fill="#1f2933">{escape(title)}</text>',
    ]
    for number, (name, seconds, note) in enumerate(bars):
        top = 48 + ROW * number
        length = max((WIDTH - LEFT - 170) * seconds / longest, 2)
        color = "#0b6e99" if number == 0 else "#9aa5b1"
        lines += [
            f'<text x="{LEFT - 12}" y="{top + 18}" text-anchor="end" fill="#1f2933">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR}" rx="3" fill="{color}"/>',
            f'<text x="{LEFT + length + 8:.1f}" y="{top + 18}" fill="#1f2933">{escape(note)}</text>',
        ]
    path.write_text("\n".join([*lines, "</svg>", ""]))
