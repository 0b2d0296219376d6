"""What must hold on live data at every moment, asked by `kameng doctor`, the simulation and the tests."""
