"""Right answers to the exercises of the chapter @chapter."""

import numpy as np
