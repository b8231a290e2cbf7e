"""OpenAI's newer address, `POST /v1/responses`: the same conversation in other words."""
