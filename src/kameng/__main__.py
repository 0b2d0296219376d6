"""`python -m kameng` is `kameng`."""

from kameng.cli import main

main()
