"""`python -m devkit`."""

from devkit.cli import run

if __name__ == "__main__":
    run()
