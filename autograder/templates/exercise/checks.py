"""How the exercises of the chapter @chapter are judged."""

import numpy as np

from @package import @module as reference
from gradus.authoring import Call, judge
