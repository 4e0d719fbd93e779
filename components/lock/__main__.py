"""`python -m efs_inference.lock`."""

import sys

from . import main

sys.exit(main())
