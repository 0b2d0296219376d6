"""What stands too long gets a person, and the person a queue."""
