"""The web side: visitor API, pages, desk, health; Flask on the event loop."""
