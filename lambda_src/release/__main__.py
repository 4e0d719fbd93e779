"""``python3 -m release install|verify``, see installation/command.py."""

import sys

from .installation.command import main

sys.exit(main())
