"""The sandbox: what a submission can reach, what it may use, and that it leaves nothing behind.

Each attack is bounded by itself too, so that a sandbox that fails cannot harm the machine.
"""

import contextlib
import ctypes
import functools
import os
import platform
import re
import signal
import socket
import struct
import tempfile
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import autograder
from autograder.course import Course, CourseError
from autograder.grade.execution import MAX_BLAMELESS, execute
from autograder.sandbox import calls, host
from autograder.sandbox.host import Limits, Lost, Sandbox, SandboxError
from autograder.sandbox.inside import isolate
from autograder.sandbox.inside.memory import forgets
from gradus import values
from gradus.verdict import examine
from tests.conftest import ROOT
from tests.grading.conftest import OTHER, RIGHT, plans

SHORT = Limits(cell_seconds=3, case_seconds=2, grace_seconds=1, run_seconds=60)

pytestmark = pytest.mark.usefixtures("bubblewrap")


@functools.cache
def server(kind, limits):
    """One sandbox for all tests with the same limits: each finds it as the last one left it."""
    return Sandbox(kind, limits)


def output(source, limits=SHORT):
    """What one cell prints in the sandbox."""
    return execute([(0, source)], plans(), server("bubblewrap", limits)).cells[0].output


def shown_in_tmp():
    """What a submission finds in its /tmp: nothing, but for Python and the book where they lie there."""
    return sorted({path.parts[2] for path in host._read_only() if path.is_relative_to("/tmp")})


def earned(*sources, kind="bubblewrap", limits=SHORT):
    """Points of the two exercises after the cells ran."""
    found = plans()
    run = execute(list(enumerate(sources)), found, server(kind, limits))
    return [examine(plan, run.outcomes[plan.exercise]).earned for plan in found]


def test_no_file_of_the_course_or_of_a_home_can_be_read(tmp_path):
    course = Course.find(ROOT, directory=tmp_path / "course")
    course.secret()
    root = Path(autograder.__file__).parents[1]
    private = [
        tmp_path,
        course.directory,
        course.directory / ".secret",
        root / "solutions",
        root / "chapters",
        root / "autograder",
        root / ".git",
        Path.home() / ".bashrc",
        Path("/etc/passwd"),
        Path("/home"),
        Path("/var"),
    ]
    said = output(
        f"import os\nprint([p for p in {list(map(str, private))!r} if os.path.exists(p)])"
    )
    assert said.strip() == "[]"
    # Nor through the files of other processes: there are none but init, and what it has is not readable.
    said = output("import os\nprint(sorted(p for p in os.listdir('/proc') if p.isdigit()))")
    assert said.strip() == "['1']"
    said = output(
        "import os\ntry:\n    print(os.listdir('/proc/1/root/'))\nexcept OSError as e:\n    print('refused')"
    )
    assert "solutions" not in said
    # The references cannot be imported.
    assert "ModuleNotFoundError" in output(
        "try:\n    import solutions\nexcept ImportError as e:\n    print(repr(e))"
    )


def test_nothing_can_be_written_but_in_its_own_folder():
    tried = [
        "/x",
        "/opt/gradus/x",
        "/opt/gradus/gradus/__init__.py",
        "/usr/lib/x",
        "/dev/x",
        os.__file__,
    ]
    said = output(
        f"for path in {tried!r}:\n"
        "    try:\n        open(path, 'a')\n        print('written', path)\n"
        "    except OSError:\n        pass\n"
        "open('/tmp/mine', 'w').write('x'); print('own folder')"
    )
    assert said.strip() == "own folder"


def test_a_project_that_lies_in_tmp_has_its_packages(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="a project ") as folder:
        package, setting = Path(folder, "packages"), Path(folder, "setting.cfg")
        package.mkdir()
        Path(package, "late.py").write_text("answer = 42\n")
        setting.write_text("here\n")
        setting.chmod(0o666)
        package.chmod(0o777)
        shown = [*host._read_only(), package, setting]
        monkeypatch.setattr(host, "_read_only", lambda: shown)
        source = (
            f"import os, sys\nsys.path.append({str(package)!r})\nimport late\n"
            f"print(late.answer, open({str(setting)!r}).read().strip(), sorted(os.listdir('/tmp')))\n"
            f"for path in ({str(setting)!r}, {str(package / 'x')!r}):\n"
            "    try:\n        open(path, 'a')\n    except OSError as error:\n        print(error.strerror)"
        )
        with contextlib.closing(Sandbox("bubblewrap", SHORT)) as box:
            assert Path(folder).name in shown_in_tmp()
            for _ in range(2):  # the second finds it, too
                said = execute([(0, source)], plans(), box).cells[0].output
                assert said.splitlines() == [
                    f"42 here {shown_in_tmp()}",
                    *["Read-only file system"] * 2,
                ]


def test_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = output(
            "import socket\n"
            f"try:\n    socket.create_connection(('127.0.0.1', {port}), timeout=1)\n    print('connected')\n"
            "except OSError:\n    print('refused')\nprint(open('/proc/net/dev').read().count(':'))"
        )
    assert said.splitlines()[0] == "refused"
    assert said.splitlines()[1] in "01"  # at most the loopback of its own


def test_no_privilege_and_no_new_namespace():
    said = output(
        "import ctypes, os\n"
        "status = dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)\n"
        "print(os.getuid() != 0, int(status['CapEff'], 16), int(status['CapBnd'], 16), status['NoNewPrivs'])\n"
        "print(ctypes.CDLL(None).unshare(0x10000000))\n"  # CLONE_NEWUSER
        "print(sorted(os.environ))"
    )
    first, unshare, names = said.splitlines()
    assert first == ("True 0 0 1" if os.geteuid() == 0 else first)
    assert first.endswith("0 0 1")
    assert unshare == "-1"
    assert not [name for name in os.environ if name.startswith("GRADUS") and name in names]


def test_a_fork_storm_is_bounded():
    said = output(
        "import os, time\ncount = 0\n"
        "for _ in range(100):\n"
        "    try:\n        child = os.fork()\n"
        "    except OSError:\n        break\n"
        "    if child == 0:\n        time.sleep(1); os._exit(0)\n"
        "    count += 1\n"
        "print(count)"
    )
    assert 1 <= int(said) < SHORT.processes


