"""What the commands do not import: each costs as much as grading a dozen submissions."""

import shutil
import subprocess
import sys

from alembic.script import ScriptDirectory
from nbgrader.dbutil import ALEMBIC_DIR

from autograder.gradebook import newest_revision


def said(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_gradebook_comes_without_the_servers_extensions():
    names = (
        "'jupyter_server', 'nbconvert', 'arrow', 'lark', 'matplotlib', 'urllib3', 'setuptools.dist'"
    )
    loaded = f"{{{names}}} & set(sys.modules)"
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


def test_what_is_put_off_works_when_it_is_asked_for(tmp_path):
    program = (
        "from autograder import lean; lean.skip(); from nbgrader import utils; import requests; "
    )
    (tmp_path / "a").touch()
    archive = shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path, "a")
    unpack = f"utils.unpack_archive({archive!r}, {str(tmp_path / 'c')!r})"
    said(f"{program} {unpack}; {unpack}")
    assert (tmp_path / "c" / "a").is_file()
    assert said(f"{program} print(requests.codes.ok)") == "200"
    assert said(f"{program} import setuptools.archive_util as s; print(s.__name__)").startswith(
        "setuptools"
    )


def test_the_newest_revision_is_the_one_that_alembic_finds():
    assert newest_revision() == ScriptDirectory(ALEMBIC_DIR).get_current_head()
