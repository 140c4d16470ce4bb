"""Dev servers as frontends are developed behind them, each with a proxy to a real server of ours."""
