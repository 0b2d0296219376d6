"""Jobs of this step. An import given up on stays visible as a batch that is `importing`; `resume_imports` picks it
up."""

from kameng.kernel.jobs import Job

IMPORT_CARDS = Job("import_cards")
"""Its body is `import_upload`."""
