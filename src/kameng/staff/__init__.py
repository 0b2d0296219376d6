"""Staff 员工: who works here, how they prove it, what their role lets them do, and what they did."""
