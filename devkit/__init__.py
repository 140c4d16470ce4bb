"""devkit: the mock backend that behaves like the real one, and fails like the real one."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - older ones come here too: they must be able to read it
    _this = "Python " + sys.version.split()[0] + ", " + sys.executable
    sys.exit("error: devkit needs Python 3.11 or newer; this is " + _this)

__version__ = "0.1.0"
