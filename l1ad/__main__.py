"""`python -m l1ad` is the command line."""

from l1ad.cli.main import main

if __name__ == "__main__":
    main()
