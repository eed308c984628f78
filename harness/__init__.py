"""What tests and bench share: a whole system on loopback, and whoever uses or disturbs it."""
