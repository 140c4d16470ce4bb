"""Scenarios: rules that say what they match, when they fire and which fault they inject; and how they play together."""
