package io.weir.config;

@Block(
    """
    A request header, `Weir-Client`, that tells backends the client's address, how it was established and by which \
    listener the request came, signed with HMAC-SHA256. Its form, and programs that verify it, are in the guide to the \
    client's address. A header of this name that a client sends never reaches a backend.\
    """)
public record IdentityHeader(
    @Key(
            doc = "Name of the key, for backends that know an old and a new one. Sent along.",
            def = "1",
            form = Form.NAME)
        String keyId,
    @Key(
            doc =
                "File of the key: at least 32 characters in one line, such as `openssl rand -hex 32` writes. The key is"
                    + " the text itself. Who has it can sign: give pools that do not trust each other keys of their own.",
            form = Form.FILE)
        String key) {}
