package io.weir.config;

@Block("Sizes of a request beyond which it is refused before anything else looks at it.")
public record Limits(
    @Key(
            doc = "All header fields together; a larger block is answered 431.",
            def = "8KiB",
            range = "512B to 1MiB")
        ByteSize headerBytes,
    @Key(
            doc = "Method, target and version; a longer line is answered 414.",
            def = "4KiB",
            range = "64B to 64KiB")
        ByteSize requestLineBytes,
    @Key(doc = "Number of header fields; more are answered 431.", def = "100", range = "1 to 10000")
        int headers,
    @Key(
            doc =
                "Body of a request; a larger one is answered 413. 0: no limit. A route may say otherwise.",
            def = "10MiB",
            range = "0 to 1024TiB")
        ByteSize body) {}