def test_memory_disk_and_output_are_bounded():
    assert earned("x = bytearray(3 * 2**30)", RIGHT, OTHER) == [2, 1]
    assert (
        output("try:\n    x = bytearray(3 * 2**30)\nexcept MemoryError:\n    print('no')").strip()
        == "no"
    )
    said = output(
        "size = 0\n"
        "try:\n    with open('big', 'wb') as file:\n"
        "        for _ in range(100):\n            file.write(bytes(2**20)); file.flush(); size += 1\n"
        "except OSError:\n    print(size)"
    )
    assert int(said) <= SHORT.file_bytes >> 20
    said = output(
        "total = 0\n"
        "try:\n    for number in range(20):\n        open(f'part{number}', 'wb').write(bytes(10 * 2**20)); total += 10\n"
        "except OSError:\n    print(total)"
    )
    assert int(said.splitlines()[0]) <= SHORT.folder_bytes >> 20
    said = output("for _ in range(100):\n    print('x' * 2**20)")
    assert len(said) < SHORT.output_chars + 100
    assert said.endswith("left out")


def test_nothing_is_left_running():
    mark = f"left-{os.getpid()}-{time.monotonic_ns()}"
    run = execute(
        [
            (
                0,
                "import os, sys, threading, time\n"
                "threading.Thread(target=time.sleep, args=(30,)).start()\n"
                "if os.fork() == 0:\n"
                "    os.setsid()\n"
                f"    os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(30)', {mark!r}])\n",
            ),
            (1, RIGHT),
        ],
        plans(),
        server("bubblewrap", SHORT),
    )
    assert [outcome.kind for outcome in run.outcomes["doubled"]] == ["returned"] * 3
    left = []
    for _ in range(50):
        left = [
            pid
            for pid in filter(str.isdigit, os.listdir("/proc"))
            if mark.encode() in _command(pid)
        ]
        if not left:
            break
        time.sleep(0.1)
    assert not left


def _command(pid):
    try:
        return Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return b""


HANG = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"


@pytest.mark.parametrize(
    "cell",
    [
        "while True: pass",
        HANG,
        "import numpy as np\nfor _ in range(10**6): np.linalg.svd(np.ones((300, 300)))",
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
        "def down(n): return down(n + 1)\ndown(0)",
        "import os\nfor file in range(3, 20):\n    try:\n        os.close(file)\n    except OSError: pass",
        "exit()",
        "raise SystemExit(3)",
        "input('a number: ')",
        "%matplotlib inline\n!pip install torch\n%pip install torch",
        "%%bash\necho hello",
        "x = 1 +",
        "1 / 0",
        "import sys\nsys.stdout = sys.stderr = None\nsys.exit = print",
        "import sys\nsys.setrecursionlimit(10)",
    ],
)
def test_a_cell_costs_only_itself(cell):
    assert earned(RIGHT, cell, OTHER) == [2, 1]


END = "import os; os._exit(1)"


@pytest.mark.parametrize("count", [7, 8, 9, 40])
def test_so_many_cells_that_end_the_process_cost_only_themselves(count):
    """What an answer uses stands between them, some of it no plain definition; one stands on a right answer."""
    uses = "def other(x):\n    return x + float(one[0])"
    sources = [f"{END}\n{RIGHT}", *[END] * (count - 1)]
    sources[count // 2 : count // 2] = ["import numpy as np\none = np.ones(1) + 0"]
    assert earned(*sources, uses) == [0, 1]
    assert earned(*sources, uses, RIGHT) == [2, 1]


def test_where_they_take_long_definitions_are_run():
    """Cells before them that are slow, and what was not yet run, are cut; what was quick stays whole."""
    limits = replace(SHORT, run_seconds=3, cell_seconds=1, grace_seconds=0.2)
    quick = "import numpy as np\none = np.ones(1) + 0"
    slow = "import time\nprint('slow')\ntime.sleep(0.7)\nTWO = 2.0"
    uses = "def other(x):\n    return x + float(one[0])"
    found = plans()
    sources = [quick, slow, uses, *[END] * 40, f"{END}\n{RIGHT}".replace("2.0", "TWO")]
    sources.insert(20, "class Late:\n    import os; os._exit(0)")
    begun = time.monotonic()
    run = execute(list(enumerate(sources)), found, server("bubblewrap", limits))
    assert time.monotonic() - begun < 9
    assert [examine(plan, run.outcomes[plan.exercise]).earned for plan in found] == [2, 1]
    (note,) = run.notes
    said = re.fullmatch(
        r"its process ended (\d+) times, which took longer than 3 s \(run_seconds\): "
        r"of (\d+) of its cells only the definitions were run",
        note,
    )
    # How many runs fit into the time is the machine's; the cell that ended each is left out, not cut.
    assert sum(map(int, said.groups())) == 42
    assert (run.cells[1].error, run.cells[1].output) == ("", "slow\n")
    assert run.cells[20].error == run.cells[3].error == "ProcessEnded"
    assert run.cells[43].message.startswith("the cells together ended its process again and again")


def test_so_many_exercises_whose_calls_end_the_notebook_cost_only_themselves():
    ends = "def ends_{0}(x):\n    import os, signal; os.kill(os.getppid(), signal.SIGKILL)\n    return x"
    doubled, other = plans()
    numbers = range(10)
    found = [replace(other, exercise=f"ends_{number}") for number in numbers] + [doubled, other]
    sources = [RIGHT, OTHER, *map(ends.format, numbers)]
    run = execute(list(enumerate(sources)), found, server("none", SHORT))
    assert [examine(p, run.outcomes[p.exercise]).earned for p in found] == [0] * 10 + [2, 1]
    assert run.notes == []


def test_a_notebook_that_ends_by_itself_before_any_call_is_given_up():
    """Nothing is to blame, so nothing is left out of the next run: their number is bounded."""
    slow = Limits(cell_seconds=3, case_seconds=2, grace_seconds=1, run_seconds=60)
    box = server("bubblewrap", slow)
    gone, found = Lost("killed", "it ended its process"), plans()
    sent = []

    def send(connection, value, seconds):
        if isinstance(value, dict):
            sent.append(value)
            raise gone
        return whole(connection, value, seconds)

    whole = host.Connection.send
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host.Connection, "send", send)
        run = execute([(0, RIGHT), (1, OTHER)], found, box)
    assert len(sent) == MAX_BLAMELESS
    assert run.notes[0] == "`doubled` was left out: the notebook ended its process 8 times"
    assert {o.kind for name in run.outcomes for o in run.outcomes[name]} == {"killed"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("while True: pass", "took too long"),
        (HANG.replace("\n", "\n    "), "took too long"),
        ("import os; os._exit(0)", "ended its process"),
        ("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "returned None"),
        ("import os, signal; os.kill(-1, signal.SIGKILL)", "No such process"),
        ("import ctypes; ctypes.string_at(0)", "ended its process"),
        ("return bytearray(3 * 2**30)", "too much memory"),
        # With both arguments: up to 3.13.7, CPython counts no depth where one is left out (gh-132744).
        ("return doubled(x, times)", "raised RecursionError"),
        ("import sys; sys.exit()", "raised SystemExit"),
        ("return input()", "raised RuntimeError"),
        ("return __import__('numpy').zeros(2**23)", "got a result of"),
        ("return object()", "got an object"),
        ("y = []; y.append(y); return y", "got a list"),
        (
            "class Liar(__import__('numpy').ndarray):\n        __eq__ = lambda a, b: True\n    return x.view(Liar)",
            "the argument `x` as it was given",
        ),
    ],
)
def test_a_call_costs_only_its_exercise(body, says):
    wrong = f"def doubled(x, times=1):\n    {body}"
    found = plans()
    run = execute([(0, wrong), (1, OTHER)], found, server("bubblewrap", SHORT))
    verdicts = [examine(plan, run.outcomes[plan.exercise], reveal=False) for plan in found]
    assert [verdict.earned for verdict in verdicts] == [0, 1]
    assert says in verdicts[0].message


