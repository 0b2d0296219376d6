"""The console 后台, for staff: every page needs a session, every action a permission and leaves a line in the audit."""
