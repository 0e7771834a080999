"""Whitelisted methods: parse, check permission, call one service, respond."""