def test_frames_that_a_submission_forges_gain_nothing():
    forge = (
        "import os, struct\nfrom gradus import values\n"
        "for file in range(3, 20):\n"
        "    for said in ({'ready': True}, {'kind': 'returned', 'value': 1.0}, {'points': 2}):\n"
        "        data = values.pack(said)\n"
        "        try:\n            os.write(file, struct.pack('<I', len(data)) + data)\n"
        "        except OSError: pass\n"
    )
    assert earned(forge) == [0, 0]
    # The cell that forges is dropped; what is right stays right.
    assert earned(RIGHT, forge, OTHER) == [2, 1]
    garbage = "import os\nfor file in range(3, 20):\n    try:\n        os.write(file, b'\\xff' * 64)\n    except OSError: pass"
    assert earned(RIGHT, garbage, OTHER) == [2, 1]


@pytest.mark.parametrize(
    "answer",
    [
        "def doubled(x, times=1):\n    return (x * 2.0**times).astype('float32')",
        "def doubled(x, times=1):\n    return [float(v) * 2.0**times for v in x]",
        "def doubled(y, n):\n    import sys; print('noise', file=sys.stderr)\n    return y * 2.0**n",
        "doubled = lambda x, times=1: x * 2.0**times",
        "%%time\ndef doubled(x, times=1):\n    return x * 2.0**times",
        "def doubled(x, times=1):\n    return x\n" + RIGHT,
        "import numpy as np\ndef doubled(x, times=1):\n    return np.asarray(x, dtype=np.longdouble) * 2**times",
    ],
)
def test_a_right_answer_is_right_however_it_is_written(answer):
    assert earned(answer) == [2, 0]


def test_a_string_out_of_an_array_arrives_as_the_string_that_it_holds(monkeypatch):
    monkeypatch.syspath_prepend(Path(isolate.__file__).parent)
    from gradus.calling import as_data

    (word,) = np.array(["frozen"])
    assert values.unpack(values.pack(as_data((word, 1.0)))) == ("frozen", 1.0)


def test_an_answer_that_changes_its_argument_is_told():
    found = plans()
    run = execute(
        [(0, "def doubled(x, times=1):\n    x *= 2.0**times\n    return x")],
        found,
        server("bubblewrap", SHORT),
    )
    verdict = examine(found[0], run.outcomes["doubled"], reveal=False)
    assert verdict.earned == 0
    assert "`x` in place" in verdict.message


# A file would be put back as the cells have left it.
SHARED = (
    "import mmap, tempfile\nwith tempfile.TemporaryFile() as file:\n"
    "    file.truncate(8)\n    calls = mmap.mmap(file.fileno(), 8)"
)


def test_a_hanging_answer_is_called_once():
    hangs = "def doubled(x, times=1):\n    calls[0] += 1\n    while True: pass"
    counts = "def other(x):\n    return x + 1.0 if calls[0] == 1 else 0"
    assert earned(SHARED, hangs, counts) == [0, 1]


def test_the_whole_run_is_bounded():
    limits = replace(SHORT, cell_seconds=1, run_seconds=3)
    begun = time.monotonic()
    hangs = "def other(x, y=(lambda: [0 for _ in iter(int, 1)])()): pass"
    assert earned(RIGHT, *[hangs] * 30, OTHER, limits=limits) == [0, 0]
    assert time.monotonic() - begun < 20


def test_own_cells_within_the_limit_of_a_cell_cost_no_exercise_its_points():
    limits = replace(SHORT, cell_seconds=1, run_seconds=3)
    own = "import time\ntime.sleep(0.7)\nslept = True"
    for cells in ([RIGHT, *[own] * 8, OTHER], [*[own] * 8, RIGHT, OTHER]):
        found = plans()
        run = execute(list(enumerate(cells)), found, server("bubblewrap", limits))
        assert [examine(p, run.outcomes[p.exercise]).earned for p in found] == [2, 1]
        assert run.notes == [
            "its cells together took longer than 3 s (run_seconds): of 8 of them only the definitions were run"
        ]
        assert "too long" in run.cells[7].message
    assert earned(RIGHT, *["while True: pass"] * 20, OTHER, limits=limits) == [2, 1]


def test_a_long_sum_in_a_notebook_of_slow_cells_is_read():
    limits = replace(SHORT, run_seconds=3, cell_seconds=1.5, grace_seconds=0.2)
    long = "+".join(["1"] * 1500)
    sources = [
        f"y = {long}\nz = {'-' * 1200}1",
        f"def one(f):\n    return f\n@one\ndef doubled(x, times=1):\n    return x * 2.0**times + 0 * ({long})",
        *["import time\ntime.sleep(1)"] * 3,
        "other = lambda x: x + 1.0\nprint('an experiment')",
    ]
    assert earned(*sources, limits=limits) == [2, 1]


def test_slow_calls_cost_no_other_exercise_its_points():
    limits = replace(SHORT, run_seconds=1, cell_seconds=1, exercise_seconds=2)
    slow = RIGHT.replace("\n", "\n    import time; time.sleep(1.2)\n", 1)
    found = plans()
    run = execute([(0, slow), (1, OTHER)], found, server("bubblewrap", limits))
    assert [o.kind for o in run.outcomes["doubled"]].count("returned") == 1
    assert examine(found[1], run.outcomes["other"]).earned == 1
    assert run.notes == ["the calls of `doubled` together took longer than 2 s (exercise_seconds)"]
    # What the cells took is not taken from the calls.
    calls = RIGHT.replace("\n", "\n    import time; time.sleep(0.4)\n", 1)
    assert earned("import time; time.sleep(0.8)", calls, OTHER, limits=limits) == [2, 1]


def test_without_a_sandbox_the_same_is_graded():
    limits = replace(SHORT, case_seconds=1)
    assert earned(RIGHT, "import os; os._exit(1)", OTHER, kind="none", limits=limits) == [2, 1]
    assert earned(
        "def doubled(x, times=1):\n    while True: pass", OTHER, kind="none", limits=limits
    ) == [0, 1]


