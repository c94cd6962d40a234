"""Carry configs from one GPU to another: proposals, search strategies, replays."""
