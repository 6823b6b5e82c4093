"""An assignment's round in JupyterHub: three servers, each of a user of its own, and nbgrader's exchange between them.

It needs what no other test does, and is skipped without: root, and `pip install jupyterhub configurable-http-proxy`,
which .ci/run does.
The students are accounts that every Debian has: nbgrader asks the system who somebody is, and so does the exchange.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from autograder.course import Course
from tests.conftest import ROOT, need
from tests.grading.conftest import marks, need_sandbox
from tests.grading.corpus import NAME, RIGHT, WRITTEN, release, text_of
from tests.grading.test_faults import command
from tests.grading.test_term import FULL, PART, mark

TEACHER, STUDENTS = "root", ("mail", "news")
EXCHANGE = "c.Exchange.root = {!r}\nc.CourseDirectory.course_id = 'small'\n"
CONFIGURATION = """\
import os
from jupyterhub.spawner import SimpleLocalProcessSpawner, set_user_setuid

class OwnHome(SimpleLocalProcessSpawner):
    def make_preexec_fn(self, name):
        become, home = set_user_setuid(name, chdir=False), self.home_dir
        return lambda: (become(), os.chdir(home))

c.JupyterHub.authenticator_class = "null"  # who has no token does not get in
c.JupyterHub.services = [{"name": "class", "api_token": TOKEN}]
c.JupyterHub.load_roles = [
    {"name": "class", "services": ["class"], "scopes": ["admin:users", "admin:servers", "tokens"]}
]
c.JupyterHub.bind_url, c.JupyterHub.hub_bind_url, c.ConfigurableHTTPProxy.api_url = ADDRESSES
c.ConfigurableHTTPProxy.command = [PROXY]
c.JupyterHub.spawner_class = OwnHome
c.SimpleLocalProcessSpawner.home_dir_template = FOLDER + "/{username}"
c.Spawner.cmd = [SERVER]
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
"""
LONG = 300  # seconds until a server answers: a loaded machine is no failure


class Hub:
    """A hub that runs, and what its users ask of it."""

    def __init__(self, address, token, folder, book):
        self.address, self.tokens = address, {"": token}
        self.folder, self.book = folder, book

    def ask(self, path, who="", method="GET", body=None, form=None):
        """What a path of the hub answers to who asks for it."""
        data = json.dumps(body).encode() if body is not None else urlencode(form or {}).encode()
        request = Request(self.address + path, data if method != "GET" else None, method=method)
        request.add_header("Authorization", f"token {self.tokens[who]}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=LONG) as answer:
            return json.loads(answer.read() or b"null")

    def start(self, name):
        """Start the server of a user, and wait until it answers."""
        users = f"/hub/api/users/{name}"
        self.ask(users, method="POST", body={})
        self.tokens[name] = self.ask(f"{users}/tokens", method="POST", body={})["token"]
        self.ask(f"{users}/server", method="POST", body={})
        until(lambda: self.ask(users)["server"])

    def assignments(self, name, action=""):
        """nbgrader's list of assignments, as a student's server has it, after an action if there is one."""
        path = f"/user/{name}/assignments"
        if action:
            form = {"course_id": "small", "assignment_id": NAME}
            found = self.ask(f"{path}/{action}", name, "POST", form=form)
        else:
            found = self.ask(f"{path}?course_id=small", name)
        assert found["success"], found
        return found["value"]

    def formgrader(self, action):
        """A click in formgrader."""
        path = f"/user/{TEACHER}/formgrader/api/assignment/{NAME}/{action}"
        found = self.ask(path, TEACHER, "POST", body={})
        assert found["success"], found


def until(state):
    """Wait for a state."""
    end = time.monotonic() + LONG
    while not (found := state()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def free_addresses():
    """Three addresses at which nobody listens."""
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for each in (one, two, three):
            each.bind(("127.0.0.1", 0))
        return [f"http://127.0.0.1:{each.getsockname()[1]}" for each in (one, two, three)]


@pytest.fixture
def folder():
    """A folder through which every account gets to its own, as it does not through pytest's."""
    made = Path(tempfile.mkdtemp(prefix="gradus-hub-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def hub(folder):
    """The hub, in whose folder each user has a home; the teacher's is the course."""
    need("jupyterhub")
    need("its proxy")
    if os.geteuid():
        pytest.skip("it needs root")
    programs = [
        shutil.which(name)
        for name in ("jupyterhub", "configurable-http-proxy", "jupyterhub-singleuser")
    ]
    for name in STUDENTS:
        try:
            subprocess.run([programs[2], "--version"], user=name, check=True, cwd="/", env={})
        except PermissionError:
            pytest.skip(f"{name} may not run {programs[2]}, or its Python")
    need_sandbox()
    exchange = EXCHANGE.format(str(folder / "exchange"))
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o777)
    book = release(folder / TEACHER)
    shutil.copy(ROOT / "nbgrader_config.py", folder / TEACHER)
    with (folder / TEACHER / "nbgrader_config.py").open("a") as stream:
        stream.write(exchange)
    for name in STUDENTS:
        (folder / name).mkdir()
        (folder / name / "nbgrader_config.py").write_text(f"c = get_config()\n{exchange}")
        (folder / name).chmod(0o700)
        shutil.chown(folder / name, name)
    token, addresses = secrets.token_hex(), free_addresses()
    values = {
        "TOKEN": token,
        "ADDRESSES": addresses,
        "PROXY": programs[1],
        "SERVER": programs[2],
        "FOLDER": str(folder),
    }
    lines = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    config = folder / TEACHER / "jupyterhub_config.py"
    config.write_text(f"{lines}\n{CONFIGURATION}")
    config.chmod(0o600)
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [programs[0], f"--config={config}"], cwd=config.parent, stdout=log, stderr=log
    )

    def is_up():
        assert process.poll() is None, (folder / "log").read_text()
        return "JupyterHub is now running" in (folder / "log").read_text()

    try:
        until(is_up)
        yield Hub(addresses[0], token, folder, book)
    finally:
        process.terminate()  # it ends its proxy and its servers
        process.wait()
        log.close()