def test_a_machine_without_bubblewrap_is_told_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    host._trouble.cache_clear()
    try:
        with pytest.raises(CourseError, match="apt-get install bubblewrap.*--sandbox none"):
            host.require("bubblewrap")
        host.require("none")
        with pytest.raises(
            CourseError, match="--sandbox: expected one of bubblewrap, none; got 'docker'"
        ):
            host.require("docker")
    finally:
        host._trouble.cache_clear()


def test_a_bubblewrap_that_does_not_work_is_found_out_by_trying(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    host._trouble.cache_clear()
    try:
        with pytest.raises(CourseError, match="does not work here .*No permissions"):
            host.require("bubblewrap")
    finally:
        host._trouble.cache_clear()


def test_what_cells_leave_running_does_not_stand_in_the_way_of_calls():
    many = (
        "import os, time\n"
        "for _ in range(40):\n"
        "    try:\n        child = os.fork()\n    except OSError:\n        break\n"
        "    if child == 0:\n        time.sleep(30); os._exit(0)\n"
    )
    assert earned(RIGHT, many, OTHER) == [2, 1]
    spin = "import threading\ndef spin():\n    while True: pass\nfor _ in range(3): threading.Thread(target=spin, daemon=True).start()"
    assert earned(RIGHT, spin, OTHER) == [2, 1]


def test_one_submission_finds_nothing_of_another():
    assert output("open('/tmp/mine', 'w').close(); open('/dev/shm/mine', 'w').close()") == ""
    said = output("import os\nprint(sorted(os.listdir('/tmp')), os.listdir('/dev/shm'))")
    assert said.strip() == f"{shown_in_tmp()} []"


ENOSYS, EAFNOSUPPORT, ENOTSOCK, EPERM = (0x00050000 | n for n in (38, 97, 88, 1))
ALLOWED = 0x7FFF0000
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NAMESPACES = [0x20000, *(1 << bit for bit in range(25, 31))]
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def answered(filter_, number, architecture, arguments=()):
    """What the kernel reads out of a filter for a call: seccomp's BPF, interpreted."""
    data = struct.pack("<iIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    place = value = 0
    while True:
        code, yes, no, k = struct.unpack_from("<HBBI", filter_, 8 * place)
        place += 1
        match code:
            case 0x20:  # load a word of the call
                (value,) = struct.unpack_from("<I", data, k)
            case 0x54:
                value &= k
            case 0x05:
                place += k
            case 0x15:
                place += yes if value == k else no
            case 0x25:
                place += yes if value > k else no
            case 0x35:
                place += yes if value >= k else no
            case 0x45:
                place += yes if value & k else no
            case 0x06:
                return k
            case _:
                raise AssertionError(f"an instruction that is not known here: {code:#x}")


def named(number, architecture):
    """The name that libseccomp has for a number, or ""."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    if not (found := library.seccomp_syscall_resolve_num_arch(architecture, number)):
        return ""
    try:
        return ctypes.string_at(found).decode()
    finally:
        ctypes.CDLL(None).free(ctypes.c_void_p(found))


# What has let others out, or holds memory that no process counts.
DANGEROUS = """
mount umount2 pivot_root chroot open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr
statmount listmount unshare setns clone3 ptrace kcmp pidfd_getfd process_vm_readv process_vm_writev process_madvise
open_by_handle_at name_to_handle_at bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
add_key request_key keyctl init_module finit_module delete_module kexec_load kexec_file_load reboot syslog acct swapon
swapoff quotactl personality fanotify_init inotify_init1 memfd_create memfd_secret shmget msgget semget mq_open
modify_ldt mbind move_pages migrate_pages set_mempolicy vmsplice splice tee sendfile io_setup timer_create capset
seccomp setuid iopl ioperm remap_file_pages mlock mlockall lookup_dcookie vhangup sethostname clock_settime
""".split()


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_lets_through_what_is_listed_and_nothing_else(machine):
    filter_, architecture = calls.compiled(machine), ARCHITECTURES[machine]
    listed = set(calls.names(machine))
    assert {"read", "execve", "futex", "clone"} <= listed and not listed & set(DANGEROUS)
    found = {number: named(number, architecture) for number in range(601)}
    assert listed <= set(found.values())
    for number, name in found.items():
        answers = {answered(filter_, number, architecture, [n] * 6) for n in (0, 1, 2, 2**32 - 1)}
        if name not in listed:
            assert answers == {ENOTSOCK if name == "sendfile" else ENOSYS}, (number, name)
        elif name not in calls._WHERE:
            assert answers == {ALLOWED}, (number, name)
        for other in (0, 0x40000003, 0x40000028, *ARCHITECTURES.values()):
            if other != architecture:
                assert answered(filter_, number, other, [1, 1, 2]) == ENOSYS
        # x86_64 has a second set of numbers, from 2**30 on; nor is a number below 0 one.
        for far in (number | 0x40000000, number - 2**31, -number - 1):
            assert answered(filter_, far, architecture, [1, 1, 2]) == ENOSYS


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("clone", [0], ALLOWED),
        ("clone", [17 | 0x01200000], ALLOWED),  # fork
        ("clone", [0x003D0F00], ALLOWED),  # a thread
        *[("clone", [17 | flag], ENOSYS) for flag in NAMESPACES],
        ("clone", [0x1_0000_0011 | NAMESPACES[0]], ENOSYS),
        ("clone3", [0, 88], ENOSYS),
        *[("mmap", [0, 9, 3, flags], ALLOWED) for flags in (0x22, 0x20022, 0x01, 0x03, 0x802)],
        *[("mmap", [0, 9, 3, flags], EPERM) for flags in (0x21, 0x23, 0x8021, 0x1_0000_0021)],
        ("socket", [1, 1], ALLOWED),
        ("socketpair", [1, 1], ALLOWED),
        *[("socket", [family, 2], EAFNOSUPPORT) for family in (2, 10, 16)],
        ("socketpair", [2, 1], EAFNOSUPPORT),
        *[("socket", [family, 2], ENOSYS) for family in (0, 17, 31, 38, 40, 44, 2**32 - 1)],
        ("setsockopt", [3, 1, 2], ALLOWED),
        *[
            ("setsockopt", [3, 1, option], ENOSYS) for option in (7, 8, 26, 32, 60)
        ],  # SO_SNDBUF, ...
        ("setsockopt", [3, 0, 2], ENOSYS),
        ("ioctl", [0, 0x5401], ALLOWED),
        ("ioctl", [0, 0x5413], ALLOWED),
        # TIOCSTI, TIOCSETD, TIOCLINUX, and with bits that the kernel does not look at.
        *[("ioctl", [0, code], ENOSYS) for code in (0x5412, 0x5423, 0x541C, 0x1_0000_5412)],
        ("fcntl", [3, 1030], ALLOWED),
        *[("fcntl", [3, command], ENOSYS) for command in (1024, 1026, 1031, 1033, 8, 38)],
        ("prctl", [15], ALLOWED),
        *[("prctl", [option], ENOSYS) for option in (22, 4, 8, 24, 38, 0x59616D61)],
        ("mknodat", [0, 0, 0o010600], ALLOWED),
        *[("mknodat", [0, 0, kind | 0o600], ENOSYS) for kind in (0o020000, 0o060000, 0o140000, 0)],
    ],
)
def test_the_filter_looks_at_arguments(machine, name, arguments, answer):
    architecture = ARCHITECTURES[machine]
    number = next(n for n in range(601) if named(n, architecture) == name)
    assert answered(calls.compiled(machine), number, architecture, arguments) == answer


def test_no_call_that_leads_out_is_there():
    architecture = ARCHITECTURES.get(platform.machine())
    library = ctypes.CDLL("libseccomp.so.2")
    resolve = library.seccomp_syscall_resolve_name_arch
    numbers = {name: resolve(architecture, name.encode()) for name in DANGEROUS}
    numbers = {name: number for name, number in numbers.items() if number >= 0}
    clone = resolve(architecture, b"clone")
    assert len(numbers) > 60
    said = output(
        "import ctypes, errno, os, socket, termios, fcntl\n"
        "call = ctypes.CDLL(None, use_errno=True).syscall\n"
        f"numbers = {numbers}\n"
        "def met(*arguments):\n"
        "    return call(*arguments) == -1 and ctypes.get_errno()\n"
        "print({name for name, n in numbers.items() if met(n, 0, 0, 0, 0, 0, 0) != errno.ENOSYS})\n"
        f"print({{flag for flag in {NAMESPACES} if met({clone}, flag | 17, 0, 0, 0, 0) != errno.ENOSYS}})\n"
        "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_VSOCK, 38):\n"
        "    try:\n        socket.socket(family, socket.SOCK_DGRAM)\n        print('open', family)\n"
        "    except OSError as error:\n        print(error.strerror)\n"
        "ends = socket.socketpair()\n"
        "for refused in (\n"
        "    lambda: ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20),\n"
        "    lambda: fcntl.ioctl(0, termios.TIOCSTI, b'x'),\n"
        "    lambda: fcntl.fcntl(os.pipe()[0], fcntl.F_SETPIPE_SZ, 2**20),\n"
        "):\n"
        "    try:\n        refused()\n        print('done')\n"
        "    except OSError as error:\n        print(error.strerror)\n"
    )
    family, unknown = "Address family not supported by protocol", "Function not implemented"
    assert said.splitlines() == ["{'sendfile'}", "set()", *[family] * 3, *[unknown] * 5]


@pytest.mark.parametrize(
    "cell",
    [
        "import subprocess, sys\nassert subprocess.check_output([sys.executable, '-c', 'print(6 * 7)']) == b'42\\n'",
        "import concurrent.futures\nwith concurrent.futures.ThreadPoolExecutor(4) as pool:\n"
        "    assert sum(pool.map(abs, range(-3, 0))) == 6",
        *[
            "import multiprocessing\n"
            f"with multiprocessing.get_context('{method}').Pool(2) as pool:\n"
            "    assert sum(pool.map(abs, [-1, -2])) == 3"
            for method in ("fork", "spawn", "forkserver")
        ],
        "from multiprocessing import Manager, shared_memory\n"
        "with Manager() as manager:\n    assert dict(manager.dict(a=1)) == {'a': 1}\n"
        "memory = shared_memory.SharedMemory(create=True, size=10)\nmemory.close()\nmemory.unlink()",
        "import asyncio, sys\n"
        "async def main():\n"
        "    made = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(1)', stdout=-1)\n"
        "    assert (await made.communicate())[0] == b'1\\n'\n"
        "    assert await asyncio.to_thread(abs, -1) == 1\n"
        "    async def answer(reads, writes):\n        writes.close()\n"
        "    await asyncio.start_unix_server(answer, 'here')\n"
        "    reads, writes = await asyncio.open_unix_connection('here')\n"
        "    assert await reads.read() == b''\n"
        "    writes.close()\n"
        "asyncio.run(main())",
        "import os, pathlib, shutil, sqlite3, tempfile\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    base = pathlib.Path(folder, 'base')\n    base.mkdir()\n"
        "    file = base / 'file'\n    file.write_text('x')\n    file.chmod(0o600)\n    os.utime(file)\n"
        "    shutil.copy2(file, base / 'copied')\n    shutil.copy2(os.__file__, base / 'from elsewhere')\n"
        "    shutil.copytree(base, base.with_name('tree'))\n    shutil.move(base / 'copied', base / 'moved')\n"
        "    (base / 'link').symlink_to('file')\n    (base / 'hard').hardlink_to(file)\n    os.mkfifo(base / 'fifo')\n"
        "    os.posix_fallocate(os.open(file, os.O_RDWR), 0, 4096)\n"
        "    packed = shutil.make_archive(folder + '/packed', 'gztar', base.with_name('tree'))\n"
        "    shutil.unpack_archive(packed, folder + '/unpacked')\n"
        "    base_of_data = sqlite3.connect(base / 'data')\n    base_of_data.execute('create table t (x)')\n"
        "    base_of_data.commit()\n    base_of_data.close()\n"
        "    assert sorted(os.listdir(base))[0] == 'data'",
        "import matplotlib.pyplot as plt, numpy as np\nplt.plot([1, 2])\nplt.title('$x^2$')\n"
        "for kind in ('png', 'svg', 'pdf'):\n    plt.savefig(f'figure.{kind}')\n"
        "assert np.linalg.svd(np.eye(300))[1].sum() == 300\n"
        "np.save('a.npy', np.ones(3))\nassert np.load('a.npy', mmap_mode='r').sum() == 3",
        "import os, select, signal, time\n"
        "os.eventfd(0), os.nice(1), os.sched_getaffinity(0), os.getrandom(3), os.cpu_count(), os.getloadavg()\n"
        "signal.sigtimedwait([signal.SIGUSR1], 0.01), time.sleep(0.01), select.epoll().poll(0.01)\n"
        "os.set_blocking(os.pipe()[0], False), os.pidfd_open(os.getpid()), os.get_inheritable(0)",
    ],
)
def test_what_python_does_every_day_works(cell):
    run = execute([(0, cell)], plans(), server("bubblewrap", replace(SHORT, cell_seconds=20)))
    assert (run.cells[0].error, run.cells[0].message) == ("", "")


@pytest.mark.parametrize(
    ("machine", "library", "says"),
    [
        (platform.machine(), "libnothing.so.2", "apt-get install libseccomp2"),
        ("riscv64", "libseccomp.so.2", "riscv64 are not known"),
    ],
)
def test_a_machine_without_a_filter_has_no_sandbox_and_says_what_is_missing(
    monkeypatch, machine, library, says
):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(calls, "_LIBRARY", library)
    for cached in (host._trouble, calls.compiled):
        cached.cache_clear()
    try:
        with pytest.raises(CourseError, match=f"{says}.*--sandbox none") as caught:
            host.require("bubblewrap")
        assert "\n" not in str(caught.value)
        host.require("none")
        assert earned(RIGHT, OTHER, kind="none", limits=replace(SHORT, case_seconds=1.5)) == [2, 1]
    finally:
        for cached in (host._trouble, calls.compiled):
            cached.cache_clear()


def _in_processes(number, body):
    """A cell that does something in processes, each of which then waits to be ended, and says how they ended."""
    return (
        f"import fcntl, os, socket, time\nfor _ in range({number}):\n    if os.fork() == 0:\n"
        f"        try:\n{textwrap.indent(body, ' ' * 12)}"
        "            time.sleep(2)\n        finally:\n            os._exit(0)\n"
        f"ended = [os.wait()[1] for _ in range({number})]\n"
        "print(ended, *open('/proc/net/sockstat').readline().split()[:3])"
    )


# What the kernel then holds belongs to no process; all that is sent waits in it.
SOCKETS = _in_processes(
    8,
    """\
ends = []
try:
    while True:
        ends += socket.socketpair()
except OSError:
    pass
for end in ends:
    end.setblocking(False)
    try:
        while True:
            end.send(bytes(2**16))
    except OSError:
        pass
""",
)
LOCKS = _in_processes(
    1,
    """\
file = open('file', 'w')
for number in range(20_000):
    fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * number)
""",
)
FILES = _in_processes(1, "for number in range(20_000):\n    open(f'{number}', 'w').close()\n")


def test_memory_that_the_kernel_holds_for_sockets_is_bounded():
    _ended(SOCKETS, 8)


def test_memory_that_the_kernel_holds_for_locks_is_bounded():
    _ended(LOCKS, 1)


def test_no_memory_is_shared_that_has_no_file():
    said = output(
        "import mmap, os\n"
        "zero = os.open('/dev/zero', os.O_RDWR)\n"
        "for file in (-1, zero):\n"
        "    try:\n        mmap.mmap(file, 4096)\n        print('mapped')\n"
        "    except OSError as error:\n        print(error.strerror)\n"
        "print(os.read(zero, 3), len(mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)))"
    )
    unmapped = ["Operation not permitted", "No such device"]
    assert said.splitlines() == [*unmapped, r"b'\x00\x00\x00' 4096"]


def test_files_are_counted_where_the_folders_are_the_sandbox_s_own(monkeypatch):
    monkeypatch.setattr(host, "_nests", lambda: False)
    _ended(FILES, 1, "\nthe disk was full: the files of this cell were removed")


def _ended(cell, processes, besides=""):
    """A cell's processes are ended, or with them the notebook, which then runs without it; the rest is graded."""
    with contextlib.closing(Sandbox("bubblewrap", Limits())) as box:
        run = execute([(0, RIGHT), (1, cell), (2, OTHER)], plans(), box)
        said = run.cells[1].output.strip(), run.cells[1].message
        assert said in (
            (f"{[9] * processes} sockets: used 0{besides}", ""),
            ("", "this cell used too much memory; the rest ran without it"),
        )
        assert [outcome.kind for outcome in run.outcomes["doubled"]] == ["returned"] * 3
        run = execute([(0, RIGHT), (1, OTHER)], plans(), box)
        assert [examine(p, run.outcomes[p.exercise]).earned for p in plans()] == [2, 1]


def test_sockets_within_the_limit_are_left_alone():
    cell = (
        "import socket, time\n"
        "pairs = [socket.socketpair() for _ in range(40)]\ntime.sleep(0.5)\nprint(len(pairs))"
    )
    assert output(cell) == "40\n"


def test_processes_together_are_held_to_the_limit_of_memory():
    limits = replace(SHORT, memory_bytes=600 * 2**20, cell_seconds=8)
    hog = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        x = b'x' * (300 * 2**20)\n        time.sleep(5)\n        os._exit(0)\n"
        "try:\n    statuses = [os.wait()[1] for _ in range(4)]\n"
        "except ChildProcessError:\n    statuses = []\n"
        "print(statuses)"
    )
    run = execute([(0, RIGHT), (1, hog), (2, OTHER)], plans(), server("bubblewrap", limits))
    assert run.cells[1].output.strip() in ("[9, 9, 9, 9]", "[]")
    assert [outcome.kind for outcome in run.outcomes["doubled"]] == ["returned"] * 3
    inside = "def doubled(x, times=1):\n" + textwrap.indent(hog, "    ")
    run = execute([(0, inside), (1, OTHER)], plans(), server("bubblewrap", limits))
    assert run.outcomes["doubled"][0].kind == "killed"
    assert "memory" in run.outcomes["doubled"][0].message
    assert run.outcomes["other"][0].kind == "returned"


