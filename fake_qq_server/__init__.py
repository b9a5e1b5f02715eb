"""A faithful, scriptable QQ Bot platform: token endpoint, REST API and WebSocket gateway."""
