"""``python -m book`` makes the book; with ``lab``, the lab that belongs to it; with ``pdf``, one file to print."""

import sys


def main(arguments):
    """Each command imports what it needs: the lab has an environment of its own."""
    if arguments[:1] == ["lab"]:
        from book.lab.site import main as command

        return command(arguments[1:])
    if arguments[:1] == ["pdf"]:
        from book.pdf import main as command

        return command(arguments[1:])
    from book.making import main as command

    return command(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