def test_a_server_that_ends_is_replaced():
    limits = replace(SHORT, open_files=64)
    assert earned(RIGHT, limits=limits) == [2, 0]
    os.killpg(server("bubblewrap", limits)._process.pid, signal.SIGKILL)
    server("bubblewrap", limits)._process.wait()
    assert earned(RIGHT, limits=limits) == [2, 0]


def test_without_namespaces_within_the_sandbox_a_server_serves_one_submission(monkeypatch):
    monkeypatch.setattr(host, "_nests", lambda: False)
    alone = Sandbox("bubblewrap", SHORT)
    for _ in range(2):
        found = plans()
        run = execute([(0, RIGHT), (1, "import os; os._exit(1)"), (2, OTHER)], found, alone)
        assert [examine(p, run.outcomes[p.exercise]).earned for p in found] == [2, 1]


def test_a_set_up_that_fails_is_no_fault_of_a_submission():
    with pytest.raises(SandboxError, match="set-up.*ZeroDivisionError"):
        execute([(0, RIGHT)], plans(), Sandbox("bubblewrap", SHORT, ["1 / 0"]))


def test_an_answer_is_called_once_a_case_and_no_call_spoils_another():
    right = RIGHT.replace("\n", "\n    calls[0] += 1\n", 1)
    count = "def other(x):\n    return float(calls[0])"

    def counted(answer):
        found = plans()
        cells = list(enumerate([SHARED, answer, count]))
        run = execute(cells, found, server("bubblewrap", SHORT))
        return examine(found[0], run.outcomes["doubled"]).earned, run.outcomes["other"][0].value

    assert counted(right) == (2, 3)
    # What the second call finds is of the first call's making: alone, it is right.
    spoilt = right.replace(
        "    return",
        "    import builtins\n    x = x + getattr(builtins, 'late', 0)\n    builtins.late = 1\n    return",
    )
    assert counted(spoilt) == (2, 3)


