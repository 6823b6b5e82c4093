"""What the commands do not import: each costs as much as grading a dozen submissions."""

import subprocess
import sys


def said(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_gradebook_comes_without_the_servers_extensions():
    loaded = "{'jupyter_server', 'nbconvert', 'arrow', 'lark', 'matplotlib'} & set(sys.modules)"
    begin = "import sys; from autograder import lean; lean.skip(); import autograder.commands; "
    assert said(f"{begin} from nbgrader import api; print({loaded})") == "set()"
    assert "'nbconvert'" in said(f"import sys; from nbgrader import api; print({loaded})")


def test_whoever_asks_for_more_of_the_package_has_it():
    program = (
        "from autograder import lean; lean.skip(); from nbgrader import api; import nbgrader; "
    )
    assert said(f"{program} print(nbgrader.__version__, nbgrader.api is api)").endswith(" True")
    assert said(
        f"{program} from nbgrader.apps import AutogradeApp; print(AutogradeApp.name)"
    ).startswith("nbgrader")
