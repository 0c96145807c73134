"""What `config` brings: the laptop's servers and the commands that need several rooms."""