# Answers of one to three lines: what they earn, and whether their calls are made again by themselves.
REMEMBERS = [
    ("return x", 0, False),
    ("return x * 2.0**times if len(x) > 1 else x", 0.67, False),
    ("raise ValueError(str(x))", 0, False),
    # Right as the first call of its process, and so alone; wrong in some way afterwards.
    ("calls.append(x)\nreturn (x * 2.0**times) / len(calls)", 2, True),
    ("calls.append(x)\nreturn x * 2.0**times if len(calls) % 2 else x", 2, True),
    ("calls.append(x)\nreturn x * 2.0**times if len(calls) != 2 else x", 2, True),
    ("calls.append((x, times))\nreturn calls[0][0] * 2.0 ** calls[0][1]", 2, True),
    ("global first\nfirst = x if first is None else first\nreturn first * 2.0**times", 2, True),
    ("return x * 2.0**times / next(count)", 2, True),
    # The other way round.
    ("calls.append(x)\nreturn x * 2.0**times if len(calls) > 1 else x", 0, True),
    ("import os\nreturn x + os.urandom(1)[0]", 0, True),
]


@pytest.mark.parametrize(("body", "points", "alone"), REMEMBERS)
def test_what_may_remember_is_called_alone(body, points, alone):
    before = "import itertools\ncalls, count, first = [], itertools.count(1), None"
    answer = "def doubled(x, times=1):\n" + textwrap.indent(body, "    ")
    names = {}
    exec(f"{before}\n{answer}", names)
    assert forgets(names["doubled"]) is not alone
    assert earned(before, answer, OTHER) == [points, 1]


