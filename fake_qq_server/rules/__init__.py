"""The language of rules: what it says, when a rule acts, and each thing that can go wrong. Pure."""
