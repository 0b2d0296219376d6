"""What Kameng does in a second, beside what this machine could do at best."""