def test_a_table_that_takes_long_is_made_once():
    """Each call by itself would make it anew: together they would take longer than an exercise may."""
    limits = replace(SHORT, exercise_seconds=3)
    table = (
        "import time\ntable = []\ndef doubled(x, times=1):\n"
        "    if not table:\n        time.sleep(1.2)\n        table.append(2.0)\n"
        "    return x * table[0]**times"
    )
    assert earned(table, OTHER, limits=limits) == [2, 1]


def test_what_cells_print_after_the_first_call_is_not_told():
    """By the clock they could tell what the call was given that has ended the notebook, for them to begin anew."""
    clock = "import time\nfirst = float(time.monotonic_ns() % 2**40)\nprint(first)"
    fails = f"{clock.replace('first', 'second')}\nraise ValueError(second)"
    ends = "def doubled(x, times=1):\n    import os, signal; os.kill(os.getppid(), signal.SIGKILL)\n    return x"
    says = "def other(x):\n    return [first, second]"
    run = execute(list(enumerate([clock, fails, ends, says])), plans(), server("none", SHORT))
    told = [float(run.cells[0].output), float(run.cells[1].message)]
    (other,) = run.outcomes["other"]
    assert len({*told, *other.value}) == 4


def test_answers_that_share_a_fork_cost_each_other_nothing():
    hangs = "def doubled(x, times=1):\n    while len(x) > 1: pass\n    return x * 2.0**times"
    slow = "def doubled(x, times=1):\n    return x * 2.0**times + 0 * sum(i * i for i in range(5_000_000))"
    for answer in (hangs, slow):
        names = {}
        exec(answer, names)
        assert forgets(names["doubled"])
    found = plans()
    run = execute(list(enumerate([hangs, OTHER])), found, server("bubblewrap", SHORT))
    kinds = [outcome.kind for outcome in run.outcomes["doubled"]]
    assert "timeout" in kinds and "killed" not in kinds
    assert examine(found[1], run.outcomes["other"]).earned == 1
    assert earned(slow, OTHER) == [2, 1]


def test_an_answer_that_knows_whether_it_is_called_alone_has_one_guess():
    """Its frames say it. Either rule would be right for calls in a row or alone; they may differ in one case."""
    tells = """
def doubled(x, times=1):
    import sys
    frame = sys._getframe()
    while 'calls' not in frame.f_locals:
        frame = frame.f_back
    alone, last = len(frame.f_locals['calls']) == 1, len(x) == {0}
    return x * {1}.0**times if alone and last else x * {2}.0**times if last else x * 2.0**times
"""
    for size in (1, 3, 5):
        guesses = [earned(tells.format(size, *rules), OTHER) for rules in ((2, 3), (3, 2))]
        assert guesses == [[2, 1], [0.67, 1]]


@pytest.mark.parametrize(
    ("before", "answer", "points"),
    [
        ("", "out = np.empty_like(x)\nout[1:] = x[1:]\nout += 0\nreturn x * 2.0**times", 2),
        ("total = np.zeros(1, [('t', int)])[0]", "total['t'] += 1\nreturn x * 2.0**times / total['t']", 2),
        ("", "old = float(np.load('w.npy')) if __import__('os').path.exists('w.npy') else 1.0\nnp.save('w.npy', old + 1)\nreturn x * 2.0**times / old", 2),
    ],
)  # fmt: skip
def test_what_numpy_remembers_spoils_no_answer(before, answer, points):
    cells = [
        f"import numpy as np\n{before}",
        "def doubled(x, times=1):\n" + textwrap.indent(answer, "    "),
    ]
    assert earned(*cells, OTHER) == [points, 1]


# What refers to itself is not freed at once. Of the first, so much fits twice, and by itself; of the second all
# three calls fit, and the other exercise's only call by itself.
LEAVES = [(90_000_000, 1), (50_000_000, 100_000_000)]


@pytest.mark.parametrize(("left", "needed"), LEAVES)
def test_memory_that_earlier_calls_have_left_takes_no_points(left, needed):
    leaves = (
        f"import numpy as np\ndef doubled(x, times=1):\n    held = np.zeros({left})\n"
        "    def inner(): return inner, held\n    return x * 2.0**times"
    )
    other = f"def other(x):\n    return x + 1.0 + np.zeros({needed})[0]"
    names = {}
    exec(leaves, names)
    exec(other, names)
    assert forgets(names["doubled"]) and forgets(names["other"])
    assert earned(leaves, other) == [2, 1]


def test_an_answer_that_cannot_be_read_costs_no_other():
    odd = RIGHT + "\ndoubled.__module__ = 3\ndoubled.__globals__['__name__'] = 4"
    assert earned(odd, OTHER) == [2, 1]
    assert earned(
        "import signal\nsignal.signal(signal.SIGCHLD, lambda *_: None)", RIGHT, OTHER
    ) == [2, 1]


