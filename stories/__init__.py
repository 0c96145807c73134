"""The articles of the newsroom, as far as giving and voting refer to them."""