def hand_in(hub, student, answers):
    """Write answers into the notebook that was fetched, and submit it, in the student's server."""
    body = {"type": "notebook", "content": json.loads(text_of(hub.book.blank(**answers)))}
    hub.ask(f"/user/{student}/api/contents/{NAME}/{NAME}.ipynb", student, "PUT", body=body)
    hub.assignments(student, "submit")


def feedback(hub, student):
    """The points on each page of feedback in the student's folder, in the order of the submissions."""
    hub.assignments(student, "fetch_feedback")
    pages = sorted((hub.folder / student / NAME / "feedback").glob(f"*/{NAME}.html"))
    assert pages
    heads = [
        re.search(r"<h4>\w+ \(Score: (\S+) / (\S+)\)</h4>", page.read_text()) for page in pages
    ]
    return [float(head[1]) for head in heads]


def test_a_round_in_jupyterhub(hub):
    course = Course.find(hub.folder / TEACHER)
    for name in (TEACHER, *STUDENTS):
        hub.start(name)
    with pytest.raises(HTTPError, match="403"):
        hub.ask("/user/mail/api/contents", "news")

    hub.formgrader("release")
    for student in STUDENTS:
        assert [found["status"] for found in hub.assignments(student)] == ["released"]
        hub.assignments(student, "fetch")
        fetched = hub.folder / student / NAME
        released = course.directory / "release" / NAME
        assert {file.name for file in fetched.iterdir()} == {f.name for f in released.iterdir()}

    # Nor does the system let one look for the other's work.
    inbound = hub.folder / "exchange" / "small" / "inbound"
    for place in (inbound, hub.folder / "mail"):
        assert subprocess.run(["ls", place], user="news", capture_output=True).returncode == 2

    part = {"scale": RIGHT["scale"]}
    hand_in(hub, "mail", part)
    hand_in(hub, "news", RIGHT)
    round_of_the_teacher(hub, course, {"mail": PART, "news": FULL})
    assert feedback(hub, "mail") == [PART + WRITTEN]
    assert feedback(hub, "news") == [FULL + WRITTEN]

    # A second attempt: it counts, and the feedback on the first stays.
    hand_in(hub, "mail", RIGHT)
    round_of_the_teacher(hub, course, {"mail": FULL, "news": FULL})
    assert feedback(hub, "mail") == [PART + WRITTEN, FULL + WRITTEN]
    assert feedback(hub, "news") == [FULL + WRITTEN]


def round_of_the_teacher(hub, course, expected):
    """Collect, grade, mark the written question, give feedback."""
    hub.formgrader("collect")
    assert command(course, "grade", NAME)[0] == 0
    for student in STUDENTS:
        mark(course, student, NAME, WRITTEN)
    points = {student: sum(found.values()) for student, found in marks(course, NAME).items()}
    assert points == {student: most + WRITTEN for student, most in expected.items()}
    assert command(course, "feedback", NAME)[0] == 0
    hub.formgrader("release_feedback")
