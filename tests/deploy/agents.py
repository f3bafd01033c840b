"""Coding agents ask the deployed stack by MCP."""

from stack import Api


def find_error(checks, api: Api, unknown: Api):
    """An agent finds the error `zipped` of the project `shop`, and nothing makes it start OAuth."""
    arguments = {"query": "zipped", "project": "shop"}
    params = {"name": "search_errors", "arguments": arguments}
    status, _, answer = api.call("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    found = answer["result"]["content"][0]["text"] if status == 200 else ""
    checks.that('"message":"zipped"' in found, "an agent finds an error by MCP", answer)
    checks.equal(unknown.call("POST", "/mcp", {})[0], 401, "an agent without a key is refused")
    status = unknown.call("GET", "/.well-known/oauth-protected-resource/mcp")[0]
    checks.equal(status, 404, "nothing looks like OAuth to an agent")