def test_only_one_run_counts():
    """Three calls are made, each alone: a rule for those that come late is never asked for."""
    two_rules = (
        "def doubled(x, times=1):\n    import os\n"
        "    with open({0!r}, 'a') as file:\n        file.write('x')\n"
        "    late = os.path.getsize({0!r}) > 3\n"
        "    return x * 2.0**times if (len(x) == 1) == late else x"
    )
    for path in ("mine", "/tmp/mine", "/dev/shm/mine"):
        # Each of them finds nothing, as the first: two of three are right.
        assert earned(two_rules.format(path), OTHER) == [0.67, 1]
        assert earned(f"open({path!r}, 'w').close()", two_rules.format(path)) == [0.67, 0]


def test_calls_find_files_as_the_cells_left_them():
    makes = (
        "import os\nos.makedirs('a/b')\nos.symlink('a/b', 'link')\n"
        "for path in ('a/b/one', 'two', '/dev/shm/three'):\n    open(path, 'w').write(path)\n"
        "os.chmod('two', 0o640)\nos.mkfifo('pipe')\n"
    )
    spoils = (
        "def doubled(x, times=1):\n    import mmap, shutil\n"
        "    shutil.rmtree('a', ignore_errors=True)\n    os.makedirs('two/three') if not os.unlink('two') else 0\n"
        "    os.unlink('link')\n    os.symlink('/dev/shm', 'link')\n    os.makedirs('new/er')\n    os.mkdir('a', 0)\n"
        "    with open('/dev/shm/three', 'r+b') as file:\n        mmap.mmap(file.fileno(), 0)[0] = 0\n"
        "    return x * 2.0**times"
    )
    finds = (
        "def other(x):\n"
        f"    names = sorted(path for path in os.listdir('.') if path not in {shown_in_tmp()!r})\n"
        "    assert names == ['a', 'link', 'two'], names\n"
        "    assert os.listdir('/dev/shm') == ['three'] and os.readlink('link') == 'a/b'\n"
        "    assert os.stat('two').st_mode & 0o777 == 0o640\n"
        "    assert all(open(path).read() == path for path in ('a/b/one', 'two', '/dev/shm/three'))\n"
        "    return x + 1.0"
    )
    found = plans()
    run = execute(list(enumerate([makes, spoils, finds])), found, server("bubblewrap", SHORT))
    assert run.outcomes["other"][0].message == ""
    assert [examine(p, run.outcomes[p.exercise]).earned for p in found] == [2, 1]


def test_the_number_of_a_process_does_not_tell_how_many_came_before():
    tells = "import os\ndef other(x):\n    return float(os.getpid())"
    found = [
        execute([(0, tells)], plans(), server("bubblewrap", SHORT)).outcomes["other"][0].value
        for _ in range(3)
    ]
    if "ns_last_pid" not in os.listdir("/proc/sys/kernel"):
        pytest.skip("this kernel cannot be asked where the numbers of processes begin")
    assert len(set(found)) == 3 and max(found) > 300


@pytest.mark.parametrize(
    "cell",
    [
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\nsignal.setitimer = lambda *_: None",
        "files = []\nwhile True:\n    files.append(open('/dev/null'))",
        "import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('/tmp/gone')",
        "import builtins\nfor name in 'print open id exec eval compile vars repr len isinstance'.split():\n    setattr(builtins, name, None)",
        "import signal\ndef fail(*_): raise OSError\nfor number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1):\n    signal.signal(number, fail)",
    ],
)
def test_what_a_cell_does_to_its_process_does_not_reach_the_next(cell):
    assert earned(cell, RIGHT, OTHER) == [2, 1]


def test_signals_that_a_call_sends_to_the_notebook_cost_only_its_exercise():
    sends = "    import os, signal\n    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):\n        os.kill(os.getppid(), number)\n"
    assert earned(f"def doubled(x, times=1):\n{sends}", OTHER) == [0, 1]


def test_a_change_in_place_is_seen_whatever_a_cell_puts_in_the_place_of_deepcopy():
    hides = "import copy\ncopy.deepcopy = copy.copy = lambda x, *_: x"
    spoils = "def doubled(x, times=1):\n    x *= 2.0**times\n    return x"
    found = plans()
    run = execute(list(enumerate([hides, spoils])), found, server("bubblewrap", SHORT))
    assert {outcome.changed for outcome in run.outcomes["doubled"]} == {("x",)}
    assert examine(found[0], run.outcomes["doubled"]).earned == 0


def test_await_outside_a_function():
    cell = "import asyncio\nawait asyncio.sleep(0)\nprint('slept')\n"
    assert output(cell) == "slept\n"
    assert earned(f"{cell}{RIGHT}", OTHER) == [2, 1]


def test_results_of_any_size_are_bounded_in_all():
    large = "def doubled(x, times=1):\n    import numpy as np\n    return np.ones(10**6)"
    limits = replace(SHORT, result_bytes=9 * 2**20)
    run = execute([(0, large), (1, OTHER)], plans(), server("bubblewrap", limits))
    kinds = [outcome.kind for outcome in run.outcomes["doubled"]]
    assert set(kinds) <= {"returned", "not data"}
    assert "returned" in kinds
    forged = (
        "def doubled(x, times=1):\n"
        "    import os, struct\n"
        "    for file in range(3, 30):\n"
        "        try:\n            os.write(file, struct.pack('<I', 2**32 - 1) + b'x' * 1000)\n"
        "        except OSError: pass\n"
        "    return x"
    )
    assert earned(forged, OTHER) == [0, 1]


def test_a_disk_that_one_cell_fills_is_there_for_the_next():
    fills = (
        "try:\n    for number in range(20):\n        open(f'part{number}', 'wb').write(bytes(10 * 2**20))\n"
        "except OSError:\n    print('full')"
    )
    writes = "def other(x):\n    open('mine', 'wb').write(bytes(10 * 2**20))\n    return x + 1.0"
    run = execute([(0, fills), (1, writes)], plans(), server("bubblewrap", SHORT))
    assert run.cells[0].output.startswith("full\nthe disk was full")
    assert run.outcomes["other"][0].kind == "returned"


def test_files_are_counted_too_and_those_of_one_cell_are_removed_for_the_next():
    many = (
        "try:\n    for number in range(50_000):\n        open(f'part{number}', 'w').close()\n"
        "except OSError:\n    print(number)"
    )
    writes = "def other(x):\n    open('mine', 'w').close()\n    return x + 1.0"
    run = execute([(0, many), (1, writes)], plans(), server("bubblewrap", SHORT))
    number, removed = run.cells[0].output.splitlines()
    assert 1000 < int(number) < 10_000 and removed.startswith("the disk was full")
    assert run.outcomes["other"][0].kind == "returned"


def test_submissions_have_namespaces_of_their_own_where_all_is_required():
    """Without them grading goes on, more slowly: a fault in making them would not be noticed."""
    if os.environ.get("GRADUS_REQUIRE_ALL") != "1":
        pytest.skip("systems differ: some allow no namespaces within the sandbox")
    assert host._nests()
