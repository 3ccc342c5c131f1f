"""Panels as other packages bring them, good and broken, as if they were installed."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOY = """import { h, order, panel, valueOf } from "/static/js/public.js";
let pressed = 0;
export default {
  title: "Toy", key: "z", help: ["A toy."],
  keys: { q: () => { pressed += 1; }, "!": () => { pressed = 99; }, p: () => { pressed = 98; } },
  view: () => panel("A toy", [
    h("p", null, `charge ${valueOf("lander", "state_of_charge")?.[2]}, pressed ${pressed}`),
    h("input", { "aria-label": "toy text", key: "text" }),
  ]),
};
"""
FILES = {
    "toy/panel.js": TOY,
    "toy/__init__.py": "raise RuntimeError('nothing of it runs here')\n",
    "toy/style.css": "p { color: red }\n",
    "tired/panel.js": "let n = 0;\nexport default { title: 'Tired', view: () => {"
                      " throw new Error('tired ' + ++n); } };\n",
    "odd/panel.js": "import { h } from '/static/js/public.js';\nexport default { title: 'Odd',"
                    " view: () => [h('p', null, 'half'), h('no tag', null)],"
                    " freshen: async () => { throw new Error('late'); } };\n",
    "bad/panel.js": "export default {;\n",
    "shy/panel.js": "export default { title: 'Shy' };\n",
    "bare/__init__.py": "",
    "single.py": "",
    "ends/__init__.py": "raise SystemExit(3)\n",
    "ends/panel/panel.js": TOY,
    "gives_up/__init__.py": "class Over(BaseException): ...\nraise Over('not on this system')\n",
}  # fmt: skip
ENTRIES = """[threeforks.console]
toy = toy
tired = tired
odd = odd
bad = bad
shy = shy
bare = bare
single = single
nowhere = nowhere
ends = ends.panel
gives_up = gives_up.panel
Big = toy
twice = toy
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two packages that are found here, and in what is started from here."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for name, entries in (("toys", ENTRIES), ("more", "[threeforks.console]\ntwice = tired\n")):
        package = folder / f"{name}-1.0.dist-info"
        package.mkdir()
        (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (package / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{ROOT}")
