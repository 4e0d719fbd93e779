"""`python -m efs_inference.lock --directory DIR`."""

import sys

from . import main

sys.exit(main())
